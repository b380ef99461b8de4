//! `discovery`: the library finds and reaches nodes, with the application's seeds and scope.

use super::count;
use crate::check::Evidence;
use crate::check::finding::Finding;

const CHECK: &str = "discovery";

pub(super) fn check(evidence: Evidence<'_>) -> Vec<Finding> {
    vec![match &evidence.facts.discovered {
        Some(Ok(nodes)) => {
            let title = format!("The library finds {} with these settings", count(nodes.len(), "node"));
            Finding::passed(CHECK, title)
        }
        Some(Err(error)) => Finding::failed(CHECK, "The library finds no nodes with these settings")
            .detail([error.to_string()])
            .advise("Mend what the checks above have found; Alternator::ready() fails in the application, too"),
        None => Finding::skipped(CHECK, evidence.facts.skip_reason()),
    }]
}
