//! The wake-ups of the background task, and the length of its sleep.

use crate::clock::Clock;
use crate::jitter::{DEFAULT_JITTER, with_default_jitter};
use crate::sync::atomic::{AtomicBool, Ordering, fence};
use std::pin::pin;
use std::time::Duration;
use tokio::sync::Notify;
use tokio::time::{sleep, timeout};

/// The default pause between refreshes while there are requests. A node that joins serves within seconds, and a
/// thousand busy processes cost their cluster 200 small requests a second together. Nodes that leave are noticed
/// without a refresh.
pub const ACTIVE: Duration = Duration::from_secs(5);

/// The default pause between refreshes while there are no requests: the list is not too old when requests come again.
/// It is that of all the official clients.
pub const IDLE: Duration = Duration::from_secs(60);

/// The shortest pause: a node that dies under load fails many requests at once, which are one reason to refresh.
pub const DEBOUNCE: Duration = Duration::from_millis(250);

/// The longest pause that failed refreshes grow to while requests fail too, so that a cluster that came back at other
/// addresses is found soon.
pub const MAX_DEBOUNCE: Duration = Duration::from_secs(1);

/// The two pauses between refreshes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct RefreshIntervals {
    /// While there are requests.
    pub active: Duration,
    /// While there are none.
    pub idle: Duration,
}

impl RefreshIntervals {
    /// The longest time until the task looks whether there are requests.
    pub(super) fn longest_active(self) -> Duration {
        self.active.max(MAX_DEBOUNCE).mul_f64(1.0 + DEFAULT_JITTER)
    }
}

/// The signals from requests to the background task.
#[derive(Debug, Default)]
pub(super) struct WakeUps {
    is_active: AtomicBool,
    has_failure_hint: AtomicBool,
    request: Notify,
    failure_hint: Notify,
    idle_flag: IdleFlag,
    health_work: Notify,
}

impl WakeUps {
    /// Records a request. Returns whether it may have woken the task.
    ///
    /// Costs a relaxed load: only the first request of each pause writes.
    pub(super) fn record_request(&self) -> bool {
        let is_first = !self.is_active.load(Ordering::Relaxed)
            && !self.is_active.swap(true, Ordering::Relaxed);
        if is_first {
            self.request.notify_waiters();
        }
        is_first
    }

    /// Records that a node could not be connected: the list may be out of date.
    pub(super) fn record_failure_hint(&self) {
        self.has_failure_hint.store(true, Ordering::Relaxed);
        self.failure_hint.notify_waiters();
    }

    /// Returns whether there was a failure hint since it was taken.
    pub(super) fn has_failure_hint(&self) -> bool {
        self.has_failure_hint.load(Ordering::Relaxed)
    }

    /// Takes the failure hint, if there was any since it was last taken.
    pub(super) fn take_failure_hint(&self) -> Option<FailureHint<'_>> {
        let has_failure_hint = self.has_failure_hint.swap(false, Ordering::Relaxed);
        has_failure_hint.then(|| FailureHint(self))
    }

    /// Wakes the health checker: an attempt has begun, or a node is new. Costs a relaxed load.
    pub(super) fn wake_health_checker(&self) {
        if self.idle_flag.clear() {
            self.health_work.notify_waiters();
        }
    }

    /// Returns whether the health checker waits for work.
    pub(super) fn is_health_checker_idle(&self) -> bool {
        self.idle_flag.0.load(Ordering::Relaxed)
    }

    /// Waits until there is something to check, unless there is already.
    pub(super) async fn wait_for_health_work(&self, has_work: impl FnOnce() -> bool) {
        self.idle_flag.set();
        if has_work() {
            self.idle_flag.clear();
            return;
        }
        wait_until(&self.health_work, || !self.is_health_checker_idle()).await;
    }

    /// Waits until the next refresh is due. `failures` is the number of refreshes in a row that have failed; `on_idle`
    /// is called with the time left when the pause turns out to be a long one.
    pub(super) async fn pause(
        &self,
        intervals: RefreshIntervals,
        failures: u32,
        clock: Clock,
        on_idle: impl FnOnce(Duration),
    ) {
        let start = clock.now();
        let left = |pause: Duration| (start + pause).saturating_sub(clock.now());
        let debounce = DEBOUNCE.saturating_mul(1 << failures.min(8));
        let debounce = debounce.min(MAX_DEBOUNCE).min(intervals.active);
        let active = with_default_jitter(match failures {
            0 => intervals.active,
            // Shorter after a failure than after a success.
            1.. => debounce,
        });

        sleep(with_default_jitter(debounce).min(active)).await;
        let failure_hint = wait_until(&self.failure_hint, || self.has_failure_hint());
        if timeout(left(active), failure_hint).await.is_ok() {
            return;
        }
        if self.is_active.swap(false, Ordering::Relaxed) {
            return;
        }
        let idle = with_default_jitter(intervals.idle.max(intervals.active));
        on_idle(left(idle));
        let request = async {
            wait_until(&self.request, || self.is_active.load(Ordering::Relaxed)).await;
            self.is_active.store(false, Ordering::Relaxed);
        };
        // The refresh is due after the pause as well as after a request.
        let _ = timeout(left(idle), request).await;
    }
}

/// A failure hint that was taken. Dropped with the refresh that took it, it is recorded again, for another refresh.
#[derive(Debug)]
pub(super) struct FailureHint<'a>(&'a WakeUps);

impl FailureHint<'_> {
    /// Ends the hint: a refresh is complete that began after it.
    pub(super) fn consume(self) {
        std::mem::forget(self);
    }
}

impl Drop for FailureHint<'_> {
    fn drop(&mut self) {
        self.0.record_failure_hint();
    }
}

/// Set by the health checker before it becomes idle, cleared by requests that give it work.
///
/// An attempt is counted as in flight and then looks here; the health checker writes here and then looks at what is in
/// flight. With a fence between the two steps on either side at least one of them sees the other, so no attempt is left
/// without a health checker.
#[derive(Debug, Default)]
pub struct IdleFlag(AtomicBool);

impl IdleFlag {
    /// Announces that the health checker is idle from now on.
    pub fn set(&self) {
        self.0.store(true, Ordering::Relaxed);
        fence(Ordering::SeqCst);
    }

    /// Ends the idle time. Returns whether the caller has to wake the health checker; of several callers one does.
    pub fn clear(&self) -> bool {
        fence(Ordering::SeqCst);
        self.0.load(Ordering::Relaxed) && self.0.swap(false, Ordering::Relaxed)
    }
}

/// Waits until a condition holds. `changed` is notified whenever it may have become true.
///
/// All waiting tasks are notified, not just one: that one could be a task whose runtime is no longer polled.
async fn wait_until(changed: &Notify, condition: impl Fn() -> bool) {
    loop {
        let mut notified = pin!(changed.notified());
        notified.as_mut().enable();
        if condition() {
            return;
        }
        notified.await;
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use tokio::time::Instant;

    const INTERVALS: RefreshIntervals = RefreshIntervals {
        active: ACTIVE,
        idle: IDLE,
    };

    /// Returns how long a pause lasts, in seconds.
    async fn pause(wake_ups: &WakeUps, failures: u32) -> f64 {
        let start = Instant::now();
        wake_ups
            .pause(INTERVALS, failures, Clock::new(), |_| {})
            .await;
        start.elapsed().as_secs_f64()
    }

    fn assert_about(seconds: f64, middle: f64) {
        assert!(
            (middle * 0.79..=middle * 1.21).contains(&seconds),
            "{seconds} s, not about {middle} s"
        );
    }

    #[tokio::test(start_paused = true)]
    async fn busy_processes_refresh_every_few_seconds() {
        let wake_ups = WakeUps::default();
        for _ in 0..50 {
            wake_ups.record_request();
            assert_about(pause(&wake_ups, 0).await, 5.0);
        }
    }

    #[tokio::test(start_paused = true)]
    async fn pauses_differ() {
        let wake_ups = WakeUps::default();
        let mut pauses = Vec::new();
        // Timers count in milliseconds, so two may be equal by chance.
        for _ in 0..5 {
            wake_ups.record_request();
            pauses.push(pause(&wake_ups, 0).await);
        }
        let first = pauses[0];
        assert!(pauses.iter().any(|pause| *pause != first), "{pauses:?}");
    }

    #[tokio::test(start_paused = true)]
    async fn idle_processes_refresh_every_minute() {
        let wake_ups = WakeUps::default();
        wake_ups.record_request();
        pause(&wake_ups, 0).await;
        for _ in 0..50 {
            assert_about(pause(&wake_ups, 0).await, 60.0);
        }
    }

    #[tokio::test(start_paused = true)]
    async fn first_request_ends_an_idle_pause() {
        let wake_ups = WakeUps::default();
        wake_ups.record_request();
        pause(&wake_ups, 0).await;
        let (took, ()) = tokio::join!(pause(&wake_ups, 0), async {
            sleep(Duration::from_secs(20)).await;
            assert!(wake_ups.record_request());
            assert!(!wake_ups.record_request(), "only the first one writes");
        });
        assert!((20.0..20.1).contains(&took), "{took}");
    }

    #[tokio::test(start_paused = true)]
    async fn failure_hints_together_end_a_pause_after_the_debounce() {
        let wake_ups = WakeUps::default();
        wake_ups.record_request();
        for _ in 0..100 {
            wake_ups.record_failure_hint();
        }
        assert_about(pause(&wake_ups, 0).await, 0.25);
        // The hundred hints are one.
        wake_ups.take_failure_hint().unwrap().consume();
        wake_ups.record_request();
        assert_about(pause(&wake_ups, 0).await, 5.0);

        let (took, ()) = tokio::join!(pause(&wake_ups, 0), async {
            sleep(Duration::from_secs(20)).await;
            wake_ups.record_request();
        });
        assert!((20.0..20.1).contains(&took), "{took}");
    }

    #[tokio::test(start_paused = true)]
    async fn failed_refreshes_are_retried_soon_and_then_less_often() {
        let wake_ups = WakeUps::default();
        for (failures, seconds) in [(1, 0.5), (2, 1.0), (3, 1.0), (30, 1.0)] {
            wake_ups.record_request();
            assert_about(pause(&wake_ups, failures).await, seconds);
        }
    }

    #[tokio::test(start_paused = true)]
    async fn idle_process_retries_failed_refreshes_every_minute() {
        let wake_ups = WakeUps::default();
        assert_about(pause(&wake_ups, 30).await, 60.0);
    }
}
