//! When the list is refreshed.

use super::idle_flag::IdleFlag;
use crate::clock::Clock;
use crate::jitter;
use crate::jitter::DEFAULT_JITTER;
use std::pin::pin;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;
use tokio::sync::Notify;
use tokio::time::{sleep, timeout};

/// The default pause between refreshes while there are requests. A node that joins serves within seconds, and a thousand
/// busy processes cost their cluster 200 small requests a second together. Nodes that leave need no refresh to be
/// noticed.
pub const ACTIVE: Duration = Duration::from_secs(5);

/// The default pause between refreshes while there are none: the list is not too old when requests come again. What all
/// the official clients take.
pub const IDLE: Duration = Duration::from_secs(60);

/// The shortest pause: a node that dies under load fails many requests at once, which are one reason to refresh.
const DEBOUNCE: Duration = Duration::from_millis(250);

/// The longest pause that failed refreshes grow to while requests fail too, so that a cluster that came back at other
/// addresses is found soon.
const MAX_DEBOUNCE: Duration = Duration::from_secs(2);

/// The two pauses between refreshes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct RefreshIntervals {
    pub active: Duration,
    pub idle: Duration,
}

impl RefreshIntervals {
    /// How long the task sleeps at most before it looks whether there are requests.
    pub(super) fn longest_active(self) -> Duration {
        self.active.max(MAX_DEBOUNCE).mul_f64(1.0 + DEFAULT_JITTER)
    }
}

/// What requests tell the task that refreshes.
#[derive(Debug)]
pub(super) struct WakeUps {
    active: AtomicBool,
    failure_hint: AtomicBool,
    request: Notify,
    failure: Notify,
    idle_flag: IdleFlag,
    watch: Notify,
}

impl WakeUps {
    pub(super) fn new() -> Self {
        Self {
            active: AtomicBool::new(false),
            failure_hint: AtomicBool::new(false),
            request: Notify::new(),
            failure: Notify::new(),
            idle_flag: IdleFlag::default(),
            watch: Notify::new(),
        }
    }

    /// A request is made. Returns whether that may be the one that wakes the task.
    ///
    /// Costs a read: only the first request of each pause writes.
    pub(super) fn request(&self) -> bool {
        let first =
            !self.active.load(Ordering::Relaxed) && !self.active.swap(true, Ordering::Relaxed);
        if first {
            self.request.notify_waiters();
        }
        first
    }

    /// A node could not be connected.
    pub(super) fn failure_hint(&self) {
        self.failure_hint.store(true, Ordering::Relaxed);
        self.failure.notify_waiters();
    }

    /// Whether there was failure_hint since the last time this was asked.
    pub(super) fn take_failure_hint(&self) -> bool {
        self.failure_hint.swap(false, Ordering::Relaxed)
    }

    /// There is something to watch over: an attempt has begun, or a node is new.
    ///
    /// Costs a read.
    pub(super) fn watch(&self) {
        if self.idle_flag.clear() {
            self.watch.notify_waiters();
        }
    }

    #[cfg(test)]
    pub(super) fn is_unwatched(&self) -> bool {
        self.idle_flag.is_set()
    }

    /// Rests until there is something to watch over, unless there is already.
    pub(super) async fn rest(&self, has_work: impl FnOnce() -> bool) {
        self.idle_flag.set();
        if has_work() {
            self.idle_flag.clear();
            return;
        }
        until(&self.watch, || !self.idle_flag.is_set()).await;
    }

    /// Waits until the list is to be refreshed again. `failures` is how many refreshes in a row have failed; `idle` is
    /// called when the pause turns out to be a long one.
    pub(super) async fn pause(
        &self,
        intervals: RefreshIntervals,
        failures: u32,
        clock: Clock,
        idle: impl FnOnce(Duration),
    ) {
        let start = clock.now();
        let left = |end: Duration| (start + end).saturating_sub(clock.now());
        let debounce = debounce(failures).min(intervals.active);
        let active = jittered(match failures {
            0 => intervals.active,
            // After a failure not so long as after a success.
            1.. => debounce,
        });

        sleep(jittered(debounce).min(active)).await;
        let failure_hint = until(&self.failure, || self.failure_hint.load(Ordering::Relaxed));
        if timeout(left(active), failure_hint).await.is_ok() {
            return;
        }
        if self.active.swap(false, Ordering::Relaxed) {
            return;
        }
        let long = jittered(intervals.idle.max(intervals.active));
        idle(left(long));
        let woken = async {
            until(&self.request, || self.active.load(Ordering::Relaxed)).await;
            self.active.store(false, Ordering::Relaxed);
        };
        // Over, or woken: either way it is time.
        let _ = timeout(left(long), woken).await;
    }
}

/// Waits until something is so, of which there is word whenever it becomes so.
///
/// All who wait are given word: one of them may be a task whose runtime was left standing, and would keep it to itself.
async fn until(word: &Notify, is_so: impl Fn() -> bool) {
    loop {
        let mut given = pin!(word.notified());
        given.as_mut().enable();
        if is_so() {
            return;
        }
        given.await;
    }
}

/// A pause that varies by the default jitter.
pub fn jittered(pause: Duration) -> Duration {
    jitter::jittered(pause, DEFAULT_JITTER, &mut fastrand::Rng::new())
}

fn debounce(failures: u32) -> Duration {
    DEBOUNCE
        .saturating_mul(1 << failures.min(8))
        .min(MAX_DEBOUNCE)
}

#[cfg(test)]
mod tests {
    use super::*;
    use tokio::time::Instant;

    const INTERVALS: RefreshIntervals = RefreshIntervals {
        active: ACTIVE,
        idle: IDLE,
    };

    /// How long a pause lasts, in seconds.
    async fn pause(wake_ups: &WakeUps, failures: u32) -> f64 {
        let start = Instant::now();
        wake_ups
            .pause(INTERVALS, failures, Clock::new(), |_| {})
            .await;
        start.elapsed().as_secs_f64()
    }

    fn around(seconds: f64, middle: f64) {
        assert!(
            (middle * 0.79..=middle * 1.21).contains(&seconds),
            "{seconds} s, not about {middle} s"
        );
    }

    #[tokio::test(start_paused = true)]
    async fn busy_processes_refresh_every_few_seconds() {
        let wake_ups = WakeUps::new();
        for _ in 0..50 {
            wake_ups.request();
            around(pause(&wake_ups, 0).await, 5.0);
        }
    }

    #[tokio::test(start_paused = true)]
    async fn pauses_are_not_alike() {
        let wake_ups = WakeUps::new();
        let mut pauses = Vec::new();
        // Timers count in milliseconds, so two may be alike by chance.
        for _ in 0..5 {
            wake_ups.request();
            pauses.push(pause(&wake_ups, 0).await);
        }
        let first = pauses[0];
        assert!(pauses.iter().any(|pause| *pause != first), "{pauses:?}");
    }

    #[tokio::test(start_paused = true)]
    async fn idle_processes_refresh_every_minute() {
        let wake_ups = WakeUps::new();
        wake_ups.request();
        pause(&wake_ups, 0).await;
        for _ in 0..50 {
            around(pause(&wake_ups, 0).await, 60.0);
        }
    }

    #[tokio::test(start_paused = true)]
    async fn the_first_request_after_idleness_ends_the_pause() {
        let wake_ups = WakeUps::new();
        wake_ups.request();
        pause(&wake_ups, 0).await;
        let (took, ()) = tokio::join!(pause(&wake_ups, 0), async {
            sleep(Duration::from_secs(20)).await;
            assert!(wake_ups.request());
            assert!(!wake_ups.request(), "only the first one writes");
        });
        assert!((20.0..20.1).contains(&took), "{took}");
    }

    #[tokio::test(start_paused = true)]
    async fn trouble_ends_the_pause_but_not_at_once() {
        let wake_ups = WakeUps::new();
        wake_ups.request();
        for _ in 0..100 {
            wake_ups.failure_hint();
        }
        around(pause(&wake_ups, 0).await, 0.25);
        // The hundred were one reason.
        assert!(wake_ups.take_failure_hint());
        wake_ups.request();
        around(pause(&wake_ups, 0).await, 5.0);

        let (took, ()) = tokio::join!(pause(&wake_ups, 0), async {
            sleep(Duration::from_secs(20)).await;
            wake_ups.request();
        });
        assert!((20.0..20.1).contains(&took), "{took}");
    }

    #[tokio::test(start_paused = true)]
    async fn failures_are_followed_up_soon_and_then_less_often() {
        let wake_ups = WakeUps::new();
        for (failures, seconds) in [(1, 0.5), (2, 1.0), (3, 2.0), (30, 2.0)] {
            wake_ups.request();
            around(pause(&wake_ups, failures).await, seconds);
        }
    }

    #[tokio::test(start_paused = true)]
    async fn even_then_an_idle_process_is_silent() {
        let wake_ups = WakeUps::new();
        around(pause(&wake_ups, 30).await, 60.0);
    }
}
