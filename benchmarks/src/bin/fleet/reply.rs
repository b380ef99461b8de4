//! Short questions to nodes, and when they are answered.

use crate::node::{Availability, REFUSED_AFTER};
use crate::world::World;
use std::time::Duration;

/// What comes of a purpose.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Reply {
    /// After how long.
    pub(crate) after: Duration,
    /// Whether it is an answer.
    pub(crate) is_response: bool,
}

/// `discovery/race.rs`: `STAGGER` and `WIDTH`.
const STAGGER: Duration = Duration::from_millis(250);
const WIDTH: usize = 3;

impl World {
    /// What comes of a purpose that a client asks a node now, and waits for so long.
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

/// Asks one after the other, each with a head start on the next: the library's `race`. Returns when it is over, and who won.
pub(crate) fn race(
    contenders: &[u32],
    mut ask: impl FnMut(u32, Duration) -> Reply,
) -> (Duration, Option<u32>) {
    let mut waiting = contenders.iter().copied();
    let mut running: Vec<(Duration, bool, u32)> = Vec::new();
    let mut passed = Duration::ZERO;
    loop {
        if running.len() < WIDTH
            && let Some(node) = waiting.next()
        {
            let reply = ask(node, passed);
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
            Some(_) => passed += STAGGER,
        }
    }
}
