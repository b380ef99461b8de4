//! What the plugin adds to a request, from the choice of its node to the end of its operation.

pub(crate) mod endpoint_override;
pub(crate) mod interceptor;
pub(crate) mod minimal_headers;
pub(crate) mod options;
pub(crate) mod resolver;
pub(crate) mod user_agent;

pub use options::{OperationExt, OperationOptions};
