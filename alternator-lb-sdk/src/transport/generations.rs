//! The requests that wait on a node, by the time since which they have waited.
//!
//! Requests on a lost connection have to end, and those that began later, on a new connection, have not. To remember
//! when each request began would cost each one; instead all that begin in the same interval share a signal, and the
//! health checker begins a new interval before it looks for lost connections.

use arc_swap::ArcSwap;
use std::collections::VecDeque;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError, Weak};
use std::time::Duration;
use tokio::sync::Notify;

/// The signals of the requests that wait on a node. Times are those of the health checker, which begins the
/// generations.
#[derive(Debug, Default)]
pub(crate) struct Generations {
    current: ArcSwap<Notify>,
    /// The end of each earlier generation, and its signal while any request waits for it. The oldest is the first.
    earlier: Mutex<VecDeque<(Duration, Weak<Notify>)>>,
}

impl Generations {
    /// Returns the signal that ends a request which begins to wait now. To hold it is to wait.
    pub(super) fn join(&self) -> Arc<Notify> {
        self.current.load_full()
    }

    /// Ends the current generation, so that its requests can be told from those that follow.
    pub(super) fn begin(&self, now: Duration) {
        // First the lock, so that generations that begin at the same time are in the order of their ends.
        let mut earlier = self.waiting();
        let former = self.current.swap(Arc::default());
        earlier.push_back((now, Arc::downgrade(&former)));
        drop(former);
        earlier.retain(|(_, signal)| signal.strong_count() > 0);
    }

    /// Returns the time before which the oldest of the requests of earlier generations began.
    pub(super) fn oldest(&self) -> Option<Duration> {
        let earlier = self.waiting();
        let mut waiting = earlier
            .iter()
            .filter(|(_, signal)| signal.strong_count() > 0);
        waiting.next().map(|(end, _)| *end)
    }

    /// Ends the requests of the generations that had ended by `since`.
    pub(super) fn end(&self, since: Duration) {
        let earlier = self.waiting();
        let ended = earlier.iter().take_while(|(end, _)| *end <= since);
        for signal in ended.filter_map(|(_, signal)| signal.upgrade()) {
            signal.notify_waiters();
        }
    }

    fn waiting(&self) -> MutexGuard<'_, VecDeque<(Duration, Weak<Notify>)>> {
        // Nothing that holds the lock can panic.
        self.earlier.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::pin::{Pin, pin};
    use std::task::{Context, Poll, Waker};
    use tokio::sync::futures::OwnedNotified;

    const fn at(millis: u64) -> Duration {
        Duration::from_millis(millis)
    }

    fn has_ended(request: Pin<&mut OwnedNotified>) -> bool {
        request.poll(&mut Context::from_waker(Waker::noop())) == Poll::Ready(())
    }

    #[test]
    fn only_requests_that_have_waited_since_then_end() {
        let generations = Generations::default();
        let mut old = pin!(generations.join().notified_owned());
        generations.begin(at(1));
        let mut young = pin!(generations.join().notified_owned());
        generations.begin(at(2));
        let mut new = pin!(generations.join().notified_owned());
        generations.end(at(0));
        assert!(!has_ended(old.as_mut()));
        generations.end(at(1));
        assert!(has_ended(old) && !has_ended(young.as_mut()) && !has_ended(new.as_mut()));
        generations.end(at(5));
        assert!(has_ended(young) && !has_ended(new));
    }

    #[test]
    fn oldest_generation_with_requests_is_known_until_they_end() {
        let generations = Generations::default();
        assert_eq!(generations.oldest(), None);
        let old = generations.join();
        assert_eq!(generations.oldest(), None, "it may have begun just now");
        for end in 1..=3 {
            generations.begin(at(end));
        }
        let young = generations.join();
        generations.begin(at(4));
        assert_eq!(generations.oldest(), Some(at(1)));
        drop(old);
        assert_eq!(generations.oldest(), Some(at(4)));
        drop(young);
        assert_eq!(generations.oldest(), None);
    }

    #[test]
    fn generations_without_requests_are_forgotten() {
        let generations = Generations::default();
        for end in 0..100 {
            generations.begin(at(end));
        }
        assert!(generations.waiting().is_empty());
    }
}
