//! The subject of an operation: its partitions, whether it uses a lightweight transaction, and the nodes that serve it
//! best.

pub(crate) mod affinity;
mod expression;
#[cfg(any(test, fuzzing))]
pub(crate) mod fuzzing;
mod input;
pub(crate) mod item_operation;
pub(crate) mod json_input;
pub(crate) mod key_routing;
pub(crate) mod lwt;
pub(crate) mod routing_settings;
pub(crate) mod table_exclusions;
mod table_options;

pub use affinity::KeyAffinity;
pub use input::OperationInput;
pub use table_options::TableOptions;
