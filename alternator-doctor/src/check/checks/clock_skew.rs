//! `clock-skew`: the clocks of the nodes agree with that of this machine.
//!
//! A response has the time of its node, in whole seconds. The node made it between the sending of the request and the
//! arrival of the response, so each response limits the difference of the clocks on both sides, and several narrow it.

use super::count;
use crate::check::Evidence;
use crate::check::finding::Finding;
use crate::connection::Exchange;
use std::time::SystemTime;

const CHECK: &str = "clock-skew";

/// The difference from which on the clocks surely differ: half of what the header resolves.
const TOLERANCE: f64 = 1.0;
/// The difference at which the server refuses signatures that are dated by another clock.
const SIGNATURE_LIMIT: f64 = 15.0 * 60.0;
/// The header is in whole seconds, and servers renew it each second.
const RESOLUTION: f64 = 2.0;

/// The seconds by which a node's clock is ahead of that of this machine: at least and at most.
#[derive(Clone, Copy, Debug, PartialEq)]
struct Skew {
    least: f64,
    most: f64,
}

pub(super) fn check(evidence: Evidence<'_>) -> Vec<Finding> {
    let facts = evidence.facts;
    let of_node = |url: &str| {
        let exchanges = facts
            .exchanges
            .iter()
            .filter(|exchange| exchange.node == url);
        Skew::of(exchanges)
    };
    let nodes = facts.nodes.iter().filter(|node| node.responds());
    let responding = nodes.clone().count();
    if responding == 0 {
        return vec![Finding::skipped(CHECK, facts.skip_reason())];
    }
    let skews: Vec<_> = nodes
        .filter_map(|node| Some((node.url.as_str(), of_node(&node.url)?)))
        .collect();
    if skews.is_empty() {
        return vec![Finding::skipped(CHECK, "the nodes send no date")];
    }
    let is_wrong = |(_, skew): &&(&str, Skew)| skew.size() > TOLERANCE;
    let wrong: Vec<_> = skews.iter().filter(is_wrong).copied().collect();
    vec![match wrong.len() {
        0 => {
            let title = format!(
                "The clocks of {} agree with this one",
                count(skews.len(), "node")
            );
            Finding::passed(CHECK, title)
        }
        number if number == responding && number > 1 && agree(&skews) => of_this_machine(&wrong),
        _ => of_nodes(&wrong),
    }]
}

fn of_this_machine(wrong: &[(&str, Skew)]) -> Finding {
    let title = "The clock of this machine differs from those of all nodes";
    finding(wrong, title)
        .advise("Synchronize the clock of this machine: see `timedatectl` or `chronyc tracking`")
}

fn of_nodes(wrong: &[(&str, Skew)]) -> Finding {
    let title = format!(
        "The clocks of {} differ from this one",
        count(wrong.len(), "node")
    );
    finding(wrong, &title).advise(
        "Synchronize the clocks of these nodes: see `chronyc tracking`. Writes are ordered by the clocks of the \
         nodes that coordinate them, so the later one of two writes may be lost",
    )
}

fn finding(wrong: &[(&str, Skew)], title: &str) -> Finding {
    let breaks_signatures = wrong.iter().any(|(_, skew)| skew.size() > SIGNATURE_LIMIT);
    let finding = match breaks_signatures {
        true => {
            let title = format!("{title}, by more than signatures allow (15 min)");
            Finding::failed(CHECK, title)
        }
        false => Finding::warning(CHECK, title),
    };
    finding.detail(wrong.iter().map(|(url, skew)| format!("{url} is {skew}")))
}

/// Returns true if the nodes' clocks may all be the same.
fn agree(skews: &[(&str, Skew)]) -> bool {
    let least = skews
        .iter()
        .map(|(_, skew)| skew.least)
        .fold(f64::MIN, f64::max);
    let most = skews
        .iter()
        .map(|(_, skew)| skew.most)
        .fold(f64::MAX, f64::min);
    least <= most
}

impl Skew {
    /// `None` if no exchange has a date.
    fn of<'a>(exchanges: impl Iterator<Item = &'a Exchange>) -> Option<Self> {
        let bounds = exchanges.filter_map(|exchange| {
            let date = exchange.date?;
            Some(Self {
                least: seconds_between(exchange.received, date),
                most: seconds_between(exchange.sent, date) + RESOLUTION,
            })
        });
        bounds.reduce(|one, other| Self {
            least: one.least.max(other.least),
            most: one.most.min(other.most),
        })
    }

    /// The seconds by which the clocks differ at least.
    fn size(self) -> f64 {
        self.least.max(-self.most).max(0.0)
    }
}

impl std::fmt::Display for Skew {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let direction = if self.least > 0.0 { "ahead" } else { "behind" };
        let middle = f64::midpoint(self.least, self.most).abs();
        write!(formatter, "{middle:.0} s {direction}")
    }
}

/// The seconds from `earlier` to `later`, negative if it is not earlier.
fn seconds_between(earlier: SystemTime, later: SystemTime) -> f64 {
    match later.duration_since(earlier) {
        Ok(duration) => duration.as_secs_f64(),
        Err(error) => -error.duration().as_secs_f64(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::time::{Duration, UNIX_EPOCH};

    /// An exchange at these times, in milliseconds, with a response of this second.
    fn exchange(sent: u64, received: u64, date: u64) -> Exchange {
        let at = |milliseconds| UNIX_EPOCH + Duration::from_millis(milliseconds);
        Exchange {
            node: String::new(),
            operation: None,
            is_compressed: false,
            sent: at(sent),
            received: at(received),
            round_trip: Duration::from_millis(received - sent),
            status: 200,
            date: Some(at(date * 1000)),
            content_encoding: None,
            length: None,
            local_address: None,
        }
    }

    fn skew(exchanges: &[Exchange]) -> Skew {
        Skew::of(exchanges.iter()).unwrap()
    }

    #[test]
    fn slow_response_shows_no_skew() {
        // Sent at 10.5 s, made at 14 s, received at 14.5 s.
        let skew = skew(&[exchange(10_500, 14_500, 14)]);
        assert!(skew.size() <= 0.0, "{skew:?}");
    }

    #[test]
    fn skew_is_bounded_from_both_sides() {
        let ahead = skew(&[exchange(10_000, 10_200, 70)]);
        assert_eq!((ahead.least, ahead.most), (59.8, 62.0));
        assert_eq!(ahead.to_string(), "61 s ahead");
        let behind = skew(&[exchange(70_000, 70_000, 10)]);
        assert_eq!(behind.size(), 58.0);
        assert_eq!(behind.to_string(), "59 s behind");
    }

    #[test]
    fn several_responses_narrow_the_skew() {
        let skew = skew(&[exchange(10_000, 10_100, 20), exchange(10_500, 12_000, 21)]);
        assert_eq!((skew.least, skew.most), (9.9, 12.0));
    }
}
