//! The numbers of a run.

use std::time::Duration;

/// The workers: the first two have a runtime of one thread each, the others share one of two threads.
pub(super) const WORKERS: usize = 4;
pub(super) const SINGLE_THREADED: usize = 2;

/// The callers of each client.
pub(super) const CALLERS: usize = 6;

/// The pause of a caller after each operation, so that the machine is busy and not overloaded.
pub(super) const PAUSE: Duration = Duration::from_millis(4);

/// The counters that all callers share: few, so that they contend.
pub(super) const COUNTERS: usize = 3;

/// The items that a caller keeps.
pub(super) const ITEMS: usize = 200;

/// The increments after which a caller takes another counter, since each leaves its number.
pub(super) const INCREMENTS: usize = 60;

/// The time within which each operation ends: its timeout is 12 s.
pub(super) const LONGEST: Duration = Duration::from_secs(20);

/// The time between samples of what is in use.
pub(super) const SAMPLING: Duration = Duration::from_millis(500);

/// The time within which what a client used is released.
pub(super) const RELEASE: Duration = Duration::from_secs(10);

/// The time within which all nodes are used evenly after the last fault: a node that failed for long is tried again once
/// a minute, with a jitter of half.
pub(super) const RECOVERY: Duration = Duration::from_secs(100);

/// The most connections of all clients: each has one for each caller and node, a few for probes and discovery, and as
/// many once more that a node which hangs has not given back.
pub(super) const CONNECTIONS: u64 = (WORKERS as u64 + 1) * 8 * (2 * CALLERS as u64 + 4);

/// The role of all clients, whose signatures the nodes verify.
pub(super) const ROLE: &str = "alternator";
pub(super) const SECRET: &str = "secret hash";
