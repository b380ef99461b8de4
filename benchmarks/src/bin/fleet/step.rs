//! The steps of a scenario.

use std::ops::Range;

/// A change to some of the nodes or of the clients.
#[derive(Clone, Debug)]
pub(crate) enum Step {
    /// The process ends: its connections close, and its host refuses new ones.
    Stop(Range<u32>),
    /// The host disappears.
    HostDown(Range<u32>),
    /// The host is up, and the process does not listen yet.
    Boot(Range<u32>),
    /// The node serves again.
    Listen(Range<u32>),
    /// No node lists the nodes any more (`Delist`), or all list them again (`List`).
    Delist(Range<u32>),
    List(Range<u32>),
    /// The process stands still (`Hang`), or continues (`Resume`).
    Hang(Range<u32>),
    Resume(Range<u32>),
    /// Multiplies service times by `factor`; probes and discovery may have to queue as well.
    Slow {
        nodes: Range<u32>,
        factor: f64,
        delays_probes: bool,
    },
    /// Responds to this share of the requests with a server error.
    Fail {
        nodes: Range<u32>,
        share: f64,
    },
    /// Ends `Slow` and `Fail`.
    Recover(Range<u32>),
    /// A third of the clients cannot reach the nodes (`BeginPartition`), or all can again (`EndPartition`).
    BeginPartition(Range<u32>),
    EndPartition(Range<u32>),
}
