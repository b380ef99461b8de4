//! Whether the task is alive.

use crate::sync::atomic::{AtomicU64, Ordering};
use std::fmt;
use std::sync::Arc;
use std::time::Duration;

/// Until when the task will have given a sign of life: its number above, whether there is one at all, whether it means to
/// sleep long, milliseconds below.
///
/// The number makes a task that was given up and comes to life again, or ends late, powerless over its successor.
pub(super) struct TaskLease(AtomicU64);

/// Nine thousand years of milliseconds, and 16,384 tasks before a number comes again.
const MILLIS: u64 = (1 << 48) - 1;
const ASLEEP: u64 = 1 << 48;
const NOBODY: u64 = 1 << 49;
const NUMBER: u32 = 50;
/// No task, and none shall be.
const CLOSED: u64 = u64::MAX;

impl TaskLease {
    pub(super) fn new() -> Self {
        Self(AtomicU64::new(0))
    }

    /// Begins the life of another task.
    pub(super) fn begin(this: &Arc<Self>, until: Duration) -> Heartbeat {
        Heartbeat {
            number: this.succeed(millis(until)),
            life: Arc::clone(this),
        }
    }

    /// Counts as alive until then without any task.
    pub(super) fn postpone(&self, until: Duration) {
        self.succeed(NOBODY | millis(until));
    }

    /// Whether there is a task.
    pub(super) fn is_lived(&self, now: Duration) -> bool {
        let life = self.0.load(Ordering::Relaxed);
        life & NOBODY == 0 && life & MILLIS > millis(now)
    }

    pub(super) fn is_over(&self, now: Duration) -> bool {
        self.0.load(Ordering::Relaxed) & MILLIS <= millis(now)
    }

    /// Puts the next number in force, and returns it.
    fn succeed(&self, until: u64) -> u64 {
        let next = |life: u64| number(life).wrapping_add(1) << NUMBER;
        let step = |life: u64| (life != CLOSED).then(|| next(life) | until);
        match self
            .0
            .fetch_update(Ordering::Relaxed, Ordering::Relaxed, step)
        {
            Ok(former) => number(next(former)),
            // Closed: a number that no life has.
            Err(_) => u64::MAX,
        }
    }

    /// Expects a sign of life by then from a task that sleeps long: it was woken.
    pub(super) fn woken(&self, moment: Duration) {
        self.change(|_, until| (until & ASLEEP != 0).then(|| (until & MILLIS).min(millis(moment))));
    }

    pub(super) fn close(&self) {
        self.0.swap(CLOSED, Ordering::Relaxed);
    }

    /// TopologyDiff until when, unless the life is closed or `to`, which is told the task's number, does not want it.
    fn change(&self, to: impl Fn(u64, u64) -> Option<u64>) {
        let step = |life: u64| match life {
            CLOSED => None,
            _ => {
                let below = (1 << NUMBER) - 1;
                Some((life & !below) | to(number(life), life & below)?)
            }
        };
        // Refused: then that is as it should be.
        let _ = self
            .0
            .fetch_update(Ordering::Relaxed, Ordering::Relaxed, step);
    }
}

/// The life of one task: over when the task is dropped, for whatever reason.
pub(super) struct Heartbeat {
    life: Arc<TaskLease>,
    number: u64,
}

impl Heartbeat {
    pub(super) fn until(&self, moment: Duration) {
        self.life
            .change(|number, _| (number == self.number).then(|| millis(moment)));
    }

    /// The same, and until then it sleeps, unless it is woken.
    pub(super) fn asleep_until(&self, moment: Duration) {
        self.life
            .change(|number, _| (number == self.number).then(|| ASLEEP | millis(moment)));
    }
}

impl Drop for Heartbeat {
    fn drop(&mut self) {
        self.life
            .change(|number, _| (number == self.number).then_some(0));
    }
}

impl fmt::Debug for TaskLease {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.0.load(Ordering::Relaxed) {
            CLOSED => f.write_str("closed"),
            life => write!(f, "task {} until {} ms", number(life), life & MILLIS),
        }
    }
}

fn number(life: u64) -> u64 {
    life >> NUMBER
}

/// Below the highest value: together with the highest number that would be [`CLOSED`].
fn millis(moment: Duration) -> u64 {
    u64::try_from(moment.as_millis())
        .unwrap_or(MILLIS)
        .min(MILLIS - 1)
}

#[cfg(test)]
mod tests {
    use super::*;

    const fn seconds(n: u64) -> Duration {
        Duration::from_secs(n)
    }

    #[test]
    fn a_task_lives_until_it_said_or_ends() {
        let life = Arc::new(TaskLease::new());
        assert!(life.is_over(seconds(0)));
        let first = TaskLease::begin(&life, seconds(10));
        assert!(!life.is_over(seconds(9)) && life.is_over(seconds(10)));
        first.until(seconds(20));
        assert!(!life.is_over(seconds(19)));
        life.woken(seconds(15));
        assert!(!life.is_over(seconds(19)), "it does not sleep");
        first.asleep_until(seconds(100));
        life.woken(seconds(15));
        assert!(!life.is_over(seconds(14)) && life.is_over(seconds(15)));
        drop(first);
        assert!(life.is_over(seconds(0)));
    }

    #[test]
    fn a_task_that_was_given_up_has_no_say_any_more() {
        let life = Arc::new(TaskLease::new());
        let stuck = TaskLease::begin(&life, seconds(1));
        let _next = TaskLease::begin(&life, seconds(10));
        stuck.until(seconds(100));
        assert!(life.is_over(seconds(10)));
        drop(stuck);
        assert!(!life.is_over(seconds(9)));
    }

    #[test]
    fn nothing_opens_what_is_closed() {
        let life = Arc::new(TaskLease::new());
        let running = TaskLease::begin(&life, seconds(1));
        life.close();
        running.until(seconds(2));
        drop(running);
        drop(TaskLease::begin(&life, seconds(3)));
        life.woken(seconds(0));
        assert!(!life.is_over(Duration::from_secs(u64::MAX / 1000)));
    }

    #[test]
    fn numbers_come_round() {
        let life = Arc::new(TaskLease(AtomicU64::new(0x3fff << NUMBER)));
        let last = TaskLease::begin(&life, seconds(5));
        assert_eq!(last.number, 0);
        assert!(!life.is_over(seconds(4)));
        last.until(seconds(9));
        assert!(!life.is_over(seconds(8)));
    }
}
