//! Observability: the status of the nodes, and events about changes.
//!
//! Events are emitted once per change, with [`tracing`]: `warn` for what needs an operator, `info` for changes of the
//! cluster, `debug` for what repeats. Only the handle that applications hold uses this module.

pub mod events;
mod status;

pub use status::{NodeState, NodeStatus};
