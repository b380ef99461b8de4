//! Requests that come and go.

use crate::attempt::Attempt;
use crate::node_url::{Host, NodeUrl, Scheme};
use crate::target::{Peer, Target};
use loom::thread;
use std::sync::Arc;
use std::time::Duration;

const NOW: Duration = Duration::from_secs(1);

/// Whatever the order in which attempts begin and are dropped, none is in flight afterwards, and all were counted.
pub fn counts_come_back() {
    let url = NodeUrl::new(Scheme::Http, Host::Ip([127, 0, 0, 1].into()), 8000);
    let node = Arc::new(Target::new(url, Peer::new(())));
    let other = Arc::clone(&node);
    let other = thread::spawn(move || {
        let _one = Attempt::new(Arc::clone(&other), None, NOW);
        let _two = Attempt::new(other, None, NOW);
    });
    drop(Attempt::new(Arc::clone(&node), None, NOW));
    assert!(other.join().is_ok());
    assert_eq!(node.in_flight(), 0);
    assert_eq!(node.requests(), 3);
}
