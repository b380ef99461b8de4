//! Several requests find a refresh due.

use alternator_lb_core::refresh_schedule::RefreshSchedule;
use loom::thread;
use std::sync::Arc;
use std::time::Duration;

const NOW: Duration = Duration::from_secs(1);
const LATER: Duration = Duration::from_secs(100);
const LIMIT: Duration = Duration::from_secs(30);

fn schedule() -> Arc<RefreshSchedule> {
    Arc::new(RefreshSchedule::new(Duration::ZERO))
}

#[test]
fn one_of_two_callers_refreshes_even_if_it_finishes_before_the_other_looks() {
    loom::model(|| {
        let schedule = schedule();
        let refresh = |schedule: &RefreshSchedule| {
            let refresh = schedule.try_acquire(NOW, LIMIT);
            if let Some(refresh) = refresh {
                schedule.finish(refresh, LATER);
            }
            refresh.is_some()
        };
        let other = Arc::clone(&schedule);
        let other = thread::spawn(move || refresh(&other));
        let one = refresh(&schedule);
        let other = other.join().unwrap();
        assert!(one != other);
        assert!(schedule.try_acquire(LATER, LIMIT).is_some());
    });
}

#[test]
fn invalidation_during_a_refresh_makes_another_due_whenever_that_one_finishes() {
    loom::model(|| {
        let schedule = schedule();
        let refresh = schedule.try_acquire(NOW, LIMIT).unwrap();
        let other = Arc::clone(&schedule);
        let other = thread::spawn(move || other.refresh_by(NOW));
        schedule.finish(refresh, LATER);
        other.join().unwrap();
        assert!(schedule.try_acquire(NOW, LIMIT).is_some());
    });
}

#[test]
fn revocation_while_a_refresh_finishes_makes_another_due() {
    loom::model(|| {
        let schedule = schedule();
        let refresh = schedule.try_acquire(NOW, LIMIT).unwrap();
        let other = Arc::clone(&schedule);
        let other = thread::spawn(move || other.revoke());
        schedule.finish(refresh, LATER);
        other.join().unwrap();
        assert!(!schedule.is_current(refresh));
        assert!(schedule.try_acquire(NOW, LIMIT).is_some());
    });
}
