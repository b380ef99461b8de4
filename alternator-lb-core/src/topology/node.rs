//! One node of the cluster.

use super::NodeUrl;
use std::sync::atomic::{AtomicU64, Ordering};

/// A node, with whatever the layers above attach to it.
///
/// Two nodes at the same address are different nodes when one came after the other had left: the `id` tells them apart,
/// so that what an operation remembers of a node never falls on its successor.
#[derive(Debug)]
pub struct Node<A> {
    id: u64,
    url: NodeUrl,
    attached: A,
}

impl<A> Node<A> {
    pub fn new(url: NodeUrl, attached: A) -> Self {
        static NEXT: AtomicU64 = AtomicU64::new(0);
        Self {
            id: NEXT.fetch_add(1, Ordering::Relaxed),
            url,
            attached,
        }
    }

    /// Unique in the process, never used again.
    pub fn id(&self) -> u64 {
        self.id
    }

    pub fn url(&self) -> &NodeUrl {
        &self.url
    }

    pub fn attached(&self) -> &A {
        &self.attached
    }
}
