//! How often a node has failed for the same cause.

use super::state::EjectionCause;
use crate::sync::atomic::{AtomicU32, Ordering};

/// A count, and the cause that it is of: a node that took long to start listening must not rest long for its first errors.
#[derive(Debug, Default)]
pub(super) struct ConsecutiveEjections(AtomicU32);

impl ConsecutiveEjections {
    /// How many there are with another one for this cause.
    pub(super) fn after_next(&self, cause: EjectionCause) -> u32 {
        let known = self.0.load(Ordering::Relaxed);
        match known & CAUSE == cause.number() {
            true => (known >> COUNT).saturating_add(1).min(MAX),
            false => 1,
        }
    }

    pub(super) fn count(&self) -> u32 {
        self.0.load(Ordering::Relaxed) >> COUNT
    }

    pub(super) fn set(&self, cause: EjectionCause, count: u32) {
        let packed = count.min(MAX) << COUNT | cause.number();
        self.0.store(packed, Ordering::Relaxed);
    }
}

/// The cause is below the count.
const COUNT: u32 = 2;
const CAUSE: u32 = (1 << COUNT) - 1;
/// By then the longest rest is reached long ago.
const MAX: u32 = 1 << 20;
