//! `rack-sizes`: the racks of a datacenter have equally many nodes.
//!
//! Each rack holds a replica of everything where there are as many racks as replicas, and traffic that is kept in racks
//! is divided by racks: the nodes of a small rack hold and serve more than others.

use super::advice;
use crate::check::Evidence;
use crate::check::finding::Finding;
use alternator_lb_sdk::permissions::ServerTable;
use std::collections::BTreeMap;

const CHECK: &str = "rack-sizes";

/// A node that gets this many times the load of another one is worth a warning; nodes vary by less all the time.
const RATIO: f64 = 1.2;

pub(super) fn check(evidence: Evidence<'_>) -> Vec<Finding> {
    let members = match evidence.facts.members() {
        Some(Ok(members)) => members,
        Some(Err(failure)) => {
            let finding =
                Finding::skipped(CHECK, format!("the racks of nodes are unknown: {failure}"));
            return vec![finding.advise(advice::grant(evidence, ServerTable::Peers))];
        }
        None => return vec![Finding::skipped(CHECK, evidence.facts.skip_reason())],
    };
    let mut datacenters: BTreeMap<&str, BTreeMap<&str, usize>> = BTreeMap::new();
    for member in &members {
        let racks = datacenters.entry(&member.datacenter).or_default();
        *racks.entry(&member.rack).or_default() += 1;
    }
    let findings: Vec<_> = datacenters
        .iter()
        .filter_map(|(datacenter, racks)| uneven(datacenter, racks))
        .collect();
    if !findings.is_empty() {
        return findings;
    }
    let lines = datacenters
        .iter()
        .map(|(datacenter, racks)| line(datacenter, racks));
    vec![Finding::passed(CHECK, "The racks of each datacenter are of similar size").detail(lines)]
}

fn uneven(datacenter: &str, racks: &BTreeMap<&str, usize>) -> Option<Finding> {
    let least = *racks.values().min()?;
    let most = *racks.values().max()?;
    let ratio = most as f64 / least as f64;
    let finding = (ratio >= RATIO).then(|| {
        let title = format!(
            "The nodes of the smallest rack of `{datacenter}` get up to {ratio:.1} times the load of others"
        );
        Finding::warning(CHECK, title)
    })?;
    Some(finding.detail([line(datacenter, racks)]).advise(
        "Add nodes to the small racks, and do not keep the traffic in racks until then: use a scope of the \
         datacenter",
    ))
}

fn line(datacenter: &str, racks: &BTreeMap<&str, usize>) -> String {
    let racks = racks.iter().map(|(rack, nodes)| format!("{rack}: {nodes}"));
    format!("{datacenter}: {}", racks.collect::<Vec<_>>().join(", "))
}
