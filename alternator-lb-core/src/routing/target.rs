//! A node as routing sees it.

use super::traffic::Traffic;
use crate::health::NodeHealth;
use crate::topology::Node;
use std::time::Duration;

/// A node that requests can be sent to. `E` is whatever the caller wants at hand when the node is picked.
pub type Target<E> = Node<Peer<E>>;

/// In the hundredths in which loads are told.
const ONE_REQUEST: u64 = 100;

/// What routing attaches to a node.
#[derive(Debug)]
pub struct Peer<E> {
    endpoint: E,
    health: NodeHealth,
    traffic: Traffic,
}

impl<E> Peer<E> {
    /// A node that is used from the beginning.
    pub fn new(endpoint: E) -> Self {
        Self::with_health(endpoint, NodeHealth::new())
    }

    /// A node that is new, and has answered a probe.
    pub fn proven(endpoint: E, now: Duration) -> Self {
        Self::with_health(endpoint, NodeHealth::proven(now))
    }

    /// A node that must answer a probe before it is used.
    pub fn unproven(endpoint: E, now: Duration) -> Self {
        Self::with_health(endpoint, NodeHealth::unproven(now))
    }

    fn with_health(endpoint: E, health: NodeHealth) -> Self {
        Self {
            endpoint,
            health,
            traffic: Traffic::default(),
        }
    }
}

impl<E> Target<E> {
    pub fn endpoint(&self) -> &E {
        &self.attached().endpoint
    }

    pub fn health(&self) -> &NodeHealth {
        &self.attached().health
    }

    /// Attempts that are under way.
    pub fn in_flight(&self) -> u32 {
        self.traffic().in_flight()
    }

    /// Attempts that were made since the node was first listed.
    pub fn requests(&self) -> u64 {
        self.traffic().requests()
    }

    /// Those of them that the node has answered, whatever it said.
    pub fn answers(&self) -> u64 {
        self.traffic().answers()
    }

    /// Those of them that the node did not answer, or answered with an error of its own (5xx).
    pub fn failures(&self) -> u64 {
        self.traffic().failures()
    }

    /// How long its answers usually take, once there are any.
    pub fn latency(&self) -> Option<Duration> {
        self.traffic().latency()
    }

    /// Whether a request whose turn this is should go to another node instead.
    ///
    /// It should if the other is less busy, by a whole request. By that alone the counts of nodes that are alike would
    /// drift apart by chance, as far as √n of n requests; so turns are also given back, when it is no loss.
    pub(super) fn owes_turn_to(&self, other: &Self, now: Duration) -> bool {
        let (busy, other_busy) = (self.load(now), other.load(now));
        let is_busier = busy >= other_busy + ONE_REQUEST;
        let owes = self.traffic().deficit() < 0 && other.traffic().deficit() > 0;
        is_busier || (owes && busy >= other_busy)
    }

    /// A request whose turn this is goes to another node instead.
    pub(super) fn gives_turn_to(&self, other: &Self) {
        self.traffic().give_turn(other.traffic());
    }

    /// How busy it is, in hundredths of a request in flight: more than there are if it lets know that it is overloaded,
    /// or if it shall get less than others.
    pub(super) fn load(&self, now: Duration) -> u64 {
        self.traffic().load(self.health().share(now), now)
    }

    pub(super) fn traffic(&self) -> &Traffic {
        &self.attached().traffic
    }
}
