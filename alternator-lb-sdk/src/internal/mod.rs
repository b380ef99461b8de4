//! The plugin's own requests: discovery, health checks, and operations that an operation of the application causes.

pub(crate) mod background_tasks;
pub(crate) mod client;
pub(crate) mod discovery_client;
pub(crate) mod installed_clients;
mod node_client;
mod raw_response;
