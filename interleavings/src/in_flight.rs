//! The counts of attempts.

use alternator_lb_core::routing::{Attempt, Endpoint, EndpointState, Reason};
use alternator_lb_core::topology::{Host, NodeUrl, Scheme};
use loom::thread;
use std::sync::Arc;
use std::time::Duration;

const NOW: Duration = Duration::from_secs(1);

pub(crate) fn endpoint() -> Arc<Endpoint<()>> {
    let url = NodeUrl::new(Scheme::Http, Host::Ip([127, 0, 0, 1].into()), 8000);
    Arc::new(Endpoint::new(url, EndpointState::new(())))
}

#[test]
fn attempts_that_begin_and_are_dropped_are_counted_and_not_left_in_flight() {
    loom::model(|| {
        let node = endpoint();
        let other = Arc::clone(&node);
        let other = thread::spawn(move || {
            let _one = Attempt::new(Arc::clone(&other), Reason::RoundRobin, None, NOW);
            let _two = Attempt::new(other, Reason::RoundRobin, None, NOW);
        });
        drop(Attempt::new(
            Arc::clone(&node),
            Reason::RoundRobin,
            None,
            NOW,
        ));
        other.join().unwrap();
        assert_eq!(node.in_flight(), 0);
        assert_eq!(node.requests(), 3);
    });
}
