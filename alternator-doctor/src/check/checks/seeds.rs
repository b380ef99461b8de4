//! `seeds`: each seed is a node of Alternator that responds.

use super::advice;
use crate::check::Evidence;
use crate::check::finding::Finding;

const CHECK: &str = "seeds";

pub(super) fn check(evidence: Evidence<'_>) -> Vec<Finding> {
    let seeds = &evidence.facts.seeds;
    if seeds.iter().all(|seed| seed.health.is_none()) {
        return vec![Finding::skipped(CHECK, evidence.facts.skip_reason())];
    }
    let failed = seeds.iter().filter_map(|seed| match &seed.health {
        Some(Err(failure)) => Some((seed, failure)),
        Some(Ok(())) | None => None,
    });
    let findings: Vec<_> = failed
        .map(|(seed, failure)| {
            Finding::failed(CHECK, format!("The seed {} does not respond", seed.url))
                .detail([failure.text.as_str()])
                .advise(advice::about(failure, &seed.url))
        })
        .collect();
    if !findings.is_empty() {
        return findings;
    }
    let title = match seeds.as_slice() {
        [seed] => format!("The seed {} responds", seed.url),
        seeds => format!("All {} seeds respond", seeds.len()),
    };
    vec![Finding::passed(CHECK, title)]
}
