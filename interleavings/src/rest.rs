//! The watch goes to rest while a request comes.

use crate::attempt::Attempt;
use crate::node_url::{Host, NodeUrl, Scheme};
use crate::target::{Peer, Target};
use crate::unwatched::Unwatched;
use loom::thread;
use std::sync::Arc;
use std::time::Duration;

/// Either the watch sees the attempt and stays, or the attempt sees that nobody watches and wakes it.
pub fn no_attempt_is_left_without_a_watch() {
    let url = NodeUrl::new(Scheme::Http, Host::Ip([127, 0, 0, 1].into()), 8000);
    let node = Arc::new(Target::new(url, Peer::new(())));
    let unwatched = Arc::new(Unwatched::new());

    let (seen_node, seen_unwatched) = (Arc::clone(&node), Arc::clone(&unwatched));
    let watch = thread::spawn(move || {
        seen_unwatched.announce();
        seen_node.in_flight() > 0
    });
    let attempt = Attempt::new(node, None, Duration::ZERO);
    let wakes = unwatched.revoke();
    let stays = watch.join().unwrap_or_default();
    assert!(wakes || stays);
    drop(attempt);
}
