//! The events, as a subscriber receives them.

use super::Event;
use tokio::sync::broadcast::Receiver;
use tokio::sync::broadcast::error::{RecvError, TryRecvError};

/// Receives the [events](Event) of a cluster from the subscription on. Returned by `Alternator::subscribe()`.
///
/// The balancer never waits for a subscriber. One that is more than 1,024 events behind misses the oldest, and is told
/// by [`Event::Missed`] how many. Each subscription receives all events; dropping it ends it.
///
/// With `futures_util` it is a stream:
/// `stream::unfold(subscription, |mut it| async { Some((it.next().await?, it)) })`.
#[derive(Debug)]
#[must_use = "events are received by `.next()`"]
pub struct Subscription {
    receiver: Receiver<Event>,
}

impl Subscription {
    pub(super) fn new(receiver: Receiver<Event>) -> Self {
        Self { receiver }
    }

    /// Waits for the next event. Returns none when the cluster is dropped, with all of its handles and clients.
    ///
    /// # Cancel safety
    ///
    /// Dropping the future loses no event.
    pub async fn next(&mut self) -> Option<Event> {
        match self.receiver.recv().await {
            Ok(event) => Some(event),
            Err(RecvError::Lagged(events)) => Some(Event::Missed { events }),
            Err(RecvError::Closed) => None,
        }
    }

    /// Returns the next event if there is one already.
    pub fn try_next(&mut self) -> Option<Event> {
        match self.receiver.try_recv() {
            Ok(event) => Some(event),
            Err(TryRecvError::Lagged(events)) => Some(Event::Missed { events }),
            Err(TryRecvError::Empty | TryRecvError::Closed) => None,
        }
    }
}
