//! The numbers of a cluster.

use crate::discovery::Discovery;
use crate::health::Outcome;
use crate::routing::{HedgeCounts, Router, Traffic};
use serde::Serialize;

/// What a cluster's clients have done since its [`Alternator`] was built. Returned by `Alternator::stats()`.
///
/// All numbers but [`is_in_panic_mode`](Self::is_in_panic_mode) only grow, also when nodes leave the list, so they can
/// be exported as counters.
///
/// [`Alternator`]: https://docs.rs/alternator-lb-sdk/latest/alternator_lb_sdk/struct.Alternator.html
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Stats {
    requests: u64,
    failures: u64,
    failovers: u64,
    retries_spared: u64,
    hedges: u64,
    hedges_won: u64,
    spill_overs: u64,
    replica_hits: u64,
    replica_misses: u64,
    moved_primaries: u64,
    refreshes: u64,
    refresh_failures: u64,
    panic_mode_entries: u64,
    is_in_panic_mode: bool,
    bytes_saved_by_compression: u64,
    bytes_saved_by_minimal_headers: u64,
    #[serde(skip)]
    traffic: Traffic,
}

/// The numbers that the plugin counts itself.
#[derive(Clone, Copy, Debug, Default)]
pub struct PluginCounts {
    /// The retries that cost the application none of its attempts.
    pub retries_spared: u64,
    /// The second requests of hedged reads.
    pub hedges: HedgeCounts,
    /// The bytes of bodies that compression has saved.
    pub bytes_saved_by_compression: u64,
}

impl Stats {
    /// Collects the numbers.
    pub fn new<E: Send + Sync + 'static>(
        router: &Router<E>,
        discovery: &Discovery<E>,
        counts: PluginCounts,
    ) -> Self {
        let traffic = router.traffic();
        let (refreshes, refresh_failures) = discovery.refresh_counts();
        Self {
            requests: traffic.requests,
            failures: traffic.failures(),
            failovers: traffic.failovers,
            retries_spared: counts.retries_spared,
            hedges: counts.hedges.sent,
            hedges_won: counts.hedges.won,
            spill_overs: traffic.spill_overs,
            replica_hits: traffic.replica_hits,
            replica_misses: traffic.replica_misses,
            moved_primaries: traffic.moved_primaries,
            refreshes,
            refresh_failures,
            panic_mode_entries: router.panic_mode_entries(),
            is_in_panic_mode: router.is_in_panic_mode(),
            bytes_saved_by_compression: counts.bytes_saved_by_compression,
            bytes_saved_by_minimal_headers: traffic.saved_header_bytes,
            traffic,
        }
    }

    /// Returns the number of attempts, without those of discovery.
    #[must_use]
    pub fn requests(&self) -> u64 {
        self.requests
    }

    /// Returns the number of [`requests`](Self::requests) that say something against their node: see
    /// [`NodeStatus::failures`](super::NodeStatus::failures).
    #[must_use]
    pub fn failures(&self) -> u64 {
        self.failures
    }

    /// Returns the number of [`requests`](Self::requests) that ended so: see
    /// [`NodeStatus::outcomes`](super::NodeStatus::outcomes).
    #[must_use]
    pub fn outcomes(&self, outcome: Outcome) -> u64 {
        self.traffic.count(outcome)
    }

    /// Returns the number of retries that went to another node than the attempt before.
    #[must_use]
    pub fn failovers(&self) -> u64 {
        self.failovers
    }

    /// Returns the number of attempts that cost the application none of its own, since the node was never reached: with
    /// the SDK alone each would have been a retry with its backoff, or a failed operation.
    #[must_use]
    pub fn retries_spared(&self) -> u64 {
        self.retries_spared
    }

    /// Returns the number of second requests of [hedged reads](crate::routing::Hedge): attempts that were made since
    /// another one had no response yet. Zero unless `Builder::hedged_reads(..)` is set.
    #[must_use]
    pub fn hedges(&self) -> u64 {
        self.hedges
    }

    /// Returns the number of [`hedges`](Self::hedges) whose response came first.
    #[must_use]
    pub fn hedges_won(&self) -> u64 {
        self.hedges_won
    }

    /// Returns the number of attempts that went to a scope after the preferred one. Zero without a chain of scopes.
    #[must_use]
    pub fn spill_overs(&self) -> u64 {
        self.spill_overs
    }

    /// Returns the number of attempts that went to a replica of their partition, as token awareness wants.
    #[must_use]
    pub fn replica_hits(&self) -> u64 {
        self.replica_hits
    }

    /// Returns the number of attempts whose partition is known, and that went to a node which is no replica as far as
    /// that is known: no map was read yet, or no replica in scope is usable.
    #[must_use]
    pub fn replica_misses(&self) -> u64 {
        self.replica_misses
    }

    /// Returns the number of attempts with key affinity that went to another node than the first one of their key,
    /// since that is ejected or overloaded, or had been tried. Each may contend with requests of clients that still go
    /// to that first node.
    #[must_use]
    pub fn moved_primaries(&self) -> u64 {
        self.moved_primaries
    }

    /// Returns the number of refreshes of the list of nodes that have ended.
    #[must_use]
    pub fn refreshes(&self) -> u64 {
        self.refreshes
    }

    /// Returns the number of [`refreshes`](Self::refreshes) that have failed.
    #[must_use]
    pub fn refresh_failures(&self) -> u64 {
        self.refresh_failures
    }

    /// Returns the number of times that panic mode was entered: see `Alternator::panic_mode_entries()`.
    #[must_use]
    pub fn panic_mode_entries(&self) -> u64 {
        self.panic_mode_entries
    }

    /// Returns whether panic mode is on: more than half of the nodes that can be reached fail.
    #[must_use]
    pub fn is_in_panic_mode(&self) -> bool {
        self.is_in_panic_mode
    }

    /// Returns the number of bytes that compression has saved: of the bodies of requests, and of those of responses.
    #[must_use]
    pub fn bytes_saved_by_compression(&self) -> u64 {
        self.bytes_saved_by_compression
    }

    /// Returns the number of bytes of headers that [minimal headers] did not send: those of the SDK's default headers
    /// that do not vary, so a little more is saved.
    ///
    /// [minimal headers]: https://docs.rs/alternator-lb-sdk/latest/alternator_lb_sdk/struct.Builder.html
    #[must_use]
    pub fn bytes_saved_by_minimal_headers(&self) -> u64 {
        self.bytes_saved_by_minimal_headers
    }
}
