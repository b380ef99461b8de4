//! The background task of a cluster.

use super::state::Discovery;
use super::{TopologyEvent, health_checker, single_flight};
use crate::clock::millis;
use crate::lease::{Holder, Lease};
use futures_util::future::join;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::{Arc, Mutex, PoisonError, Weak};
use std::time::Duration;
use tokio::runtime::Handle;
use tokio::sync::watch::{Receiver, channel};
use tokio::task::AbortHandle;
use tokio::time::timeout;

/// Starts the task that refreshes the list of nodes and checks their health, replaces it when it has died with its
/// runtime, and ends it.
///
/// A process may have several runtimes (each `#[tokio::test]` has its own), and a task lives on the runtime on which it
/// was started. That runtime may be gone, or no longer be polled while requests are made on another. So the task holds
/// a [`Lease`] until the end of its next sleep; a request that finds the lease expired starts a new task on its own
/// runtime.
#[derive(Debug, Default)]
pub struct DiscoveryTask {
    lease: Arc<Lease>,
    running: Mutex<Option<RunningTask>>,
    /// When a request looks for a runtime again after one found none, in milliseconds.
    no_runtime_until: AtomicU64,
    has_reported_no_runtime: AtomicBool,
}

#[derive(Debug)]
struct RunningTask {
    abort: AbortHandle,
    /// Closed when the task has ended.
    ended: Receiver<()>,
}

/// The lease of a running task, released when the task is dropped for whatever reason.
struct Heartbeat {
    lease: Arc<Lease>,
    holder: Holder,
}

/// How late a task may be, on a busy machine, before it is taken for dead.
const GRACE: Duration = Duration::from_secs(5);

/// The longest time of a refresh that has to wait for another as long.
const REFRESH: Duration = single_flight::LIMIT.saturating_mul(2);

/// How long a shutdown waits for the end of the task. A task whose runtime is no longer polled ends only with that
/// runtime, but does nothing any more either.
const SHUTDOWN_TIMEOUT: Duration = Duration::from_secs(1);

/// How long after a request outside of any runtime the next one looks for a runtime again.
const NO_RUNTIME_PAUSE: Duration = Duration::from_secs(1);

impl DiscoveryTask {
    /// Starts the task if none runs. Costs one relaxed load while one does.
    pub fn ensure<E: Send + Sync + 'static>(&self, discovery: &Arc<Discovery<E>>, now: Duration) {
        if self.lease.is_held(now) || millis(now) < self.no_runtime_until.load(Ordering::Relaxed) {
            return;
        }
        // Where the lock is taken, another request starts the task.
        let Ok(mut running) = self.running.try_lock() else {
            return;
        };
        let Ok(runtime) = Handle::try_current() else {
            let until = millis(now + NO_RUNTIME_PAUSE);
            self.no_runtime_until.store(until, Ordering::Relaxed);
            if !self.has_reported_no_runtime.swap(true, Ordering::Relaxed) {
                discovery.report([TopologyEvent::NoRuntime]);
            }
            return;
        };
        let Some(heartbeat) = Heartbeat::acquire(&self.lease, now) else {
            return;
        };
        if let Some(stuck) = running.take() {
            stuck.abort.abort();
        }
        let (alive, ended) = channel(());
        let refreshes = refresh_regularly(Arc::downgrade(discovery), heartbeat);
        let health_checks = health_checker::run(Arc::downgrade(discovery));
        let task = runtime.spawn(async move {
            join(refreshes, health_checks).await;
            drop(alive);
        });
        *running = Some(RunningTask {
            abort: task.abort_handle(),
            ended,
        });
    }

    /// Returns whether the task runs.
    pub fn runs(&self, now: Duration) -> bool {
        self.lease.has_holder(now)
    }

    /// Gives the task a short time to renew its lease: a request may have woken it from a long sleep.
    pub fn woken(&self, now: Duration) {
        self.lease.wake(now + GRACE);
    }

    /// Ends the task for good.
    pub async fn shutdown(&self) {
        self.lease.close();
        let Some(mut ended) = self.abort() else {
            return;
        };
        // Nothing is ever sent: the channel changes when the task drops its end.
        let ended = async move { drop(ended.changed().await) };
        match Handle::try_current() {
            Ok(_) => drop(timeout(SHUTDOWN_TIMEOUT, ended).await),
            Err(_) => ended.await,
        }
    }

    fn abort(&self) -> Option<Receiver<()>> {
        let running = self.running.lock().unwrap_or_else(PoisonError::into_inner);
        let running = running.as_ref()?;
        running.abort.abort();
        Some(running.ended.clone())
    }
}

impl Drop for DiscoveryTask {
    fn drop(&mut self) {
        self.abort();
    }
}

impl Heartbeat {
    /// Acquires the lease for the time of a first refresh, unless it is held.
    fn acquire(lease: &Arc<Lease>, now: Duration) -> Option<Self> {
        let holder = lease.try_acquire(now, now + REFRESH + GRACE)?;
        Some(Self {
            lease: Arc::clone(lease),
            holder,
        })
    }

    /// Announces that the task renews its lease by `time`, give or take [`GRACE`].
    fn renew(&self, time: Duration) {
        self.lease.renew(self.holder, time + GRACE);
    }

    /// The same, and that the task sleeps until then unless it is woken.
    fn renew_idle(&self, time: Duration) {
        self.lease.renew_idle(self.holder, time + GRACE);
    }
}

impl Drop for Heartbeat {
    fn drop(&mut self) {
        self.lease.release(self.holder);
    }
}

async fn refresh_regularly<E: Send + Sync + 'static>(
    discovery: Weak<Discovery<E>>,
    heartbeat: Heartbeat,
) {
    let mut is_first = true;
    while let Some(strong) = discovery.upgrade() {
        let clock = strong.clock;
        heartbeat.renew(clock.now() + REFRESH);
        if !std::mem::take(&mut is_first) || strong.is_refresh_due() {
            // The discovery keeps and reports the result.
            let _ = strong.refresh().await;
        }
        let wake_ups = Arc::clone(&strong.wake_ups);
        let intervals = strong.config.intervals;
        let failures = strong.consecutive_failures();
        drop(strong);

        heartbeat.renew(clock.now() + intervals.longest_active());
        wake_ups
            .pause(intervals, failures, clock, |idle| {
                heartbeat.renew_idle(clock.now() + idle);
            })
            .await;
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::discovery::harness::{Harness, take_events};
    use crate::discovery::simulated_network::urls;

    const fn seconds(n: u64) -> Duration {
        Duration::from_secs(n)
    }

    #[test]
    fn heartbeat_holds_the_lease_until_it_is_late_or_dropped() {
        let lease = Arc::new(Lease::default());
        let heartbeat = Heartbeat::acquire(&lease, seconds(0)).unwrap();
        heartbeat.renew(seconds(20));
        assert!(lease.is_held(seconds(24)) && !lease.is_held(seconds(25)));
        lease.wake(seconds(15));
        assert!(lease.is_held(seconds(24)), "it does not sleep");
        heartbeat.renew_idle(seconds(100));
        lease.wake(seconds(15));
        assert!(lease.is_held(seconds(14)) && !lease.is_held(seconds(15)));
        drop(heartbeat);
        assert!(!lease.is_held(seconds(0)));
    }

    #[test]
    fn late_heartbeat_has_no_effect_on_its_successor() {
        let lease = Arc::new(Lease::default());
        let stuck = Heartbeat::acquire(&lease, seconds(0)).unwrap();
        let next = Heartbeat::acquire(&lease, seconds(60)).unwrap();
        next.renew(seconds(65));
        stuck.renew(seconds(100));
        assert!(!lease.is_held(seconds(70)));
        drop(stuck);
        assert!(lease.is_held(seconds(69)));
    }

    #[test]
    fn heartbeat_does_not_open_a_closed_lease() {
        let lease = Arc::new(Lease::default());
        let heartbeat = Heartbeat::acquire(&lease, seconds(0)).unwrap();
        lease.close();
        heartbeat.renew(seconds(2));
        drop(heartbeat);
        assert!(Heartbeat::acquire(&lease, seconds(60)).is_none());
    }

    #[tokio::test(start_paused = true)]
    async fn task_of_each_runtime_refreshes_only_a_list_that_is_due() {
        let harness = Harness::new(urls(&[1]), None);
        harness.network.datacenter("dc1", &[("r1", 1)]);
        let queries_of_task = async || {
            let task = DiscoveryTask::default();
            task.ensure(&harness.discovery, harness.discovery.clock.now());
            tokio::time::sleep(Duration::from_millis(20)).await;
            harness.network.take_queries().len()
        };
        assert_eq!(queries_of_task().await, 1);
        for _ in 0..10 {
            assert_eq!(queries_of_task().await, 0);
        }
        tokio::time::sleep(seconds(5)).await;
        assert_eq!(queries_of_task().await, 1);
        assert_eq!(queries_of_task().await, 0);
        tokio::time::sleep(seconds(1)).await;
        harness.failure_hint();
        assert_eq!(queries_of_task().await, 1);
    }

    #[test]
    fn missing_runtime_is_reported_once_and_looked_for_again_after_a_pause() {
        let harness = Harness::new(urls(&[1]), None);
        let task = DiscoveryTask::default();
        let runtime = tokio::runtime::Builder::new_current_thread().build();
        let runtime = runtime.unwrap();
        for now in [1, 1, 3] {
            task.ensure(&harness.discovery, seconds(now));
        }
        assert_eq!(take_events(), ["NoRuntime"]);
        let _entered = runtime.enter();
        task.ensure(&harness.discovery, seconds(3));
        assert!(!task.runs(seconds(3)), "the pause is not over");
        task.ensure(&harness.discovery, seconds(4));
        assert!(task.runs(seconds(4)));
    }
}
