//! The findings of the checks.

use std::time::Duration;

/// A property that does not hold.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub(super) enum Violation {
    #[error("item {key} was acknowledged as {expected}, and reads as {found:?}")]
    LostWrite {
        key: String,
        expected: u64,
        found: Option<u64>,
    },
    #[error(
        "item {key} has version {found:?}, of {acknowledged} acknowledged and {attempted} attempted"
    )]
    WrongVersion {
        key: String,
        found: Option<u64>,
        acknowledged: u64,
        attempted: u64,
    },
    #[error("counter {key} is {found}, outside of {least} to {most}")]
    WrongCount {
        key: String,
        found: u64,
        least: u64,
        most: u64,
    },
    #[error("counter {key} is {count} after {operations} increments")]
    DoubledIncrement {
        key: String,
        count: u64,
        operations: u64,
    },
    #[error("counter {key} lacks the acknowledged increment {operation}")]
    LostIncrement { key: String, operation: u64 },
    #[error("a read failed after the last fault: {0}")]
    FailedRead(String),
    #[error("an operation did not end within {0:?}")]
    Stuck(Duration),
    #[error("{connections} connections to addresses that are neither seeds nor nodes")]
    ForeignAddress { connections: u64 },
    #[error("{what}: {found}, more than {limit}")]
    Leak {
        what: &'static str,
        found: u64,
        limit: u64,
    },
    #[error("{0:?} after the last fault: {1}")]
    NotRecovered(Duration, String),
}
