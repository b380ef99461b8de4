//! How the next node is selected: the policy, and the positions of round robin.

use std::sync::atomic::{AtomicUsize, Ordering};

/// How requests are distributed over the usable nodes.
///
/// # Default
///
/// [`Policy::default()`] is round robin with the power of two choices: the next node in turn, unless it has so many
/// more requests in flight than another one that it looks slower. Equal nodes are served in turn and evenly; one that
/// was restored or is overloaded receives less. A process starts at a random node, so that many short-lived ones do not
/// all begin with the same.
///
/// A node that needs at least four times as long as the other one for operations of the same kind is slow, if that is
/// more than 4 ms. Each of its requests in flight counts as those that the other node serves meanwhile: with as many
/// requests waiting on it as on the other, it would receive a part of every caller's time. An idle slow node receives
/// one request after a rest of sixteen times its latency, ten seconds at most, and its share again once it responds
/// fast. A node that serves heavier operations than others is not slow: kinds are compared apart, and of one kind the
/// fastest recent responses count.
///
/// The comparison of two nodes is that of Mitzenmacher's "The power of two choices" (2001): it all but removes the
/// longest queues, whereas choosing the least loaded of all nodes sends all clients to the same one.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Policy(pub(super) Algorithm);

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) enum Algorithm {
    #[default]
    PowerOfTwoChoices,
    RoundRobin,
    Random,
}

impl Policy {
    /// Selects one node after the other, exactly evenly, whatever their load.
    ///
    /// Use it where the evenness of the requests itself matters, as in a test. A slow node then slows every caller
    /// down.
    #[must_use]
    pub fn round_robin() -> Self {
        Self(Algorithm::RoundRobin)
    }

    /// Selects a random node each time.
    ///
    /// Use it to rule out that the rhythm of the application and that of round robin fall into step. It is even only in
    /// the long run: of *n* requests over *k* nodes, a node's share varies by about √(*n*/*k*).
    #[must_use]
    pub fn random() -> Self {
        Self(Algorithm::Random)
    }
}

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
    pub(super) algorithm: Algorithm,
    /// True if the selection takes no turn.
    pub(super) is_read_only: bool,
    pub(super) rng: &'r mut fastrand::Rng,
    node_start: Option<usize>,
    replica_start: Option<usize>,
}

impl RoundRobin {
    pub(super) fn new(start: usize) -> Self {
        Self {
            nodes: Counter(start.into()),
            replicas: Counter(start.into()),
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
        RoundRobinCursor {
            round_robin: self,
            algorithm,
            is_read_only,
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
        let start = self.node_start;
        let start = start.unwrap_or_else(|| self.next(&self.round_robin.nodes));
        *self.node_start.insert(start)
    }

    /// The start among the replicas of a key.
    #[inline]
    pub(super) fn replica_start(&mut self) -> usize {
        let start = self.replica_start;
        let start = start.unwrap_or_else(|| self.next(&self.round_robin.replicas));
        *self.replica_start.insert(start)
    }

    #[inline]
    fn next(&mut self, Counter(turns): &Counter) -> usize {
        if self.algorithm == Algorithm::Random {
            return self.rng.usize(..);
        }
        match self.is_read_only {
            true => turns.load(Ordering::Relaxed),
            false => turns.fetch_add(1, Ordering::Relaxed),
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
