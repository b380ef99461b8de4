//! Warnings that are emitted once, however many tables they are true of.

use std::sync::atomic::{AtomicBool, Ordering};

/// Whether a warning was emitted.
#[derive(Debug, Default)]
pub(super) struct WarnOnce(AtomicBool);

impl WarnOnce {
    pub(super) fn warn(&self, emit: impl FnOnce()) {
        if !self.0.swap(true, Ordering::Relaxed) {
            emit();
        }
    }

    /// Suppresses the warning.
    pub(super) fn suppress(&self) {
        self.0.store(true, Ordering::Relaxed);
    }

    /// Lets the warning be emitted once more.
    pub(super) fn reset(&self) {
        self.0.store(false, Ordering::Relaxed);
    }
}
