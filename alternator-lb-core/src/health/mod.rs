//! Whether a node can be used.
//!
//! A node that refuses a connection, or that answers no question while requests wait on it, is left out by all requests
//! at once until it answers again. One that answers, but mostly with errors of its own, is left out for a while, and then
//! one request decides. The state of a node is one atomic packed: the request path reads it without a lock, and what
//! changed comes back as a value, for others to log and to route by.
//!
//! How many nodes may be left out at the same time is not decided here, but where all of them are seen: in `routing`.
//!
//! All of it is plain synchronous code which is told the time, so its tests need neither clock nor network.

mod backoff;
mod consecutive_ejections;
mod node_health;
mod outcome;
mod outcome_window;
mod state;

pub use node_health::{NodeHealth, ProbePermit, Transition};
pub use outcome::Outcome;
pub use state::{EjectionCause, State};
