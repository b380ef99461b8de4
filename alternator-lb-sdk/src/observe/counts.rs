//! What the plugin counts itself.

#[cfg(feature = "metrics")]
use super::facade::PublishedMetrics;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

/// The counters of a cluster. Those of every request are the nodes': see `alternator_lb_core::routing::Traffic`.
#[derive(Debug, Default)]
pub(crate) struct Counts {
    /// The retries that cost the application none of its attempts.
    pub(crate) retries_spared: AtomicU64,
    /// The bytes of bodies that compression has saved.
    pub(crate) saved_by_compression: SavedBytes,
    /// What the recorder of the `metrics` facade was told last.
    #[cfg(feature = "metrics")]
    pub(super) published: PublishedMetrics,
}

/// A number of bytes that were not sent or received.
#[derive(Clone, Debug, Default)]
pub(crate) struct SavedBytes(Arc<AtomicU64>);

impl SavedBytes {
    /// Adds a body of which fewer bytes were sent than it has.
    #[cfg(feature = "compression")]
    pub(crate) fn add(&self, plain: usize, encoded: usize) {
        let saved = u64::try_from(plain.saturating_sub(encoded)).unwrap_or(u64::MAX);
        self.0.fetch_add(saved, Ordering::Relaxed);
    }

    pub(crate) fn get(&self) -> u64 {
        self.0.load(Ordering::Relaxed)
    }
}
