//! The positions of round robin.

use super::policy::Algorithm;
use std::sync::atomic::{AtomicUsize, Ordering};

/// The number of turns so far.
///
/// Turns among the replicas of keys are counted apart from turns among all nodes: with one count for both, an
/// application that alternates between requests with a key and requests without would send the latter to every second
/// node only.
#[derive(Debug)]
pub(super) struct RoundRobin {
    nodes: Counter,
    replicas: Counter,
}

/// On a cache line of its own: every request on every core increments it.
#[derive(Debug)]
#[repr(align(128))]
struct Counter(AtomicUsize);

/// The random numbers of one selection, and the positions at which it starts. Each position is taken from its counter
/// when it is needed, and once.
#[derive(Debug)]
pub(super) struct RoundRobinCursor<'r> {
    round_robin: &'r RoundRobin,
    mode: Mode,
    pub(super) rng: &'r mut fastrand::Rng,
    node_start: Option<usize>,
    replica_start: Option<usize>,
}

#[derive(Clone, Copy, Debug)]
enum Mode {
    Increment,
    /// Leaves the counters as they are.
    Read,
    Random,
}

impl RoundRobin {
    pub(super) fn new(start: usize) -> Self {
        let counter = || Counter(AtomicUsize::new(start));
        Self {
            nodes: counter(),
            replicas: counter(),
        }
    }

    /// Returns the cursor of a selection. A read-only one takes no turn.
    #[inline]
    pub(super) fn cursor<'r>(
        &'r self,
        algorithm: Algorithm,
        is_read_only: bool,
        rng: &'r mut fastrand::Rng,
    ) -> RoundRobinCursor<'r> {
        let mode = match algorithm {
            Algorithm::Random => Mode::Random,
            Algorithm::PowerOfTwoChoices | Algorithm::RoundRobin if is_read_only => Mode::Read,
            Algorithm::PowerOfTwoChoices | Algorithm::RoundRobin => Mode::Increment,
        };
        RoundRobinCursor {
            round_robin: self,
            mode,
            rng,
            node_start: None,
            replica_start: None,
        }
    }
}

impl RoundRobinCursor<'_> {
    /// The start among all nodes.
    #[inline]
    pub(super) fn node_start(&mut self) -> usize {
        let next = || self.round_robin.nodes.next(self.mode, self.rng);
        *self.node_start.get_or_insert_with(next)
    }

    /// The start among the replicas of a key.
    #[inline]
    pub(super) fn replica_start(&mut self) -> usize {
        let next = || self.round_robin.replicas.next(self.mode, self.rng);
        *self.replica_start.get_or_insert_with(next)
    }
}

impl Counter {
    #[inline]
    fn next(&self, mode: Mode, rng: &mut fastrand::Rng) -> usize {
        match mode {
            Mode::Increment => self.0.fetch_add(1, Ordering::Relaxed),
            Mode::Read => self.0.load(Ordering::Relaxed),
            Mode::Random => rng.usize(..),
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
        let mut cursor = round_robin.cursor(Algorithm::PowerOfTwoChoices, false, rng);
        assert_eq!([(); 2].map(|()| cursor.node_start()), [7, 7]);
        let mut cursor = round_robin.cursor(Algorithm::RoundRobin, false, rng);
        assert_eq!(cursor.replica_start(), 7);
        assert_eq!(cursor.node_start(), 8);
        for _ in 0..3 {
            let mut cursor = round_robin.cursor(Algorithm::RoundRobin, true, rng);
            assert_eq!((cursor.node_start(), cursor.replica_start()), (9, 8));
        }
    }
}
