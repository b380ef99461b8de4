//! Tasks beside the operations that cause them.
//!
//! A task runs on the runtime of the operation that spawns it, and the operation does not wait for it. Each ends by
//! itself; all end when the cluster is dropped or shut down. A runtime that is dropped takes its tasks with it, so what
//! a task has acquired must be released when its future is dropped.

use std::future::Future;
use std::pin::pin;
use std::sync::Arc;
use std::time::Duration;
use tokio::runtime::Handle;
use tokio::sync::{Semaphore, watch};
use tokio::time::timeout;

/// The background tasks of a cluster: some work, the others wait for a slot, in the order in which they ask for one, or
/// for a time that they have chosen.
#[derive(Debug)]
pub(crate) struct BackgroundTasks {
    /// True if the cluster is shut down. Each task holds a receiver.
    shutdown: watch::Sender<bool>,
    slots: TaskSlots,
}

/// The slots of a cluster's tasks, each of which takes one for each piece of its work.
#[derive(Clone, Debug)]
pub(crate) struct TaskSlots(Arc<Semaphore>);

impl TaskSlots {
    pub(crate) fn new() -> Self {
        Self(Arc::new(Semaphore::new(MAX_RUNNING)))
    }

    /// Does this work once there is a slot.
    pub(crate) async fn run<T>(&self, work: impl Future<Output = T>) -> T {
        // Never closed.
        let _slot = self.0.acquire().await;
        work.await
    }
}

/// The number of tasks that work at a time, of one cluster in one process. A change of the nodes makes the metadata of
/// all tables stale; nothing is in a hurry, and a thousand processes must not send a thousand requests each in one
/// moment.
const MAX_RUNNING: usize = 8;

/// The number of tasks that work or wait, each with some kilobytes of its operation's settings. At some milliseconds
/// for each, the last one waits some seconds for a slot.
const MAX_TASKS: usize = 1_024;

/// How long a shutdown waits. A task on a runtime that is not polled ends only with that runtime; but it does nothing
/// any more either.
const SHUTDOWN_TIMEOUT: Duration = Duration::from_secs(1);

impl BackgroundTasks {
    pub(crate) fn new() -> Self {
        Self {
            shutdown: watch::Sender::new(false),
            slots: TaskSlots::new(),
        }
    }

    /// Returns whether a task can be spawned: the queue has room, the cluster is not shut down, and there is a runtime.
    pub(crate) fn have_room(&self) -> bool {
        self.shutdown.receiver_count() < MAX_TASKS
            && !*self.shutdown.borrow()
            && Handle::try_current().is_ok()
    }

    /// Spawns a task, which works in slots. Drops it after a shutdown or without a runtime.
    pub(crate) fn spawn<T: Future<Output = ()> + Send + 'static>(
        &self,
        task: impl FnOnce(TaskSlots) -> T,
    ) {
        let Ok(runtime) = Handle::try_current() else {
            return;
        };
        let mut shutdown = self.shutdown.subscribe();
        if *shutdown.borrow() {
            return;
        }
        let task = task(self.slots.clone());
        runtime.spawn(async move {
            // An error says that the cluster is dropped.
            let shutdown =
                pin!(async move { drop(shutdown.wait_for(|is_shut_down| *is_shut_down).await) });
            futures_util::future::select(shutdown, pin!(task)).await;
        });
    }

    /// Ends all tasks for good.
    pub(crate) async fn shutdown(&self) {
        self.shutdown.send_replace(true);
        let ended = self.shutdown.closed();
        match Handle::try_current() {
            Ok(_) => drop(timeout(SHUTDOWN_TIMEOUT, ended).await),
            Err(_) => ended.await,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::future::pending;
    use std::sync::atomic::{AtomicUsize, Ordering};
    use tokio::sync::oneshot;
    use tokio::task::yield_now;

    /// Spawns a task that never ends. The receiver errs when it is dropped.
    fn spawn_endless(tasks: &BackgroundTasks) -> oneshot::Receiver<()> {
        let (held, dropped) = oneshot::channel::<()>();
        tasks.spawn(|slots| async move {
            slots.run(pending::<()>()).await;
            drop(held);
        });
        dropped
    }

    #[tokio::test]
    async fn task_runs_beside_its_spawner() {
        let tasks = BackgroundTasks::new();
        let (done, was_done) = oneshot::channel();
        tasks.spawn(|_| async move { done.send(7).unwrap() });
        assert_eq!(was_done.await, Ok(7));
        tasks.shutdown().await;
    }

    #[tokio::test]
    async fn shutdown_ends_tasks_and_prevents_new_ones() {
        let tasks = BackgroundTasks::new();
        let dropped = spawn_endless(&tasks);
        assert!(tasks.have_room());
        tasks.shutdown().await;
        assert!(dropped.await.is_err());
        assert!(!tasks.have_room());
        assert!(spawn_endless(&tasks).await.is_err());
    }

    #[tokio::test]
    async fn tasks_beyond_the_limit_wait_and_all_of_them_run() {
        let tasks = BackgroundTasks::new();
        let running = Arc::new(AtomicUsize::new(0));
        let most = Arc::new(AtomicUsize::new(0));
        let (done, mut all_done) = tokio::sync::mpsc::channel(MAX_TASKS);
        for _ in 0..5 * MAX_RUNNING {
            let (running, most, done) = (Arc::clone(&running), Arc::clone(&most), done.clone());
            let work = async move {
                most.fetch_max(
                    running.fetch_add(1, Ordering::Relaxed) + 1,
                    Ordering::Relaxed,
                );
                yield_now().await;
                running.fetch_sub(1, Ordering::Relaxed);
                done.send(()).await.unwrap();
            };
            tasks.spawn(|slots| async move { slots.run(work).await });
        }
        for _ in 0..5 * MAX_RUNNING {
            all_done.recv().await.unwrap();
        }
        assert_eq!(most.load(Ordering::Relaxed), MAX_RUNNING);
    }

    #[tokio::test]
    async fn task_that_waits_takes_no_slot() {
        let tasks = BackgroundTasks::new();
        for _ in 0..MAX_RUNNING {
            tasks.spawn(|_| pending());
        }
        let (done, was_done) = oneshot::channel();
        tasks.spawn(|slots| async move { slots.run(async { done.send(7).unwrap() }).await });
        assert_eq!(was_done.await, Ok(7));
    }

    #[tokio::test]
    async fn full_queue_has_no_room_until_a_task_ends() {
        let tasks = BackgroundTasks::new();
        let (done, mut was_done) = oneshot::channel::<()>();
        tasks.spawn(|_| async move { drop(done) });
        for _ in 1..MAX_TASKS {
            assert!(tasks.have_room());
            spawn_endless(&tasks);
        }
        assert!(!tasks.have_room());
        while was_done.try_recv() == Err(oneshot::error::TryRecvError::Empty) {
            yield_now().await;
        }
        yield_now().await;
        assert!(tasks.have_room());
    }

    #[tokio::test]
    async fn tasks_end_with_their_cluster() {
        let tasks = BackgroundTasks::new();
        let dropped = spawn_endless(&tasks);
        drop(tasks);
        assert!(dropped.await.is_err());
    }

    #[test]
    fn without_a_runtime_no_task_is_spawned() {
        let tasks = BackgroundTasks::new();
        assert!(!tasks.have_room());
        let mut dropped = spawn_endless(&tasks);
        assert_eq!(
            dropped.try_recv(),
            Err(oneshot::error::TryRecvError::Closed)
        );
    }
}
