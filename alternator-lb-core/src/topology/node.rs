//! One node of the cluster.

use super::NodeUrl;
use std::sync::atomic::{AtomicU64, Ordering};

/// A node, and what the modules above attach to it.
///
/// A node that left and a later one at the same address are different nodes. The `id` tells them apart, so that what an
/// operation remembers of a node never applies to its successor.
#[derive(Debug)]
pub struct Node<A> {
    id: u64,
    url: NodeUrl,
    attached: A,
}

impl<A> Node<A> {
    /// Creates a node with an ID of its own.
    pub fn new(url: NodeUrl, attached: A) -> Self {
        static NEXT: AtomicU64 = AtomicU64::new(0);
        Self {
            id: NEXT.fetch_add(1, Ordering::Relaxed),
            url,
            attached,
        }
    }

    /// Returns the ID, which is unique in the process and never reused.
    pub fn id(&self) -> u64 {
        self.id
    }

    /// Returns the address.
    pub fn url(&self) -> &NodeUrl {
        &self.url
    }

    /// Returns what was attached to the node when it was created.
    pub fn attached(&self) -> &A {
        &self.attached
    }
}
