//! `tls-certificates`: the nodes' certificates are trusted, and name their addresses.

use super::{advice, count};
use crate::check::Evidence;
use crate::check::finding::Finding;
use crate::connection::{Failure, FailureKind};
use std::collections::BTreeMap;

const CHECK: &str = "tls-certificates";

pub(super) fn check(evidence: Evidence<'_>) -> Vec<Finding> {
    let facts = evidence.facts;
    if facts
        .seeds
        .iter()
        .any(|seed| seed.url.starts_with("http://"))
    {
        return vec![Finding::skipped(
            CHECK,
            "the seeds use http, without certificates",
        )];
    }
    let of_seeds = facts
        .seeds
        .iter()
        .map(|seed| (seed.url.as_str(), &seed.health));
    let of_nodes = facts
        .nodes
        .iter()
        .map(|node| (node.url.as_str(), &node.health));
    // A seed may be a node.
    let hosts: BTreeMap<_, _> = of_seeds.chain(of_nodes).collect();
    let accepted = hosts
        .values()
        .filter(|health| matches!(health, Some(Ok(()))));
    let accepted = accepted.count();
    let refused: Vec<_> = hosts
        .iter()
        .filter_map(|(url, health)| match health {
            Some(Err(failure)) if is_about_certificate(failure) => Some((*url, failure)),
            Some(Err(_) | Ok(())) | None => None,
        })
        .collect();
    match refused.first() {
        Some((url, first)) => {
            let title = format!(
                "The certificates of {} are refused",
                count(refused.len(), "host")
            );
            let detail = refused
                .iter()
                .map(|(url, failure)| format!("{url}: {failure}"));
            vec![
                Finding::failed(CHECK, title)
                    .detail(detail)
                    .advise(advice::about(first, url)),
            ]
        }
        None if accepted > 0 => {
            let title = format!(
                "The certificates of {} are trusted, and name them",
                count(accepted, "host")
            );
            vec![Finding::passed(CHECK, title)]
        }
        None => vec![Finding::skipped(CHECK, facts.skip_reason())],
    }
}

fn is_about_certificate(failure: &Failure) -> bool {
    matches!(failure.kind, FailureKind::Certificate(_))
}
