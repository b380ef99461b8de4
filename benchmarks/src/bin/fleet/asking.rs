//! Short questions to nodes, and when they are answered.

use crate::node::Presence;
use crate::requests::REFUSED_AFTER;
use crate::world::World;
use std::time::Duration;

/// What comes of a question.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Reply {
    /// After how long.
    pub(crate) after: Duration,
    /// Whether it is an answer.
    pub(crate) is_answer: bool,
}

/// `discovery/race.rs`: `STAGGER` and `WIDTH`.
const STAGGER: Duration = Duration::from_millis(250);
const WIDTH: usize = 3;

impl World {
    /// What comes of a question that a client asks a node now, and waits for so long.
    pub(crate) fn reply(&self, client: u32, node: u32, patience: Duration) -> Reply {
        let (after, is_answer) = match self.presence(client, node) {
            Presence::Serves => (self.nodes[node].short_answer(), true),
            Presence::Refuses => (REFUSED_AFTER, false),
            Presence::Hangs | Presence::Silent => (Duration::MAX, false),
        };
        match after <= patience {
            true => Reply { after, is_answer },
            false => Reply {
                after: patience,
                is_answer: false,
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
            running.push((passed + reply.after, reply.is_answer, node));
        }
        running.sort_by_key(|(end, ..)| *end);
        match running.first().copied() {
            None => return (passed, None),
            Some((end, is_answer, node)) if end <= passed + STAGGER => {
                passed = end;
                running.remove(0);
                if is_answer {
                    return (passed, Some(node));
                }
            }
            Some(_) => passed += STAGGER,
        }
    }
}
