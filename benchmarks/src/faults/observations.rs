//! What is observed in one run.

use std::ops::Range;
use std::time::Duration;

use super::contender::ReportedState;
use super::load::Operation;

/// What was seen in one run. Times count from the beginning of its load.
#[derive(Clone, Debug)]
pub(super) struct Observations {
    pub(super) operations: Vec<Operation>,
    /// When the fault began.
    pub(super) fault: Duration,
    /// When throughput is measured.
    pub(super) window: Range<Duration>,
    /// What each node got in the window.
    pub(super) requests: Vec<u64>,
    /// When a node was last started.
    pub(super) returned: Option<Duration>,
    /// How many operations waited for node 1 when it crashed.
    pub(super) waiting: Option<u64>,
    /// What the plugin says of node 1 at the end.
    pub(super) reported_state: Option<ReportedState>,
    /// What other programs took of all processors, from 0 to 1.
    pub(super) other_programs: Option<f64>,
}
