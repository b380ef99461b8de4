//! When a table is looked up.

use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

/// From when on an operation may have the table looked up. Read by each of them, written by look-ups.
///
/// At most one look-up is under way, unless what it will bring is known to be old already. One that never ends, as on a
/// runtime that was left standing, is given up after some time, and has no say any more.
#[derive(Debug)]
pub(crate) struct Due {
    /// In microseconds of the cluster's clock; [`NEVER`] if that is never.
    next: AtomicU64,
    /// Doubts have no effect before.
    doubtable: AtomicU64,
}

/// A look-up that is under way, by the moment at which it is given up.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Claim(u64);

const NEVER: u64 = u64::MAX;

/// How long doubts have no effect after a look-up: an application with a mistake of its own, which looks like another key
/// each time, costs the cluster six small requests a minute per table.
const BELIEF: Duration = Duration::from_secs(10);

impl Due {
    pub(crate) fn now() -> Self {
        Self {
            next: AtomicU64::new(0),
            doubtable: AtomicU64::new(0),
        }
    }

    pub(crate) fn never() -> Self {
        Self {
            next: AtomicU64::new(NEVER),
            doubtable: AtomicU64::new(0),
        }
    }

    /// Begins a look-up, if one is due. It is given up after `limit`.
    pub(crate) fn claim(&self, now: Duration, limit: Duration) -> Option<Claim> {
        let next = self.next.load(Ordering::Relaxed);
        if next > micros(now) {
            return None;
        }
        let until = micros(now + limit);
        // Nothing else hangs on the order: what a look-up brings is published by a pointer of its own.
        self.doubtable.store(until, Ordering::Relaxed);
        self.next
            .compare_exchange(next, until, Ordering::Relaxed, Ordering::Relaxed)
            .ok()?;
        Some(Claim(until))
    }

    /// Ends a look-up; the next may follow at `next`. Says whether what it brought is to be believed.
    pub(crate) fn done(&self, claim: Claim, now: Duration, next: Duration) -> bool {
        let is_valid = self
            .next
            .compare_exchange(claim.0, micros(next), Ordering::Relaxed, Ordering::Relaxed)
            .is_ok();
        if is_valid {
            self.doubtable
                .store(micros(now + BELIEF), Ordering::Relaxed);
        }
        is_valid
    }

    /// A look-up has come to nothing: the next may begin at once.
    pub(crate) fn release(&self, claim: Claim) {
        // Refused: it was done, or has no say any more.
        let _ = self
            .next
            .compare_exchange(claim.0, 0, Ordering::Relaxed, Ordering::Relaxed);
    }

    /// Something speaks against what the last look-up brought.
    pub(crate) fn doubt(&self, now: Duration) {
        let doubtable = self.doubtable.load(Ordering::Relaxed);
        if doubtable <= micros(now) {
            // Lost if a look-up has just begun: then that will tell.
            let sooner = |next| (next != NEVER && next > micros(now)).then(|| micros(now));
            let _ = self
                .next
                .fetch_update(Ordering::Relaxed, Ordering::Relaxed, sooner);
        }
    }

    /// What the last look-up brought is old, and so is what the one under way will bring.
    pub(crate) fn again(&self) {
        let at_once = |next| (next != NEVER).then_some(0);
        let _ = self
            .next
            .fetch_update(Ordering::Relaxed, Ordering::Relaxed, at_once);
    }
}

fn micros(moment: Duration) -> u64 {
    u64::try_from(moment.as_micros())
        .unwrap_or(NEVER)
        .min(NEVER - 1)
}

#[cfg(test)]
mod tests {
    use super::*;

    const LIMIT: Duration = Duration::from_secs(30);

    const fn at(seconds: u64) -> Duration {
        Duration::from_secs(seconds)
    }

    #[test]
    fn one_look_up_is_under_way_at_a_time() {
        let due = Due::now();
        let claim = due.claim(at(0), LIMIT).unwrap();
        assert!(due.claim(at(29), LIMIT).is_none());
        assert!(due.done(claim, at(1), at(600)));
        assert!(due.claim(at(599), LIMIT).is_none());
        assert!(due.claim(at(600), LIMIT).is_some());
    }

    #[test]
    fn one_that_never_ends_is_given_up_and_has_no_say() {
        let due = Due::now();
        let stuck = due.claim(at(0), LIMIT).unwrap();
        let next = due.claim(at(30), LIMIT).unwrap();
        assert!(!due.done(stuck, at(31), at(0)));
        assert!(due.done(next, at(32), at(600)));
        assert!(!due.done(stuck, at(33), at(0)));
        assert!(due.claim(at(40), LIMIT).is_none());
    }

    #[test]
    fn one_that_came_to_nothing_makes_way() {
        let due = Due::now();
        let lost = due.claim(at(0), LIMIT).unwrap();
        due.release(lost);
        let claim = due.claim(at(1), LIMIT).unwrap();
        due.release(lost);
        assert!(due.claim(at(2), LIMIT).is_none());
        due.done(claim, at(2), at(600));
        due.release(claim);
        assert!(due.claim(at(3), LIMIT).is_none());
    }

    #[test]
    fn a_doubt_makes_it_due_but_not_right_after_a_look_up() {
        let due = Due::now();
        let claim = due.claim(at(0), LIMIT).unwrap();
        due.doubt(at(1));
        assert!(due.claim(at(1), LIMIT).is_none(), "it is under way");
        due.done(claim, at(2), at(600));
        due.doubt(at(11));
        assert!(due.claim(at(11), LIMIT).is_none());
        due.doubt(at(12));
        assert!(due.claim(at(12), LIMIT).is_some());
    }

    #[test]
    fn what_is_known_to_be_old_is_looked_up_at_once_and_not_believed() {
        let due = Due::now();
        let old = due.claim(at(0), LIMIT).unwrap();
        due.again();
        assert!(due.claim(at(1), LIMIT).is_some());
        assert!(!due.done(old, at(2), at(600)));
    }

    #[test]
    fn what_is_never_due_is_not_for_doubts_either() {
        let due = Due::never();
        due.doubt(at(100));
        due.again();
        assert!(due.claim(at(1_000_000), LIMIT).is_none());
    }
}
