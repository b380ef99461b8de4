//! The positions of round robin.

use super::policy::Algorithm;
use std::sync::atomic::{AtomicUsize, Ordering};

/// The number of turns so far.
///
/// Turns among the replicas of keys are counted apart from turns among all nodes: with one count for both, an application
/// that alternates between requests with a key and requests without would send the latter to every second node only.
#[derive(Debug)]
pub(super) struct RoundRobin {
    nodes: Counter,
    replicas: Counter,
}

/// On a cache line of its own: every request on every core increments it.
#[derive(Debug)]
#[repr(align(128))]
struct Counter(AtomicUsize);

/// The positions at which one selection starts. Each is taken from its counter when it is needed, and once.
#[derive(Debug)]
pub(super) struct RoundRobinCursor<'r> {
    round_robin: &'r RoundRobin,
    algorithm: Algorithm,
    /// Whether the counters stay as they are.
    is_read_only: bool,
    node_start: Option<usize>,
    replica_start: Option<usize>,
}

impl RoundRobin {
    pub(super) fn new(start: usize) -> Self {
        let counter = || Counter(AtomicUsize::new(start));
        Self {
            nodes: counter(),
            replicas: counter(),
        }
    }

    /// Returns the cursor of a selection.
    #[inline]
    pub(super) fn cursor(&self, algorithm: Algorithm) -> RoundRobinCursor<'_> {
        RoundRobinCursor {
            round_robin: self,
            algorithm,
            is_read_only: false,
            node_start: None,
            replica_start: None,
        }
    }

    /// Returns the cursor of a selection that is not carried out: it takes no turn.
    pub(super) fn read_only_cursor(&self, algorithm: Algorithm) -> RoundRobinCursor<'_> {
        RoundRobinCursor {
            is_read_only: true,
            ..self.cursor(algorithm)
        }
    }
}

impl RoundRobinCursor<'_> {
    /// The start among all nodes.
    #[inline]
    pub(super) fn node_start(&mut self, rng: &mut fastrand::Rng) -> usize {
        match self.node_start {
            Some(start) => start,
            None => *self
                .node_start
                .insert(self.next(&self.round_robin.nodes, rng)),
        }
    }

    /// The start among the replicas of a key.
    #[inline]
    pub(super) fn replica_start(&mut self, rng: &mut fastrand::Rng) -> usize {
        match self.replica_start {
            Some(start) => start,
            None => *self
                .replica_start
                .insert(self.next(&self.round_robin.replicas, rng)),
        }
    }

    #[inline]
    fn next(&self, counter: &Counter, rng: &mut fastrand::Rng) -> usize {
        match self.algorithm {
            Algorithm::Random => rng.usize(..),
            Algorithm::PowerOfTwoChoices | Algorithm::RoundRobin => match self.is_read_only {
                true => counter.0.load(Ordering::Relaxed),
                false => counter.0.fetch_add(1, Ordering::Relaxed),
            },
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn cursor_takes_each_turn_once_and_read_only_cursor_takes_none() {
        let round_robin = RoundRobin::new(7);
        let rng = &mut fastrand::Rng::with_seed(1);
        let mut cursor = round_robin.cursor(Algorithm::PowerOfTwoChoices);
        assert_eq!([(); 2].map(|()| cursor.node_start(rng)), [7, 7]);
        let mut cursor = round_robin.cursor(Algorithm::RoundRobin);
        assert_eq!(cursor.replica_start(rng), 7);
        assert_eq!(cursor.node_start(rng), 8);
        for _ in 0..3 {
            let mut cursor = round_robin.read_only_cursor(Algorithm::RoundRobin);
            assert_eq!((cursor.node_start(rng), cursor.replica_start(rng)), (9, 8));
        }
    }
}
