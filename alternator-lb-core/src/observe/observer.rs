//! The one place that events go through.

use super::{Event, FlightRecorder, Record, Subscription};
use crate::clock::Clock;
use tokio::sync::broadcast::{Sender, channel};

/// Logs events, records them, and sends them to the subscribers.
#[derive(Debug)]
pub struct Observer {
    clock: Clock,
    subscribers: Sender<Event>,
    recorder: FlightRecorder,
}

/// How many events a subscriber may be behind: those of a cluster of a thousand nodes that goes down at once.
const CAPACITY: usize = 1_024;

impl Observer {
    /// An observer without subscribers.
    #[must_use]
    pub fn new(clock: Clock, recorder: FlightRecorder) -> Self {
        Self {
            clock,
            subscribers: channel(CAPACITY).0,
            recorder,
        }
    }

    /// An observer that records nothing.
    #[must_use]
    pub fn silent() -> Self {
        Self::new(Clock::new(), FlightRecorder::new(0))
    }

    /// Records what is no event.
    pub fn record(&self, record: impl FnOnce() -> Record) {
        self.recorder.record(self.clock.now(), record);
    }

    /// Emits an event.
    pub fn emit(&self, event: Event) {
        event.log();
        self.record(|| Record::Event(Box::new(event.clone())));
        // Without a subscriber it is dropped.
        let _ = self.subscribers.send(event);
    }

    /// Returns a subscription to the events from now on.
    pub fn subscribe(&self) -> Subscription {
        Subscription::new(self.subscribers.subscribe())
    }

    /// Returns the flight recorder.
    #[must_use]
    pub fn recorder(&self) -> &FlightRecorder {
        &self.recorder
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn observer() -> Observer {
        Observer::new(Clock::simulated(), FlightRecorder::new(16))
    }

    fn names(subscription: &mut Subscription) -> Vec<&'static str> {
        let next = || subscription.try_next().map(|event| event.name());
        std::iter::from_fn(next).collect()
    }

    #[tokio::test]
    async fn every_subscriber_gets_the_events_from_its_subscription_on() {
        let observer = observer();
        observer.emit(Event::PanicModeEntered);
        let mut first = observer.subscribe();
        observer.emit(Event::PanicModeExited);
        let mut second = observer.subscribe();
        observer.emit(Event::RefreshRecovered);
        assert_eq!(
            names(&mut first),
            ["panic_mode_exited", "refresh_recovered"]
        );
        assert_eq!(names(&mut second), ["refresh_recovered"]);
        drop(observer);
        assert!(first.next().await.is_none());
    }

    #[tokio::test]
    async fn slow_subscriber_blocks_nothing_and_is_told_how_many_events_it_missed() {
        let observer = observer();
        let mut slow = observer.subscribe();
        for _ in 0..CAPACITY + 10 {
            observer.emit(Event::PanicModeEntered);
        }
        let first = slow.next().await;
        assert!(
            matches!(first, Some(Event::Missed { events: 10 })),
            "{first:?}"
        );
        assert_eq!(names(&mut slow).len(), CAPACITY);
    }
}
