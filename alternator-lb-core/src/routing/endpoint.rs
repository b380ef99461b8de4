//! A node as routing sees it.

use super::OperationKind;
use super::load_stats::{LoadStats, ONE_REQUEST};
use super::operation_latency::Slowness;
use super::recent_latencies::LatencySummary;
use super::traffic::Traffic;
use crate::clock::millis;
use crate::health::{EjectionCause, EjectionReason, NodeHealth};
use crate::sync::atomic::{AtomicU32, AtomicU64, Ordering};
use crate::topology::Node;
use std::time::Duration;

/// A node that requests can be sent to. `E` is the caller's extension: what it needs at hand when the node is picked.
pub type Endpoint<E> = Node<EndpointState<E>>;

/// The state that routing attaches to a node.
#[derive(Debug)]
pub struct EndpointState<E> {
    extension: E,
    health: NodeHealth,
    load_stats: LoadStats,
    /// The packed [`EjectionReason`] of the last ejection.
    ejection_reason: AtomicU32,
    /// The time of the last refresh that listed the node, in milliseconds plus one; zero before the first.
    listed_at: AtomicU64,
}

impl<E> EndpointState<E> {
    /// The state of a node that is used from the beginning.
    pub fn new(extension: E) -> Self {
        Self::with_health(extension, NodeHealth::default())
    }

    /// The state of a node of this health.
    pub fn with_health(extension: E, health: NodeHealth) -> Self {
        Self {
            extension,
            health,
            load_stats: LoadStats::default(),
            ejection_reason: AtomicU32::new(0),
            listed_at: AtomicU64::new(0),
        }
    }
}

impl<E> Endpoint<E> {
    /// Returns what the caller attached to the node.
    pub fn extension(&self) -> &E {
        &self.attached().extension
    }

    /// Returns the health of the node.
    pub fn health(&self) -> &NodeHealth {
        &self.attached().health
    }

    /// The number of attempts in flight.
    pub fn in_flight(&self) -> u32 {
        self.load_stats().in_flight.load(Ordering::Relaxed)
    }

    /// The number of attempts since the node was first listed.
    pub fn requests(&self) -> u64 {
        self.load_stats().traffic.requests.load(Ordering::Relaxed)
    }

    /// The number of responses of any status.
    pub fn responses(&self) -> u64 {
        self.load_stats().responses.load(Ordering::Relaxed)
    }

    /// The numbers of attempts since the node was first listed.
    pub fn traffic(&self) -> Traffic {
        self.load_stats().traffic.load()
    }

    /// The latencies of the last 15 to 30 seconds; none if there was no response.
    pub fn recent_latencies(&self, now: Duration) -> Option<LatencySummary> {
        self.load_stats().recent_latencies.summary(now)
    }

    /// The reason of the ejection, if the node is ejected.
    pub fn ejection_reason(&self) -> Option<EjectionReason> {
        Some(match self.health().state().cause()? {
            EjectionCause::Pending => EjectionReason::Pending,
            EjectionCause::Unreachable | EjectionCause::Failing => {
                EjectionReason::unpack(self.attached().ejection_reason.load(Ordering::Relaxed))
            }
        })
    }

    /// Counts bytes of headers that a request to the node does not send.
    pub fn record_saved_header_bytes(&self, bytes: u64) {
        let saved = &self.load_stats().traffic.saved_header_bytes;
        saved.fetch_add(bytes, Ordering::Relaxed);
    }

    pub(super) fn set_ejection_reason(&self, reason: EjectionReason) {
        let packed = &self.attached().ejection_reason;
        packed.store(reason.pack(), Ordering::Relaxed);
    }

    /// Records that a refresh has listed the node.
    pub fn record_listed(&self, now: Duration) {
        let listed_at = &self.attached().listed_at;
        listed_at.store(millis(now).saturating_add(1), Ordering::Relaxed);
    }

    /// The time of the last refresh that listed the node; none before the first.
    pub fn listed_at(&self) -> Option<Duration> {
        let listed_at = self.attached().listed_at.load(Ordering::Relaxed);
        listed_at.checked_sub(1).map(Duration::from_millis)
    }

    /// The moving average of the time to a response; none before the first response.
    pub fn latency(&self) -> Option<Duration> {
        self.load_stats().latency()
    }

    /// The longest time to a response so far; zero before the first response.
    pub fn slowest_response(&self) -> Duration {
        self.load_stats().slowest_response()
    }

    /// Decides whether this node, which is next in turn, keeps the turn or cedes it to another one.
    ///
    /// It cedes the turn if the other one's load is smaller by at least one whole request. By this rule alone the
    /// request counts of equal nodes would drift apart by chance, by up to √n of n requests. So a ceded turn is also
    /// returned as soon as the node that is owed it is not more loaded. An idle node keeps its turn, unless it is slow.
    /// A slow node is owed nothing for the turns that it cedes.
    pub(super) fn turn_beside(
        &self,
        other: &Self,
        kind: Option<OperationKind>,
        now: Duration,
    ) -> Turn {
        let (stats, others) = (self.load_stats(), other.load_stats());
        let slowness = stats.slowness_beside(others, kind, now);
        let others_slowness = others.slowness_beside(stats, kind, now);
        let load = weighted(self.load(now), slowness);
        let other_load = weighted(other.load(now), others_slowness);

        let are_equal = slowness.is_none() && others_slowness.is_none();
        let owes_turn = are_equal && load > 0 && stats.owes_turn_to(others);
        match load >= other_load.saturating_add(ONE_REQUEST) || (owes_turn && load >= other_load) {
            true => Turn::Ceded { is_owed: are_equal },
            false => Turn::Kept,
        }
    }

    /// The load in [hundredths of a request](ONE_REQUEST) in flight. It exceeds the requests in flight if the node has
    /// reported overload, or if it is in slow start and should receive a smaller share.
    pub(super) fn load(&self, now: Duration) -> u64 {
        self.load_stats().load(self.health().share(now), now)
    }

    pub(super) fn load_stats(&self) -> &LoadStats {
        &self.attached().load_stats
    }
}

/// The decision on a turn.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Turn {
    Kept,
    /// The other node receives the turn. It owes one to this node, unless one of the two is slow.
    Ceded {
        is_owed: bool,
    },
}

/// The load of a node for the comparison with others, beside which it may be slow. Each request counts as those
/// that another one serves meanwhile. A slow node seems to have a request in flight also while it rests, so it gets
/// one request at a time, and seldom, unless the other one has many more in flight.
pub(super) fn weighted(load: u64, slowness: Option<Slowness>) -> u64 {
    slowness.map_or(load, |slowness| {
        let rest = u64::from(slowness.is_resting) * ONE_REQUEST;
        (load + rest).saturating_mul(slowness.factor.into())
    })
}
