//! Whether the health checker is idle.

use crate::sync::atomic::{AtomicBool, Ordering, fence};

/// Set by the health checker before it becomes idle, cleared by requests that give it work.
///
/// An attempt is counted as in flight and then looks here; the health checker writes here and then looks at what is in
/// flight. With a fence between the two steps on either side at least one of them sees the other, so no attempt is left
/// without a health checker.
#[derive(Debug, Default)]
pub struct IdleFlag(AtomicBool);

impl IdleFlag {
    /// Announces that the health checker is idle from now on.
    pub fn set(&self) {
        self.0.store(true, Ordering::Relaxed);
        fence(Ordering::SeqCst);
    }

    /// Ends the idle time. Returns whether the caller has to wake the health checker; of several callers one does.
    pub fn clear(&self) -> bool {
        fence(Ordering::SeqCst);
        self.0.load(Ordering::Relaxed) && self.0.swap(false, Ordering::Relaxed)
    }

    pub(super) fn is_set(&self) -> bool {
        self.0.load(Ordering::Relaxed)
    }
}
