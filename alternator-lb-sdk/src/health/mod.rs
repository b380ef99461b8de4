//! Whether a node can be used.
//!
//! A node that refuses a connection is down for all requests at once; after a short, growing, jittered time one single
//! request tries it again. The state of a node is one atomic word: the request path reads it without a lock, and what
//! changed comes back as a value, for others to log and to route by.
//!
//! All of it is plain synchronous code which is told the time, so its tests need neither clock nor network.

mod node_health;
mod rest;

pub(crate) use node_health::{NodeHealth, Outcome, State, Transition, Trial};
