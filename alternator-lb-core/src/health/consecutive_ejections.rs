//! The number of consecutive ejections of a node.

use super::state::EjectionCause;
use crate::sync::atomic::{AtomicU32, Ordering};

/// A count and its cause, in one atomic: a node that was slow to start listening must not back off long for its first
/// errors.
#[derive(Debug, Default)]
pub(super) struct ConsecutiveEjections(AtomicU32);

impl ConsecutiveEjections {
    /// Returns the count that one more ejection for this cause would bring.
    pub(super) fn after_next(&self, cause: EjectionCause) -> u32 {
        let packed = self.0.load(Ordering::Relaxed);
        match packed & CAUSE_MASK == cause.number() {
            true => (packed >> CAUSE_BITS).saturating_add(1).min(MAX),
            false => 1,
        }
    }

    pub(super) fn count(&self) -> u32 {
        self.0.load(Ordering::Relaxed) >> CAUSE_BITS
    }

    pub(super) fn set(&self, cause: EjectionCause, count: u32) {
        let packed = count.min(MAX) << CAUSE_BITS | cause.number();
        self.0.store(packed, Ordering::Relaxed);
    }
}

/// The cause is in the lowest bits, the count above it.
const CAUSE_BITS: u32 = 2;
const CAUSE_MASK: u32 = (1 << CAUSE_BITS) - 1;
/// The backoff reaches its maximum long before.
const MAX: u32 = 1 << 20;
