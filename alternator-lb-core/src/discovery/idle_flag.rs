//! Whether nobody watches over the nodes.

use crate::sync::atomic::{AtomicBool, Ordering, fence};

/// Set by the watch before it rests, taken back by whoever has something to watch over.
///
/// An attempt is counted as in flight and then looks here; the watch writes here and then looks at what is in flight. With
/// a fence between the two steps on either side at least one of them sees the other, so no attempt is left without a
/// watch.
#[derive(Debug)]
pub(super) struct IdleFlag(AtomicBool);

impl IdleFlag {
    pub(super) fn new() -> Self {
        Self(AtomicBool::new(false))
    }

    /// Nobody watches from now on.
    pub(super) fn set(&self) {
        self.0.store(true, Ordering::Relaxed);
        fence(Ordering::SeqCst);
    }

    /// There is something to watch over. Returns whether the watch has to be woken for that; of several that find it at
    /// rest one does.
    pub(super) fn clear(&self) -> bool {
        fence(Ordering::SeqCst);
        self.0.load(Ordering::Relaxed) && self.0.swap(false, Ordering::Relaxed)
    }

    pub(super) fn holds(&self) -> bool {
        self.0.load(Ordering::Relaxed)
    }
}
