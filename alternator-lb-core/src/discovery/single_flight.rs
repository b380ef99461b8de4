//! One refresh at a time.

use super::RefreshError;
use crate::clock::Clock;
use crate::lease::{Holder, Lease};
use std::pin::pin;
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Duration;
use tokio::sync::Notify;
use tokio::time::timeout;

/// Lets one caller at a time refresh, and hands its result to the callers that came before it began.
///
/// The right to refresh is a [`Lease`], not a lock: a refresh may stop for ever in the middle, when its runtime is no
/// longer polled, and must not stop all others with it. After [`LIMIT`] another caller becomes the leader, and the
/// result of the late one is ignored.
#[derive(Debug, Default)]
pub(super) struct SingleFlight {
    lease: Lease,
    /// The newest refresh that is complete.
    completed: Mutex<Option<(Holder, Result<(), RefreshError>)>>,
    released: Notify,
}

/// The longest time of a refresh: several nodes that do not respond, queried one after the other, fit into it.
pub(super) const LIMIT: Duration = Duration::from_secs(10);

/// The two ways in which a caller gets a refresh.
#[derive(Debug)]
pub(super) enum Joined<'a> {
    /// The right and duty to make one.
    Leader(Leader<'a>),
    /// The result of one that began after the call.
    Completed(Result<(), RefreshError>),
}

/// The right to refresh, released when it is dropped.
#[derive(Debug)]
pub(super) struct Leader<'a> {
    flight: &'a SingleFlight,
    holder: Holder,
}

impl SingleFlight {
    /// Waits for the right to refresh, or for the result of a refresh that began later than this call.
    pub(super) async fn join(&self, clock: Clock) -> Joined<'_> {
        // A refresh that was under way at the time of the call may have queried nodes before what the caller wants to
        // know had happened.
        let mut too_early = None;
        loop {
            let mut released = pin!(self.released.notified());
            released.as_mut().enable();
            let now = clock.now();
            let wait = {
                let completed = self.completed();
                if let (Some(too_early), Some((holder, result))) = (too_early, &*completed)
                    && holder.is_after(too_early)
                {
                    return Joined::Completed(result.clone());
                }
                if let Some(holder) = self.lease.try_acquire(now, now + LIMIT) {
                    return Joined::Leader(Leader {
                        flight: self,
                        holder,
                    });
                }
                self.lease.current(now).map(|(holder, expiry)| {
                    too_early.get_or_insert(holder);
                    expiry.saturating_sub(now)
                })
            };
            // Without a holder the lease was released just now.
            let _ = timeout(wait.unwrap_or_default(), released).await;
        }
    }

    fn completed(&self) -> MutexGuard<'_, Option<(Holder, Result<(), RefreshError>)>> {
        // Nothing that holds the lock can panic.
        self.completed
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
    }
}

impl Leader<'_> {
    /// Returns whether no other caller has become the leader since. The result of a refresh counts only then.
    pub(super) fn is_current(&self) -> bool {
        self.flight.lease.is_current(self.holder)
    }

    /// Ends the refresh with a result.
    pub(super) fn complete(self, result: &Result<(), RefreshError>) {
        // The lock lets no caller acquire the lease before it can see the result.
        let mut completed = self.flight.completed();
        if self.flight.lease.release(self.holder) {
            *completed = Some((self.holder, result.clone()));
        }
        // The drop that follows wakes the callers that wait.
    }
}

impl Drop for Leader<'_> {
    fn drop(&mut self) {
        self.flight.lease.release(self.holder);
        self.flight.released.notify_waiters();
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::sync::Arc;
    use tokio::task::JoinSet;

    async fn lead(flight: &SingleFlight, clock: Clock) -> Leader<'_> {
        match flight.join(clock).await {
            Joined::Leader(leader) => leader,
            Joined::Completed(result) => panic!("no other is complete, but got {result:?}"),
        }
    }

    #[tokio::test(start_paused = true)]
    async fn callers_that_come_during_a_refresh_share_the_next() {
        let (flight, clock) = (Arc::new(SingleFlight::default()), Clock::new());
        let first = lead(&flight, clock).await;
        let mut late = JoinSet::new();
        for _ in 0..10 {
            let flight = Arc::clone(&flight);
            late.spawn(async move {
                match flight.join(clock).await {
                    Joined::Leader(leader) => {
                        // Let the others see it under way before it completes.
                        tokio::task::yield_now().await;
                        leader.complete(&Err(RefreshError::NoHttpClient));
                        1
                    }
                    Joined::Completed(result) => {
                        assert!(matches!(result, Err(RefreshError::NoHttpClient)));
                        0
                    }
                }
            });
        }
        tokio::task::yield_now().await;
        first.complete(&Ok(()));

        let leaders: u32 = late.join_all().await.into_iter().sum();
        assert_eq!(leaders, 1);
    }

    #[tokio::test(start_paused = true)]
    async fn dropped_refresh_lets_the_next_begin() {
        let (flight, clock) = (SingleFlight::default(), Clock::new());
        drop(lead(&flight, clock).await);
        assert!(lead(&flight, clock).await.is_current());
    }

    #[tokio::test(start_paused = true)]
    async fn refresh_that_never_ends_is_replaced_and_its_result_ignored() {
        let (flight, clock) = (SingleFlight::default(), Clock::new());
        let stuck = lead(&flight, clock).await;
        let before = clock.now();
        let next = lead(&flight, clock).await;
        assert!(clock.now() - before >= LIMIT);
        assert!(!stuck.is_current());
        stuck.complete(&Ok(()));
        assert!(next.is_current());
        assert!(flight.completed().is_none(), "the late result");
    }
}
