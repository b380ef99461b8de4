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
    Stall,
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
            7 => Self::Stall,
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
}

impl fmt::Display for Fault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Kill => f.write_str("kill"),
            Self::Hang => f.write_str("hang"),
            Self::Slow(delay) => write!(f, "slow by {} ms", delay.as_millis()),
            Self::SlowOperations(delay) => write!(f, "slow operations by {} ms", delay.as_millis()),
            Self::Errors(share) => write!(f, "errors, {:.0} %", 100.0 * share),
            Self::Throttle(share) => write!(f, "throttle, {:.0} %", 100.0 * share),
            Self::Cut(bytes) => write!(f, "cut after {bytes} bytes"),
            Self::Stall => f.write_str("stall"),
            Self::BlackHole => f.write_str("black hole"),
            Self::LostConnections => f.write_str("lost connections"),
            Self::Partition => f.write_str("partition"),
            Self::Join => f.write_str("join"),
            Self::Leave => f.write_str("leave"),
            Self::Foreign => f.write_str("foreign cluster"),
            Self::ClockAhead(by) => write!(f, "clock {} s ahead", by.as_secs()),
            Self::ClockBehind(by) => write!(f, "clock {} s behind", by.as_secs()),
            Self::AllDown => f.write_str("all down"),
        }
    }
}
