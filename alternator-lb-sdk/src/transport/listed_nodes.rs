//! The nodes that have pools of connections of their own.

use super::node_pools::Pools;
use arc_swap::ArcSwap;
use std::collections::HashSet;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError, Weak};

/// The nodes that are listed, and the HTTP clients with pools of theirs: usually one, and two while certificates are
/// replaced.
#[derive(Debug, Default)]
pub(crate) struct ListedNodes {
    listed: ArcSwap<HashSet<Box<str>>>,
    /// Held while the list is replaced.
    replacing: Mutex<()>,
    clients: Mutex<Vec<Weak<Pools>>>,
}

impl ListedNodes {
    /// Replaces the list by the current one, and closes the pools of all other nodes. Of two calls at a time, the one that
    /// ends last asks for the list last.
    pub(crate) fn replace(&self, current: impl FnOnce() -> HashSet<Box<str>>) {
        let _replacing = lock(&self.replacing);
        self.listed.store(Arc::new(current()));
        let clients: Vec<_> = lock(&self.clients).clone();
        clients
            .iter()
            .filter_map(Weak::upgrade)
            .for_each(|client| client.retain_listed());
    }

    pub(super) fn contains(&self, origin: &str) -> bool {
        self.listed.load().contains(origin)
    }

    /// Returns whether any node is reached over TLS, or none is listed yet.
    pub(super) fn may_use_tls(&self) -> bool {
        let listed = self.listed.load();
        listed.is_empty() || listed.iter().any(|origin| origin.starts_with("https:"))
    }

    /// Tells these pools from now on.
    pub(super) fn register(&self, pools: &Arc<Pools>) {
        let mut clients = lock(&self.clients);
        clients.retain(|client| client.strong_count() > 0);
        clients.push(Arc::downgrade(pools));
    }
}

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    // Nothing that holds a lock can panic half-way.
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}
