//! A background task that gives way to another.

use crate::life::Life;
use loom::thread;
use std::sync::Arc;
use std::time::Duration;

const NOW: Duration = Duration::from_secs(1);
const LATER: Duration = Duration::from_secs(100);

/// However late a task that was given up ends, or still says that it lives, its successor counts.
pub fn the_successor_lives() {
    let life = Arc::new(Life::new());
    let stuck = Life::begin(&life, NOW);
    let late = thread::spawn(move || {
        stuck.until(NOW * 2);
        drop(stuck);
    });
    let next = Life::begin(&life, LATER);
    assert!(late.join().is_ok());
    assert!(!life.is_over(LATER / 2));
    drop(next);
    assert!(life.is_over(Duration::ZERO));
}

/// Nothing that begins or ends while a life is closed opens it again.
pub fn a_closed_life_stays_closed() {
    let life = Arc::new(Life::new());
    let running = Life::begin(&life, NOW);
    let other = Arc::clone(&life);
    let other = thread::spawn(move || {
        drop(running);
        drop(Life::begin(&other, NOW));
    });
    life.close();
    assert!(other.join().is_ok());
    assert!(!life.is_over(LATER * 1000));
}
