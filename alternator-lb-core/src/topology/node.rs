//! A node of the cluster.

use super::{Host, NodeUrl};
use arc_swap::ArcSwapOption;
use std::fmt;
use std::net::IpAddr;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

/// A node, and what the modules above attach to it.
///
/// A node that left and a later one at the same address are different nodes. The `id` tells them apart, so that what an
/// operation remembers of a node never applies to its successor.
pub struct Node<A> {
    id: u64,
    url: NodeUrl,
    /// The address under which the cluster lists the node, as far as it is known.
    address: ArcSwapOption<IpAddr>,
    attached: A,
}

/// Short, since plans are part of what the SDK prints of an operation.
impl<A> fmt::Debug for Node<A> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Node({})", self.url)
    }
}

impl<A> Node<A> {
    /// Creates a node with an ID of its own, which is listed by the address of its URL.
    pub fn new(url: NodeUrl, attached: A) -> Self {
        static NEXT: AtomicU64 = AtomicU64::new(0);
        Self {
            id: NEXT.fetch_add(1, Ordering::Relaxed),
            address: ArcSwapOption::from_pointee(url.ip()),
            url,
            attached,
        }
    }

    /// Returns the ID, which is unique in the process and never reused.
    pub fn id(&self) -> u64 {
        self.id
    }

    /// Returns the URL that requests are sent to.
    pub fn url(&self) -> &NodeUrl {
        &self.url
    }

    /// Returns the address by which the cluster knows the node, as in `/localnodes` and in the tables of replicas. None
    /// for a DNS name, and with an address translator for a seed that is not listed.
    pub fn address(&self) -> Option<IpAddr> {
        self.address.load().as_deref().copied()
    }

    /// Returns the host by which all clients of the cluster know the node, whichever URL each of them sends to.
    pub fn host(&self) -> Host {
        let address = self.address().map(Host::Ip);
        address.unwrap_or_else(|| self.url.host().clone())
    }

    /// Records the listed address that an address translator has turned into the URL. Returns whether it is another
    /// than before.
    pub(super) fn record_listed_address(&self, address: Option<IpAddr>) -> bool {
        let is_changed = self.address() != address;
        if is_changed {
            self.address.store(address.map(Arc::new));
        }
        is_changed
    }

    /// Returns what was attached to the node when it was created.
    pub fn attached(&self) -> &A {
        &self.attached
    }
}
