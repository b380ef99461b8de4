//! A lease that several threads want.

use alternator_lb_core::lease::Lease;
use loom::thread;
use std::sync::Arc;
use std::time::Duration;

const NOW: Duration = Duration::from_secs(1);
const SOON: Duration = Duration::from_secs(2);
const LATER: Duration = Duration::from_secs(100);

#[test]
fn one_of_two_callers_acquires_the_lease() {
    loom::model(|| {
        let lease = Arc::new(Lease::default());
        let other = Arc::clone(&lease);
        let other = thread::spawn(move || other.try_acquire(NOW, LATER));
        let one = lease.try_acquire(NOW, LATER);
        let other = other.join().unwrap();
        assert!(one.is_some() != other.is_some());
        assert_eq!(
            lease.current(NOW),
            one.or(other).map(|holder| (holder, LATER))
        );
    });
}

#[test]
fn late_holder_cannot_end_the_hold_of_its_successor() {
    loom::model(|| {
        let lease = Arc::new(Lease::default());
        let late = lease.try_acquire(NOW, SOON).unwrap();
        let other = Arc::clone(&lease);
        let other = thread::spawn(move || {
            other.renew(late, SOON);
            other.release(late);
        });
        let next = lease.try_acquire(SOON, LATER);
        other.join().unwrap();
        // The acquisition fails where the late holder changes the lease in that very instant.
        let next = next.or_else(|| lease.try_acquire(SOON, LATER)).unwrap();
        assert!(next.is_after(late));
        assert_eq!(lease.current(SOON), Some((next, LATER)));
        assert!(lease.release(next) && !lease.is_held(NOW));
    });
}

#[test]
fn lease_that_is_closed_while_it_changes_hands_stays_closed() {
    loom::model(|| {
        let lease = Arc::new(Lease::default());
        let holder = lease.try_acquire(NOW, LATER).unwrap();
        let other = Arc::clone(&lease);
        let other = thread::spawn(move || {
            other.release(holder);
            other.try_acquire(NOW, LATER)
        });
        lease.close();
        other.join().unwrap();
        assert!(lease.is_held(LATER * 1000) && !lease.has_holder(NOW));
        assert!(lease.try_acquire(LATER, LATER * 2).is_none());
    });
}

#[test]
fn holder_that_releases_while_it_is_revoked_is_told_whether_it_still_had_the_lease() {
    loom::model(|| {
        let lease = Arc::new(Lease::default());
        let holder = lease.try_acquire(NOW, LATER).unwrap();
        let other = Arc::clone(&lease);
        let released = thread::spawn(move || other.release(holder));
        lease.revoke();
        let was_current = released.join().unwrap();
        assert!(!lease.is_held(NOW) && !lease.is_current(holder));
        assert!(
            !lease.release(holder),
            "released {was_current}, then revoked"
        );
        let next = lease.try_acquire(NOW, LATER).unwrap();
        assert!(next.is_after(holder));
    });
}
