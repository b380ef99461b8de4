//! A right that one holder has at a time.
//!
//! Background work is started by whichever request finds it due, on the runtime of that request. Such a runtime may be
//! dropped, or no longer be polled, and its work with it. A lock would then be held for ever; a [`Lease`] is released
//! by its holder or expires, and what a late holder still does has no effect on its successor.

use crate::clock::millis;
use crate::sync::atomic::{AtomicU64, Ordering};
use std::fmt;
use std::time::Duration;

/// One atomic word: the generation of the newest holder, whether it idles, and the time at which its hold expires.
///
/// All times are those of one [`Clock`](crate::clock::Clock). A check costs a relaxed load. The default has no holder.
#[derive(Default)]
pub struct Lease(AtomicU64);

/// Proof of an acquisition. It is valid until the lease is revoked, closed or acquired by another holder.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Holder(u64);

/// 8,900 years of milliseconds.
const EXPIRY_BITS: u32 = 48;
const EXPIRY: u64 = (1 << EXPIRY_BITS) - 1;
const IDLE: u64 = 1 << EXPIRY_BITS;
/// 32,767 holders before a generation comes again.
const GENERATION_SHIFT: u32 = EXPIRY_BITS + 1;
/// The generation of a closed lease, which no holder has.
const CLOSED: u64 = u64::MAX;
const GENERATIONS: u64 = CLOSED >> GENERATION_SHIFT;

impl Lease {
    /// A lease that cannot be acquired.
    #[must_use]
    pub fn closed() -> Self {
        Self(AtomicU64::new(CLOSED))
    }

    /// Acquires the lease until `expiry`, unless it is held. Of several callers at the same time one succeeds.
    pub fn try_acquire(&self, now: Duration, expiry: Duration) -> Option<Holder> {
        let word = self.0.load(Ordering::Relaxed);
        if is_held(word, now) {
            return None;
        }
        let generation = next_generation(word);
        let to = pack(generation, expiry);
        self.0
            .compare_exchange(word, to, Ordering::AcqRel, Ordering::Relaxed)
            .map(|_| Holder(generation))
            .ok()
    }

    /// Moves the expiry of a hold. Returns whether the holder still has the lease.
    pub fn renew(&self, holder: Holder, expiry: Duration) -> bool {
        self.update_of(holder, pack(holder.0, expiry))
    }

    /// Like [`renew`](Self::renew), and announces that the holder does nothing until it is woken: see
    /// [`wake`](Self::wake).
    pub fn renew_idle(&self, holder: Holder, expiry: Duration) -> bool {
        self.update_of(holder, pack(holder.0, expiry) | IDLE)
    }

    /// Brings the expiry of an idle hold forward: the holder was woken, and has until `expiry` to renew it.
    pub fn wake(&self, expiry: Duration) {
        let step = |word: u64| {
            let is_idle = word != CLOSED && word & IDLE != 0;
            let expiry = (word & EXPIRY).min(millis(expiry));
            is_idle.then_some(word & !(EXPIRY | IDLE) | expiry)
        };
        // Refused where there is no idle holder.
        self.update(step);
    }

    /// Gives the lease back. Returns whether the holder still had it.
    pub fn release(&self, holder: Holder) -> bool {
        self.update_of(holder, pack(holder.0, Duration::ZERO))
    }

    /// Takes the lease from its holder, if it has one: the result of that holder does not count any more.
    pub fn revoke(&self) {
        let step = |word| (word != CLOSED).then(|| pack(next_generation(word), Duration::ZERO));
        // Refused where the lease is closed, and stays so.
        self.update(step);
    }

    /// Refuses every acquisition and renewal from now on.
    pub fn close(&self) {
        // Not a store, of which loom cannot tell that it comes after a concurrent change.
        self.0.swap(CLOSED, Ordering::AcqRel);
    }

    /// Returns whether the lease cannot be acquired now: it is held or closed.
    #[must_use]
    pub fn is_held(&self, now: Duration) -> bool {
        is_held(self.0.load(Ordering::Relaxed), now)
    }

    /// Returns whether there is a holder.
    #[must_use]
    pub fn has_holder(&self, now: Duration) -> bool {
        let word = self.0.load(Ordering::Relaxed);
        word != CLOSED && is_held(word, now)
    }

    /// Returns whether no other holder came after this one, be the hold expired or not.
    #[must_use]
    pub fn is_current(&self, holder: Holder) -> bool {
        is_of(self.0.load(Ordering::Acquire), holder)
    }

    /// The holder, and when its hold expires.
    #[must_use]
    pub fn current(&self, now: Duration) -> Option<(Holder, Duration)> {
        let word = self.0.load(Ordering::Acquire);
        let is_holder = word != CLOSED && is_held(word, now);
        let holder = Holder(word >> GENERATION_SHIFT);
        is_holder.then(|| (holder, Duration::from_millis(word & EXPIRY)))
    }

    fn update_of(&self, holder: Holder, to: u64) -> bool {
        self.update(|word| is_of(word, holder).then_some(to))
    }

    /// Returns whether `step` has not refused the update.
    fn update(&self, step: impl FnMut(u64) -> Option<u64>) -> bool {
        let (success, failure) = (Ordering::AcqRel, Ordering::Relaxed);
        self.0.fetch_update(success, failure, step).is_ok()
    }
}

impl Holder {
    /// Returns whether this holder acquired the lease later than `other`.
    #[must_use]
    pub fn is_after(self, other: Self) -> bool {
        let distance = (self.0 + GENERATIONS - other.0) % GENERATIONS;
        (1..GENERATIONS / 2).contains(&distance)
    }
}

impl fmt::Debug for Lease {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.0.load(Ordering::Relaxed) {
            CLOSED => f.write_str("Lease(closed)"),
            word => {
                let (generation, expiry) = (word >> GENERATION_SHIFT, word & EXPIRY);
                write!(f, "Lease(generation {generation}, until {expiry} ms)")
            }
        }
    }
}

fn is_held(word: u64, now: Duration) -> bool {
    word & EXPIRY > millis(now)
}

fn is_of(word: u64, holder: Holder) -> bool {
    word != CLOSED && word >> GENERATION_SHIFT == holder.0
}

fn next_generation(word: u64) -> u64 {
    ((word >> GENERATION_SHIFT) + 1) % GENERATIONS
}

fn pack(generation: u64, expiry: Duration) -> u64 {
    generation << GENERATION_SHIFT | millis(expiry).min(EXPIRY)
}

#[cfg(test)]
mod tests {
    use super::*;

    const fn seconds(n: u64) -> Duration {
        Duration::from_secs(n)
    }

    #[test]
    fn lease_is_held_until_it_expires_or_is_released() {
        let lease = Lease::default();
        assert!(!lease.is_held(seconds(0)));
        let first = lease.try_acquire(seconds(0), seconds(10)).unwrap();
        assert!(lease.try_acquire(seconds(9), seconds(20)).is_none());
        assert_eq!(lease.current(seconds(9)), Some((first, seconds(10))));
        assert!(lease.renew(first, seconds(20)));
        assert!(lease.is_held(seconds(19)) && !lease.is_held(seconds(20)));
        assert!(lease.release(first));
        assert!(!lease.is_held(seconds(0)) && lease.is_current(first));
        assert!(lease.try_acquire(seconds(0), seconds(10)).is_some());
    }

    #[test]
    fn late_holder_has_no_effect_on_its_successor() {
        let lease = Lease::default();
        let late = lease.try_acquire(seconds(0), seconds(1)).unwrap();
        let next = lease.try_acquire(seconds(1), seconds(10)).unwrap();
        assert!(next.is_after(late) && !late.is_after(next) && !next.is_after(next));
        assert!(!lease.renew(late, seconds(100)) && !lease.release(late));
        assert_eq!(lease.current(seconds(9)), Some((next, seconds(10))));
    }

    #[test]
    fn revoked_holder_loses_the_lease() {
        let lease = Lease::default();
        let holder = lease.try_acquire(seconds(0), seconds(10)).unwrap();
        lease.revoke();
        assert!(!lease.is_held(seconds(0)) && !lease.is_current(holder));
        assert!(!lease.release(holder));
    }

    #[test]
    fn only_an_idle_hold_is_brought_forward() {
        let lease = Lease::default();
        let holder = lease.try_acquire(seconds(0), seconds(20)).unwrap();
        lease.wake(seconds(5));
        assert!(lease.is_held(seconds(19)), "it does not idle");
        lease.renew_idle(holder, seconds(100));
        lease.wake(seconds(15));
        assert!(lease.is_held(seconds(14)) && !lease.is_held(seconds(15)));
        lease.renew_idle(holder, seconds(10));
        lease.wake(seconds(15));
        assert!(!lease.is_held(seconds(10)), "it is not put off");
    }

    #[test]
    fn closed_lease_stays_closed() {
        let lease = Lease::default();
        let holder = lease.try_acquire(seconds(0), seconds(1)).unwrap();
        lease.close();
        assert!(!lease.renew(holder, seconds(2)) && !lease.release(holder));
        lease.revoke();
        lease.wake(seconds(0));
        assert!(lease.is_held(seconds(1 << 30)) && !lease.has_holder(seconds(0)));
        assert!(lease.try_acquire(seconds(3), seconds(4)).is_none());
    }

    #[test]
    fn generations_come_round() {
        let lease = Lease(AtomicU64::new((GENERATIONS - 1) << GENERATION_SHIFT));
        let last = Holder(GENERATIONS - 1);
        let first = lease.try_acquire(seconds(0), seconds(5)).unwrap();
        assert_eq!(first.0, 0);
        assert!(first.is_after(last));
        assert!(lease.renew(first, seconds(9)) && !lease.renew(last, seconds(20)));
        assert!(!lease.is_held(seconds(9)));
    }
}
