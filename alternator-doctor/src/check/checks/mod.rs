//! The checks. Each evaluates the facts, makes no request, and returns its findings.

mod advice;
mod authorization;
mod certificates;
mod clock_skew;
mod cluster_name;
mod compression;
mod connections;
mod discovery;
mod node_list;
mod operations;
mod proxy;
mod rack_sizes;
mod reachability;
mod replication;
mod round_trip;
mod scope;
mod seeds;
mod server_tables;
mod server_version;
mod tables;
mod token_maps;
mod write_isolation;

use super::Evidence;
use super::finding::Finding;
use super::report::Group;

type Check = fn(Evidence<'_>) -> Vec<Finding>;

/// All checks, in the order of the report.
const CHECKS: [(&str, &[Check]); 6] = [
    (
        "Network",
        &[
            seeds::check,
            node_list::check,
            reachability::check,
            proxy::check,
            certificates::check,
            clock_skew::check,
            round_trip::check,
            connections::check_keep_alive,
            connections::check_shedding,
        ],
    ),
    (
        "Authorization",
        &[
            authorization::check_enforcement,
            authorization::check_credentials,
            authorization::check_access_key,
            reachability::check_operations,
        ],
    ),
    (
        "Cluster",
        &[
            cluster_name::check,
            server_version::check,
            scope::check_filters,
            scope::check_names,
            discovery::check,
            rack_sizes::check,
            compression::check_requests,
            compression::check_responses,
        ],
    ),
    (
        "Tables",
        &[tables::check, replication::check, write_isolation::check],
    ),
    (
        "Token awareness",
        &[server_tables::check, token_maps::check],
    ),
    ("Application", &[operations::check]),
];

pub(super) fn run(evidence: Evidence<'_>) -> Vec<Group> {
    let run = |(title, checks): (&'static str, &[Check])| Group {
        title,
        findings: checks.iter().flat_map(|check| check(evidence)).collect(),
    };
    CHECKS.map(run).into()
}

/// `1 node`, `2 nodes`
fn count(number: usize, noun: &str) -> String {
    match number {
        1 => format!("1 {noun}"),
        _ => format!("{number} {noun}s"),
    }
}
