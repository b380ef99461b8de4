//! The replies to light requests: probes and membership queries.

use crate::node::{Availability, REFUSED_AFTER};
use crate::world::World;
use alternator_lb_core::discovery::parameters::{STAGGER, WIDTH};
use std::time::Duration;

/// The reply to a light request.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Reply {
    /// The time until the response, the failure or the timeout.
    pub(crate) after: Duration,
    /// Whether the node responded.
    pub(crate) is_response: bool,
}

impl World {
    /// Returns the reply of a node to a light request that a client sends now.
    pub(crate) fn reply(&self, client: u32, node: u32, timeout: Duration) -> Reply {
        let (after, is_response) = match self.availability(client, node) {
            Availability::Serving => (self.nodes[node].light_response_time(), true),
            Availability::Refusing => (REFUSED_AFTER, false),
            Availability::Hanging | Availability::Unreachable => (Duration::MAX, false),
        };
        match after <= timeout {
            true => Reply { after, is_response },
            false => Reply {
                after: timeout,
                is_response: false,
            },
        }
    }
}

/// Runs a staggered race between nodes, as the library's `race` does. Returns its duration and the winner.
pub(crate) fn race(
    candidates: &[u32],
    mut send: impl FnMut(u32, Duration) -> Reply,
) -> (Duration, Option<u32>) {
    let mut waiting = candidates.iter().copied();
    let mut running: Vec<(Duration, bool, u32)> = Vec::new();
    let mut passed = Duration::ZERO;
    let mut width = 1;
    loop {
        while running.len() < width
            && let Some(node) = waiting.next()
        {
            let reply = send(node, passed);
            running.push((passed + reply.after, reply.is_response, node));
        }
        running.sort_by_key(|(end, ..)| *end);
        match running.first().copied() {
            None => return (passed, None),
            Some((end, is_response, node)) if end <= passed + STAGGER => {
                passed = end;
                running.remove(0);
                if is_response {
                    return (passed, Some(node));
                }
            }
            Some(_) => {
                passed += STAGGER;
                width = (width * 2).min(WIDTH);
            }
        }
    }
}
