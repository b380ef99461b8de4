//! What can be seen from outside: the state of the nodes, and events about what changes. It looks at the nodes that
//! routing keeps and at the reports of discovery; nothing looks at it but the handle that applications hold.
//!
//! Events are emitted once per change, with [`tracing`], at the level of what they mean to an operator: `warn` for what
//! needs somebody, `info` for what the cluster does, `debug` for what repeats.

pub mod events;
mod status;

pub use status::{NodeState, NodeStatus};
