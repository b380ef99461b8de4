//! `cluster-name`: all nodes and seeds belong to the same cluster.

use super::advice;
use super::count;
use crate::check::Evidence;
use crate::check::finding::Finding;
use alternator_lb_sdk::permissions::ServerTable;
use std::collections::BTreeMap;

const CHECK: &str = "cluster-name";

pub(super) fn check(evidence: Evidence<'_>) -> Vec<Finding> {
    let mut clusters: BTreeMap<&str, Vec<&str>> = BTreeMap::new();
    let mut failure = None;
    for node in &evidence.facts.nodes {
        match &node.local {
            Some(Ok(local)) => {
                if let Some(cluster) = &local.cluster {
                    clusters.entry(cluster).or_default().push(&node.url);
                }
            }
            Some(Err(error)) => failure = Some(error),
            None => {}
        }
    }
    let mut names = clusters.keys();
    vec![match (names.next(), names.next(), failure) {
        (Some(name), None, _) => {
            let nodes: usize = clusters.values().map(Vec::len).sum();
            let verb = if nodes == 1 { "names" } else { "name" };
            let title = format!("{} {verb} the cluster `{name}`", count(nodes, "node"));
            Finding::passed(CHECK, title)
        }
        (Some(_), Some(_), _) => {
            let line = |(name, urls): (&&str, &Vec<&str>)| format!("`{name}`: {}", urls.join(", "));
            Finding::failed(CHECK, "The nodes belong to different clusters")
                .detail(clusters.iter().map(line))
                .advise("Use seeds of one cluster; if a node lists nodes of another one, see `nodetool status`")
        }
        (None, _, Some(failure)) => Finding::skipped(CHECK, format!("no node tells: {failure}"))
            .advise(advice::grant(evidence, ServerTable::Local)),
        (None, _, None) => Finding::skipped(CHECK, evidence.facts.skip_reason()),
    }]
}
