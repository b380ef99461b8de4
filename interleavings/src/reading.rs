//! Several requests find that the maps of a table are to be read.

use crate::reading_turn::ReadingTurn;
use loom::thread;
use std::sync::Arc;
use std::time::Duration;

const NOW: Duration = Duration::from_secs(1);
const LATER: Duration = Duration::from_secs(100);

/// Of two that find them due at the same time one reads them, also if that is done before the other looks.
pub fn one_reads_what_is_due() {
    let turn = Arc::new(ReadingTurn::new(NOW));
    let read = |turn: &ReadingTurn| {
        let is_mine = turn.take(NOW, LATER);
        if is_mine {
            turn.pass(LATER);
        }
        is_mine
    };
    let other = Arc::clone(&turn);
    let other = thread::spawn(move || read(&other));
    let one = read(&turn);
    let other = other.join().unwrap_or(one);
    assert_ne!(one, other);
}

/// What changes while they are read is not lost, whenever the reading ends.
pub fn a_change_during_a_reading_is_read_after_it() {
    let turn = Arc::new(ReadingTurn::new(NOW));
    assert!(turn.take(NOW, LATER));
    let other = Arc::clone(&turn);
    let other = thread::spawn(move || other.hasten(NOW));
    turn.pass(LATER * 10);
    assert!(other.join().is_ok());
    assert!(turn.take(LATER, LATER * 2));
}
