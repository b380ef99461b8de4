//! A node as routing sees it.

use super::load_stats::LoadStats;
use crate::health::NodeHealth;
use crate::topology::Node;
use std::time::Duration;

/// A node that requests can be sent to. `E` is whatever the caller wants at hand when the node is picked.
pub type Endpoint<E> = Node<EndpointState<E>>;

/// In the hundredths in which loads are told.
const ONE_REQUEST: u64 = 100;

/// What routing attaches to a node.
#[derive(Debug)]
pub struct EndpointState<E> {
    endpoint: E,
    health: NodeHealth,
    load_stats: LoadStats,
}

impl<E> EndpointState<E> {
    /// A node that is used from the beginning.
    pub fn new(endpoint: E) -> Self {
        Self::with_health(endpoint, NodeHealth::new())
    }

    /// A node that is new, and has answered a probe.
    pub fn slow_starting(endpoint: E, now: Duration) -> Self {
        Self::with_health(endpoint, NodeHealth::slow_starting(now))
    }

    /// A node that must answer a probe before it is used.
    pub fn pending(endpoint: E, now: Duration) -> Self {
        Self::with_health(endpoint, NodeHealth::pending(now))
    }

    fn with_health(endpoint: E, health: NodeHealth) -> Self {
        Self {
            endpoint,
            health,
            load_stats: LoadStats::default(),
        }
    }
}

impl<E> Endpoint<E> {
    pub fn endpoint(&self) -> &E {
        &self.attached().endpoint
    }

    pub fn health(&self) -> &NodeHealth {
        &self.attached().health
    }

    /// Attempts that are under way.
    pub fn in_flight(&self) -> u32 {
        self.load_stats().in_flight()
    }

    /// Attempts that were made since the node was first listed.
    pub fn requests(&self) -> u64 {
        self.load_stats().requests()
    }

    /// Those of them that the node has answered, whatever it said.
    pub fn answers(&self) -> u64 {
        self.load_stats().answers()
    }

    /// Those of them that the node did not answer, or answered with an error of its own (5xx).
    pub fn failures(&self) -> u64 {
        self.load_stats().failures()
    }

    /// How long its answers usually take, once there are any.
    pub fn latency(&self) -> Option<Duration> {
        self.load_stats().latency()
    }

    /// Whether a request whose turn this is should go to another node instead.
    ///
    /// It should if the other is less busy, by a whole request. By that alone the counts of nodes that are alike would
    /// drift apart by chance, as far as √n of n requests; so turns are also given back, when it is no loss.
    pub(super) fn should_yield_to(&self, other: &Self, now: Duration) -> bool {
        let (busy, other_busy) = (self.load(now), other.load(now));
        let is_busier = busy >= other_busy + ONE_REQUEST;
        let is_owed =
            self.load_stats().fairness_debt() < 0 && other.load_stats().fairness_debt() > 0;
        is_busier || (is_owed && busy >= other_busy)
    }

    /// A request whose turn this is goes to another node instead.
    pub(super) fn yield_turn_to(&self, other: &Self) {
        self.load_stats().transfer_turn(other.load_stats());
    }

    /// How busy it is, in hundredths of a request in flight: more than there are if it lets know that it is overloaded,
    /// or if it shall get less than others.
    pub(super) fn load(&self, now: Duration) -> u64 {
        self.load_stats().load(self.health().share(now), now)
    }

    pub(super) fn load_stats(&self) -> &LoadStats {
        &self.attached().load_stats
    }
}
