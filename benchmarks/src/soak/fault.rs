//! The faults, and their parameters.

use std::fmt;
use std::time::Duration;

/// A fault of a node, or of the cluster.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) enum Fault {
    /// The node crashes.
    Kill,
    /// The process of the node is stopped.
    Hang,
    /// All responses are late.
    Slow(Duration),
    /// The responses to operations are late.
    SlowOperations(Duration),
    /// This share of the operations fails.
    Errors(f64),
    /// This share of the operations is refused.
    Throttle(f64),
    /// Responses are cut off after so many bytes.
    Cut(usize),
    /// Responses stall after their heads.
    StallAfterHeaders,
    /// Packets are dropped.
    BlackHole,
    /// A firewall has forgotten the open connections.
    LostConnections,
    /// The node lost contact to the others.
    Partition,
    /// A node joins, and leaves in the end.
    Join,
    /// The node leaves, and joins again in the end.
    Leave,
    /// Another cluster has the address of the node.
    Foreign,
    /// The clock of the node is ahead.
    ClockAhead(Duration),
    /// The clock of the node is behind.
    ClockBehind(Duration),
    /// All nodes crash.
    AllDown,
}

impl Fault {
    /// The number of kinds.
    pub(super) const KINDS: usize = 17;

    /// Returns the fault of a kind, with random parameters.
    pub(super) fn of_kind(kind: usize, rng: &mut fastrand::Rng) -> Self {
        let mut millis = |from: u64, to: u64| Duration::from_millis(rng.u64(from..=to));
        match kind {
            0 => Self::Kill,
            1 => Self::Hang,
            2 => Self::Slow(millis(50, 1_500)),
            3 => Self::SlowOperations(millis(50, 1_500)),
            4 => Self::Errors(rng.f64()),
            5 => Self::Throttle(rng.f64()),
            6 => Self::Cut(rng.usize(0..300)),
            7 => Self::StallAfterHeaders,
            8 => Self::BlackHole,
            9 => Self::LostConnections,
            10 => Self::Partition,
            11 => Self::Join,
            12 => Self::Leave,
            13 => Self::Foreign,
            14 => Self::ClockAhead(millis(1_000_000, 5_000_000)),
            15 => Self::ClockBehind(millis(1_000_000, 5_000_000)),
            _ => Self::AllDown,
        }
    }

    /// Returns whether the node is not in the cluster meanwhile.
    pub(super) fn removes_node(self) -> bool {
        matches!(self, Self::Leave | Self::Foreign)
    }

    /// Returns the name of its kind.
    pub(super) fn name(self) -> &'static str {
        match self {
            Self::Kill => "kill",
            Self::Hang => "hang",
            Self::Slow(_) => "slow",
            Self::SlowOperations(_) => "slow operations",
            Self::Errors(_) => "errors",
            Self::Throttle(_) => "throttle",
            Self::Cut(_) => "cut",
            Self::StallAfterHeaders => "stall",
            Self::BlackHole => "black hole",
            Self::LostConnections => "lost connections",
            Self::Partition => "partition",
            Self::Join => "join",
            Self::Leave => "leave",
            Self::Foreign => "foreign cluster",
            Self::ClockAhead(_) => "clock ahead",
            Self::ClockBehind(_) => "clock behind",
            Self::AllDown => "all down",
        }
    }
}

impl fmt::Display for Fault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())?;
        match self {
            Self::Slow(by) | Self::SlowOperations(by) => write!(f, " by {} ms", by.as_millis()),
            Self::Errors(share) | Self::Throttle(share) => write!(f, ", {:.0} %", 100.0 * share),
            Self::Cut(bytes) => write!(f, " after {bytes} bytes"),
            Self::ClockAhead(by) | Self::ClockBehind(by) => write!(f, " by {} s", by.as_secs()),
            Self::Kill
            | Self::Hang
            | Self::StallAfterHeaders
            | Self::BlackHole
            | Self::LostConnections
            | Self::Partition
            | Self::Join
            | Self::Leave
            | Self::Foreign
            | Self::AllDown => Ok(()),
        }
    }
}
