//! The budget of second requests.

use crate::sync::atomic::{AtomicU32, Ordering};

/// A bucket that each read fills by a twentieth of what a second request costs, so that second requests are 5 % of the
/// reads at most: over any number of reads, since the bucket is empty at first.
///
/// On a cache line of its own: each read writes here.
#[derive(Debug, Default)]
#[repr(align(128))]
pub(super) struct HedgeBudget {
    /// In the unit of one read.
    deposits: AtomicU32,
}

/// The price of a second request, in reads: 20, for 5 %.
const PRICE: u32 = 20;

/// The most second requests that can be saved up. A node that pauses for a tenth of a second in a cluster of three
/// delays a hundred reads at 3,000 per second, and all of them should be hedged; beyond that, a burst would hit nodes
/// that may be slow for lack of capacity.
const MAX_SAVED: u32 = 100;

impl HedgeBudget {
    /// Counts a read.
    pub(super) fn deposit(&self) {
        self.add(1);
    }

    /// Pays for a second request, if the budget allows one.
    pub(super) fn withdraw(&self) -> bool {
        let pay = |deposits: u32| deposits.checked_sub(PRICE);
        let paid = self
            .deposits
            .fetch_update(Ordering::Relaxed, Ordering::Relaxed, pay);
        paid.is_ok()
    }

    /// Takes a payment back.
    pub(super) fn refund(&self) {
        self.add(PRICE);
    }

    fn add(&self, reads: u32) {
        // Full most of the time, and then read only.
        let add = |deposits: u32| {
            (deposits < MAX_SAVED * PRICE).then(|| (deposits + reads).min(MAX_SAVED * PRICE))
        };
        let _ = self
            .deposits
            .fetch_update(Ordering::Relaxed, Ordering::Relaxed, add);
    }
}
