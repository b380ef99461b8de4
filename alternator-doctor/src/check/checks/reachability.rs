//! `nodes-reachable` and `nodes-serve`: every listed node can be reached from here, and serves operations.

use super::authorization::is_refusal;
use super::{advice, count};
use crate::check::Evidence;
use crate::check::facts::{MAX_NODES, NodeFacts, Outcome};
use crate::check::finding::Finding;
use crate::connection::Failure;

const CHECK: &str = "nodes-reachable";
const CHECK_OPERATIONS: &str = "nodes-serve";

pub(super) fn check(evidence: Evidence<'_>) -> Vec<Finding> {
    let facts = evidence.facts;
    let listed: Vec<_> = facts.nodes.iter().filter(|node| node.is_listed).collect();
    let checked = listed.iter().filter(|node| node.health.is_some()).count();
    if checked == 0 {
        let reason = match facts.responding_seed() {
            Some(_) if listed.is_empty() => "no node is listed",
            _ => facts.skip_reason(),
        };
        return vec![Finding::skipped(CHECK, reason)];
    }
    let failed = failures(&listed, |node| &node.health);
    let mut findings = match failed.first() {
        None => {
            let title = format!("{} from here", responded(checked));
            vec![Finding::passed(CHECK, title)]
        }
        Some((first, failure)) => {
            let verb = if failed.len() == 1 { "does" } else { "do" };
            let of_nodes = format!("{} of {}", failed.len(), count(checked, "listed node"));
            let title = format!("{of_nodes} {verb} not respond from here");
            let finding = Finding::failed(CHECK, title).detail(lines(&failed));
            vec![match failed.len() == checked {
                true => finding.advise(TRANSLATED),
                false => finding.advise(advice::about(failure, &first.url)),
            }]
        }
    };
    let omitted = facts.omitted_nodes;
    if checked < listed.len() || omitted > 0 {
        let nodes = count(listed.len() - checked + omitted, "further node");
        let reason = match omitted {
            0 => facts.skip_reason().to_owned(),
            _ => format!("at most {MAX_NODES} are"),
        };
        findings.push(Finding::skipped(CHECK, format!("{nodes}, {reason}")));
    }
    findings
}

pub(super) fn check_operations(evidence: Evidence<'_>) -> Vec<Finding> {
    let nodes: Vec<_> = evidence.facts.nodes.iter().collect();
    let checked = nodes.iter().filter(|node| node.operation.is_some()).count();
    if checked == 0 {
        return vec![Finding::skipped(
            CHECK_OPERATIONS,
            evidence.facts.skip_reason(),
        )];
    }
    let failed = failures(&nodes, |node| &node.operation);
    let (refused, failed): (Vec<_>, Vec<_>) = failed
        .into_iter()
        .partition(|(_, failure)| is_refusal(failure));
    let (shed, failed): (Vec<_>, Vec<_>) = failed
        .into_iter()
        .partition(|(_, failure)| failure.is("RequestLimitExceeded"));
    let mut findings = Vec::new();
    if let Some((_, failure)) = failed.first() {
        let title = format!("{} without serving operations", responded(failed.len()));
        findings.push(
            Finding::failed(CHECK_OPERATIONS, title)
                .detail(lines(&failed))
                .advise(format!(
                    "See the logs of these nodes for the error: {failure}"
                )),
        );
    }
    if !shed.is_empty() {
        let title = format!(
            "{} with more requests than may be in flight",
            responded(shed.len())
        );
        findings.push(
            Finding::warning(CHECK_OPERATIONS, title)
                .detail(lines(&shed))
                .advise("Add nodes, or raise `max_concurrent_requests_per_shard` in scylla.yaml"),
        );
    }
    if findings.is_empty() {
        findings.push(match refused.len() {
            0 => {
                let title = format!("ListTables succeeds on {}", count(checked, "node"));
                Finding::passed(CHECK_OPERATIONS, title)
            }
            _ => Finding::skipped(CHECK_OPERATIONS, "the credentials are refused"),
        });
    }
    findings
}

fn responded(nodes: usize) -> String {
    match nodes {
        1 => "1 node responds".to_owned(),
        _ => format!("{nodes} nodes respond"),
    }
}

/// The nodes of which a request failed.
fn failures<'a>(
    nodes: &[&'a NodeFacts],
    request: for<'n> fn(&'n NodeFacts) -> &'n Outcome<()>,
) -> Vec<(&'a NodeFacts, &'a Failure)> {
    let failed = |node: &&'a NodeFacts| Some((*node, request(node).as_ref()?.as_ref().err()?));
    nodes.iter().filter_map(failed).collect()
}

fn lines(failures: &[(&NodeFacts, &Failure)]) -> Vec<String> {
    let failures = failures.iter();
    failures
        .map(|(node, failure)| format!("{}: {failure}", node.url))
        .collect()
}

const TRANSLATED: &str = "No listed address can be reached from here, as behind address translation or in \
     containers: set `broadcast_rpc_address` to addresses that clients can reach, or use \
     Builder::without_discovery() or Builder::address_translator(..) with the addresses that work";
