//! A node as routing sees it.

use crate::health::NodeHealth;
use crate::sync::atomic::{AtomicU32, AtomicU64, Ordering};
use crate::topology::Node;

/// A node that requests can be sent to. `E` is whatever the caller wants at hand when the node is picked.
pub(crate) type Target<E> = Node<Peer<E>>;

/// What routing attaches to a node.
#[derive(Debug)]
pub(crate) struct Peer<E> {
    endpoint: E,
    health: NodeHealth,
    traffic: Traffic,
}

/// What goes to a node. On cache lines of its own: every request writes here, while everybody reads the node's address.
#[derive(Debug, Default)]
#[repr(align(128))]
struct Traffic {
    in_flight: AtomicU32,
    requests: AtomicU64,
    failures: AtomicU64,
}

impl<E> Peer<E> {
    pub(crate) fn new(endpoint: E) -> Self {
        Self {
            endpoint,
            health: NodeHealth::new(),
            traffic: Traffic::default(),
        }
    }
}

impl<E> Target<E> {
    pub(crate) fn endpoint(&self) -> &E {
        &self.attached().endpoint
    }

    pub(crate) fn health(&self) -> &NodeHealth {
        &self.attached().health
    }

    /// Attempts that are under way.
    pub(crate) fn in_flight(&self) -> u32 {
        self.attached().traffic.in_flight.load(Ordering::Relaxed)
    }

    /// Attempts that were made since the node was first listed.
    pub(crate) fn requests(&self) -> u64 {
        self.attached().traffic.requests.load(Ordering::Relaxed)
    }

    /// Those of them that the node did not answer, or answered with an error of its own (5xx).
    pub(crate) fn failures(&self) -> u64 {
        self.attached().traffic.failures.load(Ordering::Relaxed)
    }

    pub(super) fn begin(&self) {
        let traffic = &self.attached().traffic;
        traffic.in_flight.fetch_add(1, Ordering::Relaxed);
        traffic.requests.fetch_add(1, Ordering::Relaxed);
    }

    pub(super) fn end(&self) {
        self.attached()
            .traffic
            .in_flight
            .fetch_sub(1, Ordering::Relaxed);
    }

    pub(super) fn count_failure(&self) {
        self.attached()
            .traffic
            .failures
            .fetch_add(1, Ordering::Relaxed);
    }
}
