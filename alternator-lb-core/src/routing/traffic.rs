//! The numbers of the attempts of a node.

use super::Reason;
use crate::health::Outcome;
use crate::sync::atomic::{AtomicU64, Ordering};
use std::ops::AddAssign;

/// The numbers of the attempts of one node, or of all nodes together, since the beginning.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Traffic {
    /// The number of attempts.
    pub requests: u64,
    /// Those of them that went to a scope after the preferred one.
    pub spill_overs: u64,
    /// Those of them that followed an attempt of the same operation on another node.
    pub failovers: u64,
    /// Those of them that wanted a replica, and went to one.
    pub replica_hits: u64,
    /// Those of them that wanted a replica, and went to another node.
    pub replica_misses: u64,
    /// Those of them that wanted the first node in the order of all clients, and went to another one, since that node
    /// is ejected, overloaded, or was tried before.
    pub moved_primaries: u64,
    /// The bytes of headers that they did not send.
    pub saved_header_bytes: u64,
    outcomes: [u64; Outcome::COUNT],
}

/// What is counted of a selection besides its node.
#[derive(Clone, Copy, Debug)]
pub(super) struct SelectionFlags {
    pub(super) is_spill_over: bool,
    pub(super) is_failover: bool,
    /// True if the operation wanted a replica.
    pub(super) wants_replica: bool,
    /// True if the operation wanted a node before this one in the order of all clients.
    pub(super) is_moved_primary: bool,
}

/// The counters of one node.
#[derive(Debug, Default)]
pub(super) struct TrafficCounters {
    pub(super) requests: AtomicU64,
    spill_overs: AtomicU64,
    failovers: AtomicU64,
    replica_hits: AtomicU64,
    replica_misses: AtomicU64,
    moved_primaries: AtomicU64,
    pub(super) saved_header_bytes: AtomicU64,
    outcomes: [AtomicU64; Outcome::COUNT],
}

impl Traffic {
    /// Returns the number of attempts that ended so. Counted where the outcomes of attempts are known.
    #[must_use]
    pub fn count(&self, outcome: Outcome) -> u64 {
        self.outcomes.get(outcome.index()).copied().unwrap_or(0)
    }

    /// Returns the number of attempts that say something against their node.
    #[must_use]
    pub fn failures(&self) -> u64 {
        let failures = Outcome::ALL.into_iter().filter(|it| it.is_failure());
        failures.map(|outcome| self.count(outcome)).sum()
    }
}

impl AddAssign for Traffic {
    fn add_assign(&mut self, other: Self) {
        let Self {
            requests,
            spill_overs,
            failovers,
            replica_hits,
            replica_misses,
            moved_primaries,
            saved_header_bytes,
            outcomes,
        } = other;
        self.requests += requests;
        self.spill_overs += spill_overs;
        self.failovers += failovers;
        self.replica_hits += replica_hits;
        self.replica_misses += replica_misses;
        self.moved_primaries += moved_primaries;
        self.saved_header_bytes += saved_header_bytes;
        let sums = self.outcomes.iter_mut().zip(outcomes);
        sums.for_each(|(sum, count)| *sum += count);
    }
}

impl TrafficCounters {
    /// Counts what is not ordinary of a selection: the attempt itself is counted when it begins.
    #[inline]
    pub(super) fn record_selection(&self, reason: Reason, flags: SelectionFlags) {
        let count = |counter: &AtomicU64, is_counted: bool| {
            if is_counted {
                counter.fetch_add(1, Ordering::Relaxed);
            }
        };
        let is_replica = reason == Reason::Replica;
        count(&self.spill_overs, flags.is_spill_over);
        count(&self.failovers, flags.is_failover);
        count(&self.replica_hits, flags.wants_replica && is_replica);
        count(&self.replica_misses, flags.wants_replica && !is_replica);
        count(&self.moved_primaries, flags.is_moved_primary);
    }

    #[inline]
    pub(super) fn record_outcome(&self, outcome: Outcome) {
        if let Some(count) = self.outcomes.get(outcome.index()) {
            count.fetch_add(1, Ordering::Relaxed);
        }
    }

    pub(super) fn load(&self) -> Traffic {
        let load = |counter: &AtomicU64| counter.load(Ordering::Relaxed);
        Traffic {
            requests: load(&self.requests),
            spill_overs: load(&self.spill_overs),
            failovers: load(&self.failovers),
            replica_hits: load(&self.replica_hits),
            replica_misses: load(&self.replica_misses),
            moved_primaries: load(&self.moved_primaries),
            saved_header_bytes: load(&self.saved_header_bytes),
            outcomes: std::array::from_fn(|index| self.outcomes.get(index).map_or(0, load)),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn selections_are_counted_by_what_is_not_ordinary_of_them() {
        let ordinary = SelectionFlags {
            is_spill_over: false,
            is_failover: false,
            wants_replica: false,
            is_moved_primary: false,
        };
        let replica = SelectionFlags {
            wants_replica: true,
            ..ordinary
        };
        let counters = TrafficCounters::default();
        for (reason, flags) in [
            (Reason::RoundRobin, ordinary),
            (Reason::Replica, replica),
            (Reason::Replica, replica),
            (Reason::Fallback, replica),
            (
                Reason::Fallback,
                SelectionFlags {
                    is_spill_over: true,
                    is_failover: true,
                    ..ordinary
                },
            ),
            (
                Reason::NextPrimaryNode,
                SelectionFlags {
                    is_moved_primary: true,
                    ..ordinary
                },
            ),
        ] {
            counters.record_selection(reason, flags);
        }
        let traffic = counters.load();
        assert_eq!((traffic.replica_hits, traffic.replica_misses), (2, 1));
        assert_eq!((traffic.spill_overs, traffic.failovers), (1, 1));
        assert_eq!(traffic.moved_primaries, 1);
        // Counted when an attempt begins.
        assert_eq!(traffic.requests, 0);
    }
}
