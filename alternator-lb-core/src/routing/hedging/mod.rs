//! Hedged reads: a second request to another node where the first one takes longer than usual.
//!
//! The *hedged request* of Dean and Barroso, [The Tail at Scale][paper] (2013): the second request is sent once the
//! first has been outstanding for longer than the 95th percentile of its kind, so that it adds 5 % of load and cuts
//! the tail. Where a whole cluster slows down, all reads become slow, and a second request of each would double the
//! load: so each second request is paid for from a [budget](budget) which only reads fill, at 5 % of their number.
//!
//! [paper]: https://research.google/pubs/the-tail-at-scale/

mod budget;
mod delay;

use super::OperationKind;
use crate::sync::atomic::{AtomicU64, Ordering};
use budget::HedgeBudget;
use delay::RecentDelay;
use std::time::Duration;

/// The time after which a read that waits for its response is sent to a second node as well: for
/// `Builder::hedged_reads`.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Hedge(HedgeDelay);

/// The time after which the second request is sent.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
enum HedgeDelay {
    #[default]
    RecentP95,
    Fixed(Duration),
}

impl Hedge {
    /// Sends the second request once the first has taken longer than 95 in 100 of the recent reads of its kind, on all
    /// nodes together: of `GetItem`, `BatchGetItem`, `Query` and `Scan` each.
    ///
    /// Use it unless you know better: it follows the cluster. The percentile is that of the last 15 to 30 seconds, is
    /// computed once a second, and is 1 ms at least; with fewer than 100 such reads no second request is sent.
    ///
    /// # Default
    ///
    /// This is the default of `Hedge`. 95 % is the percentile of the paper: later, the tail stays; earlier, the second
    /// requests would be more than the [limit](Self#cost) allows.
    #[must_use]
    pub const fn after_p95() -> Self {
        Self(HedgeDelay::RecentP95)
    }

    /// Sends the second request after a fixed time.
    ///
    /// Use it where an objective names a time, such as "99.9 % within 50 ms": with half of that time a second response
    /// still arrives within it. Timers have a resolution of 1 ms.
    #[must_use]
    pub const fn after(delay: Duration) -> Self {
        Self(HedgeDelay::Fixed(delay))
    }
}

/// The hedging of one cluster's reads.
#[derive(Debug)]
pub struct Hedging {
    delay: HedgeDelay,
    recent: [RecentDelay; KINDS],
    budget: HedgeBudget,
    sent: AtomicU64,
    won: AtomicU64,
}

/// The numbers of second requests.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct HedgeCounts {
    /// Those that were sent.
    pub sent: u64,
    /// Those of them whose response came first.
    pub won: u64,
}

/// The number of kinds of operations that are hedged.
const KINDS: usize = 4;

impl Hedging {
    /// Makes the state of a cluster with this setting.
    #[must_use]
    pub fn new(Hedge(delay): Hedge) -> Self {
        Self {
            delay,
            recent: Default::default(),
            budget: HedgeBudget::default(),
            sent: AtomicU64::new(0),
            won: AtomicU64::new(0),
        }
    }

    /// Counts a read that begins. Returns the time after which a second request may be sent; none if the operation is
    /// not hedged, or too few responses of its kind are known.
    pub fn begin(&self, kind: OperationKind, now: Duration) -> Option<Duration> {
        let recent = self.recent(kind)?;
        self.budget.deposit();
        match self.delay {
            HedgeDelay::RecentP95 => recent.p95(now),
            HedgeDelay::Fixed(delay) => Some(delay),
        }
    }

    /// Records how long a read took, or has taken at least.
    pub fn record(&self, kind: OperationKind, latency: Duration, now: Duration) {
        if self.delay == HedgeDelay::RecentP95
            && let Some(recent) = self.recent(kind)
        {
            recent.record(latency, now);
        }
    }

    /// Pays for a second request. Returns false if that would exceed the budget.
    #[must_use]
    pub fn withdraw(&self) -> bool {
        self.budget.withdraw()
    }

    /// Gives back what was paid for a second request that is not sent.
    pub fn refund(&self) {
        self.budget.refund();
    }

    /// Counts a second request that is sent.
    pub fn count_sent(&self) {
        self.sent.fetch_add(1, Ordering::Relaxed);
    }

    /// Counts a second request whose response came first.
    pub fn count_won(&self) {
        self.won.fetch_add(1, Ordering::Relaxed);
    }

    /// Returns the numbers of second requests so far.
    #[must_use]
    pub fn counts(&self) -> HedgeCounts {
        HedgeCounts {
            sent: self.sent.load(Ordering::Relaxed),
            won: self.won.load(Ordering::Relaxed),
        }
    }

    fn recent(&self, kind: OperationKind) -> Option<&RecentDelay> {
        let [get_item, batch_get_item, query, scan] = &self.recent;
        match kind {
            OperationKind::GetItem => Some(get_item),
            OperationKind::BatchGetItem => Some(batch_get_item),
            OperationKind::Query => Some(query),
            OperationKind::Scan => Some(scan),
            // Writes, and what may contain one. A page of a stream is no request that a user waits for.
            OperationKind::PutItem
            | OperationKind::UpdateItem
            | OperationKind::DeleteItem
            | OperationKind::BatchWriteItem
            | OperationKind::TransactGetItems
            | OperationKind::TransactWriteItems
            | OperationKind::ExecuteStatement
            | OperationKind::BatchExecuteStatement
            | OperationKind::ExecuteTransaction
            | OperationKind::GetRecords => None,
        }
    }
}

#[cfg(test)]
mod tests;
