//! The health checker becomes idle while a request comes.

use crate::in_flight::endpoint;
use alternator_lb_core::discovery::IdleFlag;
use alternator_lb_core::routing::{Attempt, Reason};
use loom::thread;
use std::sync::Arc;
use std::time::Duration;

#[test]
fn health_checker_sees_the_attempt_or_is_woken_by_it() {
    loom::model(|| {
        let node = endpoint();
        let idle = Arc::new(IdleFlag::default());
        let (seen_node, seen_idle) = (Arc::clone(&node), Arc::clone(&idle));
        let health_checker = thread::spawn(move || {
            seen_idle.set();
            seen_node.in_flight() > 0
        });
        let attempt = Attempt::new(node, Reason::RoundRobin, None, Duration::ZERO);
        let wakes = idle.clear();
        let stays = health_checker.join().unwrap();
        assert!(wakes || stays);
        drop(attempt);
    });
}
