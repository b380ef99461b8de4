//! The steps of a scenario.

use std::ops::Range;

/// Something that happens to some of the nodes.
#[derive(Clone, Debug)]
pub(crate) enum Step {
    /// The process ends: its connections are cut, and its host refuses others.
    Stop(Range<u32>),
    /// The host is gone.
    HostDown(Range<u32>),
    /// The host is there, and the process does not listen yet.
    Boot(Range<u32>),
    /// It serves again.
    Listen(Range<u32>),
    /// No node names it any more, or all do again.
    Delist(Range<u32>),
    List(Range<u32>),
    /// The process stands still, or goes on.
    Hang(Range<u32>),
    Resume(Range<u32>),
    /// Everything takes so many times as long; also probes and discovery have to wait, or not.
    Slow {
        nodes: Range<u32>,
        factor: f64,
        delays_probes: bool,
    },
    /// This share of the requests is answered with an error of the node's own.
    Fail {
        nodes: Range<u32>,
        share: f64,
    },
    /// As before.
    Recover(Range<u32>),
    /// A third of the clients cannot reach the nodes, or all can again.
    BeginPartition(Range<u32>),
    EndPartition(Range<u32>),
}
