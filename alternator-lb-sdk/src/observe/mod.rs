//! What a cluster's clients do, and why: numbers, events and records. [`docs::observability`](crate::docs::observability)
//! is the guide.

mod counts;
mod dump;
#[cfg(feature = "metrics")]
mod facade;
#[cfg(any(feature = "metrics", feature = "otel"))]
mod instruments;
#[cfg(feature = "otel")]
pub mod otel;
#[cfg(any(feature = "metrics", feature = "otel"))]
mod readings;
mod status;
#[cfg(unix)]
mod status_socket;
#[cfg(all(test, any(feature = "metrics", feature = "otel")))]
mod test_traffic;

pub use alternator_lb_core::health::{EjectionReason, Outcome};
pub use alternator_lb_core::observe::{Event, Stats, Subscription};

pub(crate) use counts::Counts;
#[cfg(feature = "compression")]
pub(crate) use counts::SavedBytes;
