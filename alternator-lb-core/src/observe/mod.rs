//! Observability: the status of the nodes, events about changes, and the flight recorder.
//!
//! An event is emitted once per change, and from one place: it is logged, recorded, and sent to the subscribers. Only
//! the handle that applications hold uses this module.

pub mod dump;
mod event;
mod event_log;
mod event_message;
mod flight_recorder;
mod json;
mod observer;
mod stats;
mod status;
mod subscription;

pub use event::{Event, with_causes};
pub use event_log::TARGET;
pub use flight_recorder::{AttemptEntry, FlightRecorder, Record};
pub use observer::Observer;
pub use stats::{PluginCounts, Stats};
pub use status::{NodeState, NodeStatus};
pub use subscription::Subscription;
