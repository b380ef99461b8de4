//! One refresh at a time.

use super::RefreshError;
use crate::clock::Clock;
use std::pin::pin;
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Duration;
use tokio::sync::Notify;
use tokio::time::timeout;

/// Lets one refresh run at a time, whoever wants it, and hands its result to those who came while it could still
/// answer them.
///
/// The turn is not a lock: a refresh may stop for ever in the middle, when the runtime that drives it is left standing,
/// and must not stop all others with it. After `LIMIT` the turn passes on, and what the late one brings is ignored.
#[derive(Debug, Default)]
pub(super) struct SingleFlight {
    state: Mutex<State>,
    landed: Notify,
}

#[derive(Debug, Default)]
struct State {
    /// The refresh under way, and when its turn is over.
    current: Option<(u64, Duration)>,
    departed: u64,
    /// The newest that has landed, and how.
    landed: Option<(u64, Result<(), RefreshError>)>,
}

/// How long a refresh may take. Several nodes that do not answer at all, asked one after the other, fit into it.
pub(super) const LIMIT: Duration = Duration::from_secs(10);

/// What a call that wants a refresh gets.
#[derive(Debug)]
pub(super) enum Joined<'a> {
    /// The right and duty to make one.
    Leader(Leader<'a>),
    /// The result of one that began after the call.
    Completed(Result<(), RefreshError>),
}

/// The right to refresh. Dropping it yields it up.
#[derive(Debug)]
pub(super) struct Leader<'a> {
    flight: &'a SingleFlight,
    id: u64,
}

impl SingleFlight {
    /// Waits for a turn, or for the result of a refresh that began later than this call.
    pub(super) async fn join(&self, clock: Clock) -> Joined<'_> {
        // One that was under way when we came may have asked before what we want to know had happened.
        let mut too_early = None;
        loop {
            let mut landing = pin!(self.landed.notified());
            landing.as_mut().enable();
            let now = clock.now();
            let wait = {
                let mut state = self.state();
                if let (Some(too_early), Some((id, result))) = (too_early, &state.landed)
                    && *id > too_early
                {
                    return Joined::Completed(result.clone());
                }
                match state.current {
                    Some((id, end)) if now < end => {
                        too_early.get_or_insert(id);
                        end - now
                    }
                    Some(_) | None => {
                        state.departed += 1;
                        let id = state.departed;
                        state.current = Some((id, now + LIMIT));
                        return Joined::Leader(Leader { flight: self, id });
                    }
                }
            };
            // Either way the state is looked at anew.
            let _ = timeout(wait, landing).await;
        }
    }

    fn state(&self) -> MutexGuard<'_, State> {
        // Nothing that holds the lock can panic.
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Leader<'_> {
    /// Whether the turn is still this one's. What a refresh brings counts only then.
    pub(super) fn is_current(&self) -> bool {
        self.flight
            .state()
            .current
            .is_some_and(|(id, _)| id == self.id)
    }

    /// Ends the turn with a result.
    pub(super) fn complete(self, result: &Result<(), RefreshError>) {
        let mut state = self.flight.state();
        if state.current.is_some_and(|(id, _)| id == self.id) {
            state.landed = Some((self.id, result.clone()));
        }
        // The drop that follows frees the place and wakes those who wait.
    }
}

impl Drop for Leader<'_> {
    fn drop(&mut self) {
        let mut state = self.flight.state();
        if state.current.is_some_and(|(id, _)| id == self.id) {
            state.current = None;
        }
        drop(state);
        self.flight.landed.notify_waiters();
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::sync::Arc;
    use tokio::task::JoinSet;

    async fn turn(flight: &SingleFlight, clock: Clock) -> Leader<'_> {
        match flight.join(clock).await {
            Joined::Leader(turn) => turn,
            Joined::Completed(result) => panic!("no other has landed, but got {result:?}"),
        }
    }

    #[tokio::test(start_paused = true)]
    async fn those_who_came_too_late_for_one_share_the_next() {
        let (flight, clock) = (Arc::new(SingleFlight::default()), Clock::new());
        let first = turn(&flight, clock).await;
        let mut late = JoinSet::new();
        for _ in 0..10 {
            let flight = Arc::clone(&flight);
            late.spawn(async move {
                match flight.join(clock).await {
                    Joined::Leader(turn) => {
                        // Let the others see it under way before it lands.
                        tokio::task::yield_now().await;
                        turn.complete(&Err(RefreshError::NoHttpClient));
                        1
                    }
                    Joined::Completed(result) => {
                        assert!(matches!(result, Err(RefreshError::NoHttpClient)));
                        0
                    }
                }
            });
        }
        tokio::task::yield_now().await;
        first.complete(&Ok(()));

        let turns: u32 = late.join_all().await.into_iter().sum();
        assert_eq!(turns, 1);
    }

    #[tokio::test(start_paused = true)]
    async fn a_turn_that_is_dropped_passes_on() {
        let (flight, clock) = (SingleFlight::default(), Clock::new());
        drop(turn(&flight, clock).await);
        assert!(turn(&flight, clock).await.is_current());
    }

    #[tokio::test(start_paused = true)]
    async fn a_turn_that_never_ends_passes_on_and_counts_no_more() {
        let (flight, clock) = (SingleFlight::default(), Clock::new());
        let stuck = turn(&flight, clock).await;
        let before = clock.now();
        let next = turn(&flight, clock).await;
        assert!(clock.now() - before >= LIMIT);
        assert!(!stuck.is_current());
        drop(stuck);
        assert!(next.is_current());
    }
}
