//! `node-list`: all nodes list the same nodes, by addresses that clients can use.

use super::count;
use crate::check::Evidence;
use crate::check::facts::{ClusterFacts, NodeFacts, host};
use crate::check::finding::Finding;
use crate::connection::Failure;
use std::collections::BTreeSet;
use std::net::IpAddr;

const CHECK: &str = "node-list";

/// A list, and the node that returned it.
struct List<'a> {
    url: &'a str,
    entries: &'a [String],
}

pub(super) fn check(evidence: Evidence<'_>) -> Vec<Finding> {
    let facts = evidence.facts;
    let lists = lists(facts);
    let Some(first) = lists.first() else {
        return vec![without_lists(facts)];
    };
    let mut findings = Vec::new();
    findings.extend(unusable_entries(facts, &lists));
    findings.extend(repeated_entries(&lists));
    findings.extend(empty_lists(&lists));
    findings.extend(different_lists(facts));
    if findings.is_empty() {
        let nodes = facts.nodes.iter().filter(|node| node.is_listed).count();
        let title = match facts.seeds.len() {
            0 | 1 => format!("{} lists {}", first.url, count(nodes, "node")),
            _ => format!("The seeds list {}", count(nodes, "node")),
        };
        findings.push(Finding::passed(CHECK, title));
    }
    findings
}

/// The lists of seeds and of other nodes.
fn lists(facts: &ClusterFacts) -> Vec<List<'_>> {
    let of_seeds = facts
        .seeds
        .iter()
        .map(|seed| (seed.url.as_str(), &seed.list));
    let is_seed = |node: &&NodeFacts| facts.seeds.iter().any(|seed| seed.url == node.url);
    let others = facts.nodes.iter().filter(|node| !is_seed(node));
    let of_others = others.map(|node| (node.url.as_str(), &node.list));
    let lists = of_seeds.chain(of_others);
    lists
        .filter_map(|(url, list)| match list {
            Some(Ok(entries)) => Some(List { url, entries }),
            Some(Err(_)) | None => None,
        })
        .collect()
}

fn without_lists(facts: &ClusterFacts) -> Finding {
    let failure = facts.seeds.iter().find_map(|seed| match &seed.list {
        Some(Err(failure)) => Some((seed, failure)),
        Some(Ok(_)) | None => None,
    });
    match failure {
        Some((seed, Failure { text, .. })) => {
            Finding::failed(CHECK, format!("{} does not list nodes", seed.url))
                .detail([text.as_str()])
                .advise("Of a load balancer, or a server that is not ScyllaDB: use Builder::without_discovery()")
        }
        None => Finding::skipped(CHECK, facts.skip_reason()),
    }
}

/// Entries that are no addresses, or that only the node itself can connect to.
fn unusable_entries(facts: &ClusterFacts, lists: &[List<'_>]) -> Option<Finding> {
    let is_on_loopback = facts.seeds.iter().any(|seed| {
        let host = host(&seed.url).trim_matches(['[', ']']);
        host == "localhost"
            || host
                .parse()
                .is_ok_and(|address: IpAddr| address.is_loopback())
    });
    let is_usable = |entry: &str| {
        entry.parse::<IpAddr>().is_ok_and(|address| {
            !address.is_unspecified() && (is_on_loopback || !address.is_loopback())
        })
    };
    let unusable = lists.iter().filter_map(|list| {
        let entries: Vec<_> = list
            .entries
            .iter()
            .filter(|entry| !is_usable(entry))
            .collect();
        let shown = entries.iter().take(3).map(|entry| format!("`{entry}`"));
        let shown = shown.collect::<Vec<_>>().join(", ");
        (!entries.is_empty()).then(|| format!("{} lists {shown}", list.url))
    });
    let detail: Vec<_> = unusable.collect();
    (!detail.is_empty()).then(|| {
        Finding::failed(CHECK, "Nodes are listed by what clients cannot connect to")
            .detail(detail)
            .advise(BROADCAST)
    })
}

fn repeated_entries(lists: &[List<'_>]) -> Option<Finding> {
    let is_repeated = |list: &&List<'_>| {
        let different: BTreeSet<_> = list.entries.iter().collect();
        different.len() < list.entries.len()
    };
    let repeated = lists.iter().filter(is_repeated);
    let detail: Vec<_> = repeated
        .map(|list| format!("{} lists {}", list.url, list.entries.join(", ")))
        .collect();
    (!detail.is_empty()).then(|| {
        Finding::failed(CHECK, "Several nodes are listed at the same address")
            .detail(detail)
            .advise(BROADCAST)
    })
}

fn empty_lists(lists: &[List<'_>]) -> Option<Finding> {
    let empty = lists.iter().filter(|list| list.entries.is_empty());
    let detail: Vec<_> = empty.map(|list| list.url.to_owned()).collect();
    (!detail.is_empty()).then(|| {
        Finding::failed(CHECK, "A list of nodes is empty")
            .detail(detail)
            .advise("See `nodetool status` on these nodes: a node lists itself once it has joined")
    })
}

/// Nodes that do not list the same nodes as one that lists them, which are of their datacenter.
fn different_lists(facts: &ClusterFacts) -> Option<Finding> {
    let set = |node: &NodeFacts| -> Option<BTreeSet<IpAddr>> {
        let entries = node.list.as_ref()?.as_ref().ok()?;
        Some(
            entries
                .iter()
                .filter_map(|entry| entry.parse().ok())
                .collect(),
        )
    };
    let lists: Vec<_> = facts
        .nodes
        .iter()
        .filter_map(|node| Some((node, node.address?, set(node)?)))
        .collect();
    let differs = |(_, address, set): &&(&NodeFacts, IpAddr, BTreeSet<IpAddr>)| {
        let mut others = lists.iter();
        others.any(|(_, other, list)| {
            let is_related = list.contains(address) || set.contains(other);
            is_related && list != set
        })
    };
    let differing = lists.iter().filter(differs);
    let detail: Vec<_> = differing
        .map(|(node, _, set)| format!("{} lists {}", node.url, count(set.len(), "node")))
        .collect();
    (!detail.is_empty()).then(|| {
        Finding::warning(CHECK, "Nodes of one datacenter do not list the same nodes")
            .detail(detail)
            .advise(
                "A node may have lost contact to others, or joins or leaves: see `nodetool status` on each, \
                 and check again in half a minute",
            )
    })
}

const BROADCAST: &str =
    "Set `broadcast_rpc_address` in scylla.yaml of each node to its own address for clients";
