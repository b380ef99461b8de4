//! The liveness of a node: its responses to the others, and the time since which there are none.

use std::sync::Mutex;
use std::time::{Duration, Instant};

use crate::sync::lock;

/// The liveness of a node as a replica. Apart from the port, whose lock is held while the node stops.
#[derive(Debug, Default)]
pub(crate) struct Liveness {
    dead_since: Mutex<Option<Instant>>,
}

impl Liveness {
    /// Sets whether the node is dead. A node that was stays dead since then.
    pub(crate) fn set_dead(&self, is_dead: bool) {
        let mut dead_since = lock(&self.dead_since);
        *dead_since = is_dead.then(|| dead_since.unwrap_or_else(now));
    }

    /// Returns the time for which the node has been dead. `None` if it is alive.
    pub(crate) fn dead_for(&self) -> Option<Duration> {
        let dead_since = *lock(&self.dead_since);
        dead_since.map(|since| now().saturating_duration_since(since))
    }
}

fn now() -> Instant {
    #[expect(
        clippy::disallowed_methods,
        reason = "the cluster has real time, also where the test's clock is paused"
    )]
    Instant::now()
}
