//! Whether the servers of a cluster take compressed requests.

use alternator_lb_core::observe::{Event, Observer};
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

/// Remembers in which topology generation a server refused a compressed request. The servers count as supporting it
/// again when the set of nodes has changed, as it does while a cluster is upgraded.
#[derive(Debug)]
pub(crate) struct ServerSupport {
    observer: Arc<Observer>,
    /// The topology generation of the last refusal plus one; zero if there is none in force.
    refused_in: AtomicU64,
}

impl ServerSupport {
    pub(super) fn new(observer: Arc<Observer>) -> Self {
        Self {
            observer,
            refused_in: AtomicU64::new(0),
        }
    }

    pub(super) fn is_supported(&self, generation: u64) -> bool {
        // Nothing else is published by it: a request that reads it late is refused once more.
        let refused_in = self.refused_in.load(Ordering::Relaxed);
        if refused_in == generation + 1 {
            return false;
        }
        if refused_in != 0
            && self
                .refused_in
                .compare_exchange(refused_in, 0, Ordering::Relaxed, Ordering::Relaxed)
                .is_ok()
        {
            self.observer.emit(Event::CompressionResumed);
        }
        true
    }

    /// Notes that a node refused a compressed request. Reports it once for each generation.
    pub(super) fn refuse(&self, generation: u64, node: Option<&str>) {
        let refused_in = generation + 1;
        if self.refused_in.swap(refused_in, Ordering::Relaxed) != refused_in {
            let node = node.unwrap_or("unknown").to_owned();
            self.observer.emit(Event::CompressionRefused { node });
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn refusal_holds_until_the_set_of_nodes_changes() {
        let support = ServerSupport::new(Arc::new(Observer::silent()));
        assert!(support.is_supported(0));
        support.refuse(0, None);
        assert!(!support.is_supported(0));
        assert!(support.is_supported(1));
        assert!(support.is_supported(0), "it is forgotten");
        support.refuse(1, None);
        assert!(!support.is_supported(1));
    }
}
