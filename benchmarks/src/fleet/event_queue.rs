//! The event queue of the simulation.

use std::cmp::{Ordering, Reverse};
use std::collections::BinaryHeap;
use std::time::Duration;

/// The scheduled events, and the simulated time.
///
/// Events of the same instant are popped in the order of insertion, so that every run is the same.
#[derive(Debug)]
pub struct EventQueue<E> {
    now: Duration,
    entries: BinaryHeap<Reverse<Entry<E>>>,
    /// The number of events scheduled so far.
    count: u64,
}

#[derive(Debug)]
struct Entry<E> {
    /// In nanoseconds, which halves the size of a `Duration`: the heap moves entries often, and small ones stay in the
    /// cache.
    time: u64,
    sequence: u64,
    event: E,
}

impl<E> Default for EventQueue<E> {
    fn default() -> Self {
        Self {
            now: Duration::ZERO,
            entries: BinaryHeap::new(),
            count: 0,
        }
    }
}

impl<E> EventQueue<E> {
    /// Schedules an event; a time in the past means now.
    pub fn schedule_at(&mut self, time: Duration, event: E) {
        self.count += 1;
        self.entries.push(Reverse(Entry {
            time: nanos(time.max(self.now)),
            sequence: self.count,
            event,
        }));
    }

    /// Schedules an event after a delay.
    pub fn schedule_after(&mut self, delay: Duration, event: E) {
        self.schedule_at(self.now + delay, event);
    }

    /// Advances the time to the next event and returns it, or to `end` if no event comes before.
    pub fn pop_until(&mut self, end: Duration) -> Option<E> {
        if self
            .entries
            .peek()
            .is_none_or(|next| next.0.time > nanos(end))
        {
            self.now = end;
            return None;
        }
        let Reverse(entry) = self.entries.pop()?;
        self.now = Duration::from_nanos(entry.time);
        Some(entry.event)
    }

    /// Returns the simulated time.
    pub fn now(&self) -> Duration {
        self.now
    }
}

/// An `u64` holds five hundred years.
fn nanos(moment: Duration) -> u64 {
    u64::try_from(moment.as_nanos()).unwrap_or(u64::MAX)
}

impl<E> Ord for Entry<E> {
    fn cmp(&self, other: &Self) -> Ordering {
        (self.time, self.sequence).cmp(&(other.time, other.sequence))
    }
}

impl<E> PartialOrd for Entry<E> {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

impl<E> PartialEq for Entry<E> {
    fn eq(&self, other: &Self) -> bool {
        self.cmp(other) == Ordering::Equal
    }
}

impl<E> Eq for Entry<E> {}

#[cfg(test)]
mod tests {
    use super::*;

    const END: Duration = Duration::from_secs(10);

    #[test]
    fn events_pop_by_time_then_by_insertion() {
        let mut events = EventQueue::default();
        events.schedule_at(Duration::from_secs(2), "second");
        events.schedule_at(Duration::from_secs(1), "first");
        events.schedule_at(Duration::from_secs(2), "third");
        let order: Vec<_> = std::iter::from_fn(|| events.pop_until(END)).collect();
        assert_eq!(order, ["first", "second", "third"]);
        assert_eq!(events.now(), END);
    }

    #[test]
    fn time_stays_between_now_and_the_end() {
        let mut events = EventQueue::default();
        events.schedule_at(Duration::from_secs(5), ());
        assert!(events.pop_until(END).is_some());
        events.schedule_at(Duration::from_secs(1), ());
        events.schedule_after(Duration::from_secs(6), ());
        assert!(events.pop_until(END).is_some());
        assert_eq!(events.now(), Duration::from_secs(5));
        assert!(events.pop_until(END).is_none());
    }
}
