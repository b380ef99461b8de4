//! The task in the background.

use super::refresh::Discovery;
use super::task_lease::{Heartbeat, TaskLease};
use super::{TopologyEvent, health_checker, single_flight};
use futures_util::future::join;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, PoisonError, Weak};
use std::time::Duration;
use tokio::runtime::Handle;
use tokio::sync::watch::{Receiver, channel};
use tokio::task::AbortHandle;
use tokio::time::timeout;

/// RoundRobinCursor the task that refreshes the list and watches over the nodes, notices when it has died with its runtime, and ends it.
///
/// A process may have several runtimes (each `#[tokio::test]` has its own), and a task lives on the one on which it was
/// started. That one may be gone, or merely left standing while requests are made on another. So the task tells until
/// when it means to sleep; a request that finds that moment passed starts a new one where it runs itself.
#[derive(Debug)]
pub struct DiscoveryTask {
    life: Arc<TaskLease>,
    task: Mutex<Option<Task>>,
    /// Said once.
    no_runtime: AtomicBool,
}

#[derive(Debug)]
struct Task {
    abort: AbortHandle,
    /// Closed when the task is gone.
    alive: Receiver<()>,
}

/// How late a task may be, on a busy machine, before it is taken for dead.
const GRACE: Duration = Duration::from_secs(5);

/// How long a refresh takes at most, if it has to wait for another that does.
const REFRESH: Duration = single_flight::LIMIT.saturating_mul(2);

/// How long the end of a task is waited for. One whose runtime was left standing ends only with that; but it does
/// nothing any more either.
const END: Duration = Duration::from_secs(1);

/// How long after a request outside of any runtime the next one looks for a runtime again.
const NO_RUNTIME_PAUSE: Duration = Duration::from_secs(1);

impl DiscoveryTask {
    pub fn new() -> Self {
        Self {
            life: Arc::new(TaskLease::new()),
            task: Mutex::new(None),
            no_runtime: AtomicBool::new(false),
        }
    }

    /// Sees to it that the task runs. Costs a read while it does.
    pub fn ensure<E: Send + Sync + 'static>(&self, discovery: &Arc<Discovery<E>>, now: Duration) {
        if !self.life.is_over(now) {
            return;
        }
        // Somebody else sees to it already: nobody waits for that.
        let Ok(mut task) = self.task.try_lock() else {
            return;
        };
        if !self.life.is_over(now) {
            return;
        }
        let Ok(runtime) = Handle::try_current() else {
            // No task, but a moment at which to look again.
            self.life.postpone(now + NO_RUNTIME_PAUSE);
            if !self.no_runtime.swap(true, Ordering::Relaxed) {
                discovery.report(TopologyEvent::NoRuntime);
            }
            return;
        };
        if let Some(stuck) = task.take() {
            stuck.abort.abort();
        }
        let life = TaskLease::begin(&self.life, now + REFRESH + GRACE);
        let (lives, alive) = channel(());
        let refreshing = refresh(Arc::downgrade(discovery), life);
        let watching = health_checker::watch(Arc::downgrade(discovery));
        let running = runtime.spawn(async move {
            join(refreshing, watching).await;
            drop(lives);
        });
        *task = Some(Task {
            abort: running.abort_handle(),
            alive,
        });
    }

    /// Whether the task runs.
    pub fn runs(&self, now: Duration) -> bool {
        self.life.is_lived(now)
    }

    /// A request may have woken the task from a long sleep: then it has but a short time left to show that it lives.
    pub fn woken(&self, now: Duration) {
        self.life.woken(now + GRACE);
    }

    /// Ends the task for good.
    pub async fn shutdown(&self) {
        self.life.close();
        let Some(mut alive) = self.abort() else {
            return;
        };
        // Nothing is ever sent: it changes when the task is gone.
        let gone = async move { drop(alive.changed().await) };
        match Handle::try_current() {
            Ok(_) => drop(timeout(END, gone).await),
            Err(_) => gone.await,
        }
    }

    fn abort(&self) -> Option<Receiver<()>> {
        let task = self.task.lock().unwrap_or_else(PoisonError::into_inner);
        let task = task.as_ref()?;
        task.abort.abort();
        Some(task.alive.clone())
    }
}

impl Drop for DiscoveryTask {
    fn drop(&mut self) {
        self.abort();
    }
}

/// Keeps the list of nodes fresh.
async fn refresh<E: Send + Sync + 'static>(discovery: Weak<Discovery<E>>, life: Heartbeat) {
    loop {
        let Some(strong) = discovery.upgrade() else {
            return;
        };
        let clock = strong.clock();
        life.until(clock.now() + REFRESH + GRACE);
        // How it went is kept by the discovery, and told there.
        let _ = strong.refresh().await;
        let wake_ups = strong.wake_ups();
        let intervals = strong.intervals();
        let failures = strong.failures_in_a_row();
        drop(strong);

        life.until(clock.now() + intervals.longest_active() + GRACE);
        wake_ups
            .pause(intervals, failures, clock, |idle| {
                life.asleep_until(clock.now() + idle + GRACE);
            })
            .await;
    }
}
