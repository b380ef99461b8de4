//! When the maps of a table are read.

use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

/// Whose turn it is to read the maps of a table: nobody's until they are due, then that of the first who asks.
///
/// A look costs two reads of memory that hardly ever changes. All moments are in milliseconds.
#[derive(Debug)]
pub(crate) struct ReadingTurn {
    due: AtomicU64,
    /// Until when somebody is at it.
    held_until: AtomicU64,
    /// When somebody began last.
    begun: AtomicU64,
    used: AtomicU64,
}

/// How long after a reading has begun the next one begins at the earliest, whatever has changed since.
pub(crate) const PAUSE: Duration = Duration::from_secs(5);

/// How exactly it is known when a table was used last.
const USE: Duration = Duration::from_secs(60);

/// Nobody has begun yet.
const NEVER: u64 = u64::MAX;

impl ReadingTurn {
    /// Due at once.
    pub(crate) fn new(now: Duration) -> Self {
        Self {
            due: AtomicU64::new(0),
            held_until: AtomicU64::new(0),
            begun: AtomicU64::new(NEVER),
            used: AtomicU64::new(millis(now)),
        }
    }

    /// Takes the turn, if the maps are due and nobody is at it. Whoever gets it [passes](Self::pass) it on; if that is not
    /// done by then, the next one takes it.
    pub(crate) fn take(&self, now: Duration, until: Duration) -> bool {
        if self.due.load(Ordering::Relaxed) > millis(now) {
            return false;
        }
        let held_until = self.held_until.load(Ordering::Relaxed);
        if held_until > millis(now) {
            return false;
        }
        let taken = self.held_until.compare_exchange(
            held_until,
            millis(until),
            Ordering::Acquire,
            Ordering::Relaxed,
        );
        if taken.is_err() {
            return false;
        }
        // Somebody may have read them since that first look.
        if self.due.load(Ordering::Relaxed) > millis(now) {
            self.held_until.store(0, Ordering::Release);
            return false;
        }
        // What makes them due from here on, the reading may miss.
        self.due.store(NEVER, Ordering::Relaxed);
        self.begun.store(millis(now), Ordering::Relaxed);
        true
    }

    /// The reading is over; another one is due then, or sooner if somebody has said so meanwhile.
    pub(crate) fn pass(&self, due: Duration) {
        self.due.fetch_min(millis(due), Ordering::Relaxed);
        // Whoever takes the turn next sees when it is due.
        self.held_until.store(0, Ordering::Release);
    }

    /// The maps may be wrong: they are due at this moment, but for a pause.
    pub(crate) fn hasten(&self, moment: Duration) {
        let earliest = match self.begun.load(Ordering::Relaxed) {
            NEVER => 0,
            begun => begun.saturating_add(millis(PAUSE)),
        };
        let due = millis(moment).max(earliest);
        self.due.fetch_min(due, Ordering::Relaxed);
    }

    /// There is more to read than was known.
    pub(crate) fn widen(&self) {
        self.due.store(0, Ordering::Relaxed);
    }

    /// The table was used.
    pub(crate) fn note_use(&self, now: Duration) {
        let used = self.used.load(Ordering::Relaxed);
        if millis(now) >= used.saturating_add(millis(USE)) {
            self.used.store(millis(now), Ordering::Relaxed);
        }
    }

    /// When the table was used last, or up to a minute before.
    pub(crate) fn used(&self) -> Duration {
        Duration::from_millis(self.used.load(Ordering::Relaxed))
    }
}

pub(crate) fn millis(moment: Duration) -> u64 {
    u64::try_from(moment.as_millis()).unwrap_or(NEVER)
}

#[cfg(test)]
mod tests {
    use super::*;

    const fn seconds(n: u64) -> Duration {
        Duration::from_secs(n)
    }

    #[test]
    fn one_takes_the_turn_until_it_is_due_again() {
        let turn = ReadingTurn::new(seconds(0));
        assert!(turn.take(seconds(1), seconds(100)));
        assert!(!turn.take(seconds(2), seconds(100)), "somebody is at it");
        turn.pass(seconds(50));
        assert!(!turn.take(seconds(49), seconds(100)));
        assert!(turn.take(seconds(50), seconds(100)));
    }

    #[test]
    fn a_turn_that_is_never_passed_on_is_taken_by_the_next() {
        let turn = ReadingTurn::new(seconds(0));
        assert!(turn.take(seconds(0), seconds(10)));
        turn.hasten(seconds(1));
        assert!(!turn.take(seconds(9), seconds(20)));
        assert!(turn.take(seconds(10), seconds(20)));
    }

    #[test]
    fn what_may_be_wrong_is_due_sooner_but_for_a_pause() {
        let turn = ReadingTurn::new(seconds(0));
        assert!(turn.take(seconds(10), seconds(20)));
        turn.pass(seconds(300));
        turn.hasten(seconds(11));
        assert!(!turn.take(seconds(14), seconds(30)));
        assert!(turn.take(seconds(15), seconds(30)));
        turn.pass(seconds(300));
        turn.hasten(seconds(100));
        assert!(!turn.take(seconds(99), seconds(200)));
        assert!(turn.take(seconds(100), seconds(200)));
    }

    #[test]
    fn what_changes_during_a_reading_is_read_after_it() {
        let turn = ReadingTurn::new(seconds(0));
        assert!(turn.take(seconds(0), seconds(60)));
        turn.hasten(seconds(3));
        turn.pass(seconds(300));
        assert!(turn.take(seconds(5), seconds(60)));
        turn.widen();
        assert!(!turn.take(seconds(6), seconds(60)), "not twice at once");
        turn.pass(seconds(300));
        assert!(turn.take(seconds(6), seconds(60)));
    }

    #[test]
    fn the_last_use_is_known_to_a_minute() {
        let turn = ReadingTurn::new(seconds(5));
        turn.note_use(seconds(30));
        assert_eq!(turn.used(), seconds(5));
        turn.note_use(seconds(65));
        assert_eq!(turn.used(), seconds(65));
    }
}
