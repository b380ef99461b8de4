//! `round-trip`: no node is much further away than the others.

use super::count;
use crate::check::Evidence;
use crate::check::finding::Finding;
use std::time::Duration;

const CHECK: &str = "round-trip";

/// A node this many times further away than the middle one is in another place, and not only busy.
const RATIO: u32 = 5;
/// Differences below do not matter.
const TOLERANCE: Duration = Duration::from_millis(5);

pub(super) fn check(evidence: Evidence<'_>) -> Vec<Finding> {
    let facts = evidence.facts;
    let round_trip = |url: &str| {
        let exchanges = facts.exchanges.iter();
        let of_node =
            exchanges.filter(|exchange| exchange.node == url && exchange.operation.is_none());
        of_node.map(|exchange| exchange.round_trip).min()
    };
    let nodes = facts.nodes.iter().filter(|node| node.responds());
    let mut nodes: Vec<_> = nodes
        .filter_map(|node| Some((round_trip(&node.url)?, node.url.as_str())))
        .collect();
    nodes.sort_unstable();
    let Some((middle, _)) = nodes.get((nodes.len().saturating_sub(1)) / 2).copied() else {
        return vec![Finding::skipped(CHECK, facts.skip_reason())];
    };
    let line =
        |(round_trip, url): &(Duration, &str)| format!("{url}: {}", milliseconds(*round_trip));
    let limit = (middle * RATIO).max(middle + TOLERANCE);
    let far: Vec<_> = nodes
        .iter()
        .filter(|(round_trip, _)| *round_trip > limit)
        .collect();
    if far.is_empty() {
        let title = format!("A round trip takes {} in the middle", milliseconds(middle));
        nodes.sort_unstable_by_key(|(_, url)| *url);
        return vec![Finding::passed(CHECK, title).detail(nodes.iter().map(line))];
    }
    let title = format!(
        "A round trip to {} takes over {RATIO} times as long as to the others ({})",
        count(far.len(), "node"),
        milliseconds(middle)
    );
    vec![
        Finding::warning(CHECK, title).detail(far.into_iter().map(line)).advise(
            "If they are in another datacenter or zone, keep the traffic near: --scope DC/RACK,DC here, \
             Builder::scope(..) in the application",
        ),
    ]
}

fn milliseconds(duration: Duration) -> String {
    format!("{:.1} ms", duration.as_secs_f64() * 1_000.0)
}
