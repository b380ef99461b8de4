//! Replays the dump of a flight recorder: feeds what came from outside to the library's own routing and health in
//! simulated time, and compares what these decide with what was recorded.
//!
//! From outside come the outcomes of attempts, the results of the health checker's probes, and the lists of nodes. The
//! library decides who is ejected for its errors and when, who is restored by a request, and when panic mode begins and
//! ends. So a dump of an incident is a test: of a release that behaves differently, or of a change that is meant to.
//!
//! Ordinary attempts have no entries, but each entry counts the responses of its node until then. They are replayed
//! evenly between two entries.

mod decisions;
mod dump;
mod player;

use decisions::{Comparison, Decision};
use dump::Dump;
use player::Player;
use std::path::Path;

/// Replays a dump, and prints the comparison. Returns whether all decisions are the same.
pub(crate) fn run(file: &Path) -> bool {
    let dump = std::fs::read_to_string(file).map_err(|error| error.to_string());
    match dump.and_then(|text| Dump::parse(&text)) {
        Ok(dump) => {
            let comparison = replay(&dump);
            println!("{comparison}");
            comparison.is_same()
        }
        Err(error) => {
            eprintln!("{}: {error}", file.display());
            false
        }
    }
}

fn replay(dump: &Dump) -> Comparison {
    let mut player = Player::new(dump);
    let recorded: Vec<Decision> = dump.decisions().collect();
    for (at, step) in &dump.steps {
        player.play(*at, step);
    }
    Comparison::new(recorded, player.into_decisions())
}

#[cfg(test)]
mod tests;
