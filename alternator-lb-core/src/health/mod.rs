//! The health of one node: outlier ejection, probing and slow start.
//!
//! A node that refuses connections, or does not respond while requests wait on it, is ejected for all requests at once
//! until it responds again. A node that responds mostly with errors of its own is ejected for a while; then a single
//! request decides. The state is packed into one atomic, which the request path reads without a lock. Changes are
//! returned as values, for the caller to log and to route by.
//!
//! The limit of simultaneously ejected nodes is in `routing`, which sees all of them.
//!
//! All of this is synchronous code that is given the time, so its tests need no clock and no network.

mod backoff;
mod ejection_reason;
#[cfg(any(test, fuzzing))]
pub(crate) mod fuzzing;
mod node_health;
mod outcome;
mod outcome_window;
mod response_outcome;
mod state;

pub use ejection_reason::EjectionReason;
pub use node_health::{NodeHealth, ProbePermit, Transition};
pub use outcome::Outcome;
pub use response_outcome::ResponseParts;
pub use state::{EjectionCause, State};
