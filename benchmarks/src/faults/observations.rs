//! The observations of one run.

use std::ops::Range;
use std::time::Duration;

use super::contender::ReportedState;
use super::load::Operation;

/// The observations of one run. Times count from the beginning of its load.
#[derive(Clone, Debug)]
pub(super) struct Observations {
    pub(super) operations: Vec<Operation>,
    /// The time at which the fault began.
    pub(super) fault: Duration,
    /// The period of the throughput figure.
    pub(super) window: Range<Duration>,
    /// The requests of each node in the window.
    pub(super) requests: Vec<u64>,
    /// When a node was last started.
    pub(super) returned: Option<Duration>,
    /// How many operations waited for node 1 when it crashed.
    pub(super) waiting: Option<u64>,
    /// The state of node 1 in the plugin at the end.
    pub(super) reported_state: Option<ReportedState>,
    /// The share of all processors that other programs used, from 0 to 1.
    pub(super) other_programs: Option<f64>,
}
