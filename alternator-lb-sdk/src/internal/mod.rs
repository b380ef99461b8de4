//! The plugin's own requests: discovery, probes, and operations that an operation of the application causes.

pub(crate) mod background_tasks;
pub(crate) mod client;
pub(crate) mod discovery_client;
pub(crate) mod raw_response;
