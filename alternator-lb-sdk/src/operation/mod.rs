//! What an operation is about: its partitions, whether it uses a lightweight transaction, and the nodes that serve it best.

pub(crate) mod access;
pub(crate) mod affinity;
mod expression;
mod key_condition;
pub(crate) mod key_routing;
pub(crate) mod lwt;

pub use affinity::KeyAffinity;
