//! The clock of a node, as far as it differs from this process's.

use aws_runtime::service_clock_skew::ServiceClockSkewInterceptor;
use std::sync::atomic::{AtomicI64, Ordering};

/// An unknown skew.
const UNKNOWN: i64 = i64::MIN;

/// The clock of a node.
#[derive(Debug)]
pub(crate) struct NodeClock {
    /// The milliseconds by which the clock is ahead of this process's; zero if they agree.
    skew: AtomicI64,
    /// The same for the SDK's signer.
    pub(super) sdk: ServiceClockSkewInterceptor,
}

impl Default for NodeClock {
    fn default() -> Self {
        Self {
            skew: AtomicI64::new(UNKNOWN),
            sdk: ServiceClockSkewInterceptor::new(),
        }
    }
}

impl NodeClock {
    /// Returns the skew in milliseconds, if it was measured.
    pub(super) fn skew(&self) -> Option<i64> {
        let skew = self.skew.load(Ordering::Relaxed);
        (skew != UNKNOWN).then_some(skew)
    }

    /// Sets the skew that was measured. Returns the former one, if there is one.
    pub(super) fn set_skew(&self, skew: i64) -> Option<i64> {
        let former = self.skew.swap(skew, Ordering::Relaxed);
        (former != UNKNOWN).then_some(former)
    }

    pub(super) fn forget_skew(&self) {
        self.skew.store(UNKNOWN, Ordering::Relaxed);
    }
}
