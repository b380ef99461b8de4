//! `keep-alive` and `shedding`: connections are kept between requests, and work after one that was shed.

use super::count;
use crate::check::Evidence;
use crate::check::facts::Shedding;
use crate::check::finding::Finding;
use std::collections::BTreeSet;

const CHECK_KEEP_ALIVE: &str = "keep-alive";
const CHECK_SHEDDING: &str = "shedding";

/// The number of requests that show it: the connection of one may not be back in the pool when the next one begins.
const REQUESTS: usize = 3;

pub(super) fn check_keep_alive(evidence: Evidence<'_>) -> Vec<Finding> {
    let facts = evidence.facts;
    let is_kept = |url: &str| {
        let exchanges = facts.exchanges.iter();
        let of_node =
            exchanges.filter(|exchange| exchange.node == url && exchange.operation.is_none());
        let connections: Vec<_> = of_node
            .filter_map(|exchange| exchange.local_address)
            .collect();
        let different: BTreeSet<_> = connections.iter().collect();
        (connections.len() >= REQUESTS).then_some(different.len() < connections.len())
    };
    let nodes = facts.nodes.iter();
    let nodes: Vec<_> = nodes
        .filter_map(|node| Some((node.url.as_str(), is_kept(&node.url)?)))
        .collect();
    if nodes.is_empty() {
        return vec![Finding::skipped(CHECK_KEEP_ALIVE, facts.skip_reason())];
    }
    let closed = nodes.iter().filter(|(_, is_kept)| !is_kept);
    let closed: Vec<_> = closed.map(|(url, _)| *url).collect();
    if closed.is_empty() {
        let title = format!("Connections to {} are kept", count(nodes.len(), "node"));
        return vec![Finding::passed(CHECK_KEEP_ALIVE, title)];
    }
    let title = format!(
        "Connections to {} end with each request",
        count(closed.len(), "node")
    );
    vec![
        Finding::warning(CHECK_KEEP_ALIVE, title).detail(closed).advise(
            "ScyllaDB keeps connections: find the proxy or load balancer on the way that closes them, and \
             allow keep-alive there",
        ),
    ]
}

pub(super) fn check_shedding(evidence: Evidence<'_>) -> Vec<Finding> {
    let facts = evidence.facts;
    let shed = facts.nodes.iter().filter_map(|node| {
        let shedding = node.after_shedding.as_ref()?;
        Some((node.url.as_str(), shedding))
    });
    let shed: Vec<_> = shed.collect();
    let broken = shed.iter().filter_map(|(url, shedding)| match shedding {
        Shedding::Broken(failure) => Some(format!("{url}: {failure}")),
        Shedding::Served => None,
    });
    let broken: Vec<_> = broken.collect();
    vec![match (shed.len(), broken.is_empty()) {
        (0, _) => Finding::skipped(CHECK_SHEDDING, "no node shed a request"),
        (shed, true) => {
            let title = format!("Connections to {} work after a shed request", count(shed, "node"));
            Finding::passed(CHECK_SHEDDING, title)
        }
        (_, false) => Finding::warning(CHECK_SHEDDING, "The request after a shed one fails")
            .detail(broken)
            .advise(
                "Upgrade ScyllaDB: 2026.2.0 to 2026.2.5 leave the bodies of shed requests on the connection",
            ),
    }]
}
