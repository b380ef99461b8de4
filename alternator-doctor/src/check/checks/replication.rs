//! `replication`: every datacenter that the application uses holds replicas of its tables.

mod factor;

use super::tables::why_none;
use super::{advice, count};
use crate::arguments::ScopePart;
use crate::check::Evidence;
use crate::check::finding::Finding;
use alternator_lb_sdk::permissions::ServerTable;
pub(super) use factor::Factor;
use std::collections::{BTreeMap, BTreeSet};

const CHECK: &str = "replication";

pub(super) fn check(evidence: Evidence<'_>) -> Vec<Finding> {
    let datacenters = datacenters(evidence);
    if datacenters.is_empty() && evidence.facts.serving_node.is_some() {
        let finding = Finding::skipped(CHECK, "the datacenters of the nodes are unknown");
        return vec![finding.advise(advice::grant(evidence, ServerTable::Local))];
    }
    let (mut known, mut unknown) = (Vec::new(), Vec::new());
    for table in &evidence.facts.tables.tables {
        match &table.replication {
            Some(Ok(Some(text))) => known.push((table.name.as_str(), text.as_str())),
            Some(Err(failure)) => unknown.push(failure),
            Some(Ok(None)) | None => {}
        }
    }
    let mut findings = Vec::new();
    findings.extend(without_replicas(&tables_with(0, &known, &datacenters)));
    findings.extend(with_single_replica(&tables_with(1, &known, &datacenters)));
    if findings.is_empty() && !known.is_empty() {
        let names: Vec<_> = datacenters.keys().map(String::as_str).collect();
        let title = format!(
            "{} replicated to {}",
            count(known.len(), "table"),
            names.join(", ")
        );
        findings.push(Finding::passed(CHECK, title));
    }
    if let Some(failure) = unknown.first() {
        let reason = format!(
            "the replication of {}: {failure}",
            count(unknown.len(), "table")
        );
        let grant = advice::grant(evidence, ServerTable::Keyspaces);
        findings.push(Finding::skipped(CHECK, reason).advise(grant));
    }
    if findings.is_empty() {
        findings.push(Finding::skipped(CHECK, why_none(evidence)));
    }
    findings
}

/// The tables with this number of replicas in a datacenter, although it has more nodes; each with the datacenter.
fn tables_with<'a>(
    replicas: usize,
    tables: &[(&'a str, &str)],
    datacenters: &'a BTreeMap<String, usize>,
) -> Vec<(&'a str, &'a str)> {
    let mut found = Vec::new();
    for (table, replication) in tables {
        for (datacenter, nodes) in datacenters {
            let has_so_many = Factor::of(replication, datacenter) == Factor::Number(replicas);
            if has_so_many && (replicas == 0 || *nodes > replicas) {
                found.push((*table, datacenter.as_str()));
            }
        }
    }
    found
}

/// The datacenters of the nodes that are used, and of the scope, with their numbers of nodes.
fn datacenters(evidence: Evidence<'_>) -> BTreeMap<String, usize> {
    let mut datacenters = BTreeMap::new();
    if let Some(Ok(members)) = evidence.facts.members() {
        let listed = evidence
            .facts
            .listed_members()
            .and_then(Result::ok)
            .unwrap_or_default();
        let used: BTreeSet<_> = listed.iter().map(|member| &member.datacenter).collect();
        for member in members
            .iter()
            .filter(|member| used.contains(&member.datacenter))
        {
            *datacenters.entry(member.datacenter.clone()).or_default() += 1;
        }
    }
    for part in &evidence.arguments.cluster.scope {
        match part {
            ScopePart::Cluster => {}
            ScopePart::Datacenter(datacenter) | ScopePart::Rack { datacenter, .. } => {
                datacenters.entry(datacenter.clone()).or_default();
            }
        }
    }
    datacenters
}

fn without_replicas(tables: &[(&str, &str)]) -> Option<Finding> {
    let (table, datacenter) = tables.first()?;
    let title = format!(
        "{} in a datacenter without replicas",
        count(tables.len(), "table")
    );
    let finding = Finding::failed(CHECK, title).detail(lines(tables));
    Some(finding.advise(format!(
        "ALTER KEYSPACE \"alternator_{table}\" WITH replication = {{'class': 'NetworkTopologyStrategy', \
         '{datacenter}': 3, ...}}; for each, naming the other datacenters as they are. With vnodes, then \
         `nodetool rebuild` on the nodes of `{datacenter}`"
    )))
}

fn with_single_replica(tables: &[(&str, &str)]) -> Option<Finding> {
    let (table, datacenter) = tables.first()?;
    let title = format!(
        "{} with a single replica: lost with one node",
        count(tables.len(), "table")
    );
    let finding = Finding::warning(CHECK, title).detail(lines(tables));
    Some(finding.advise(format!(
        "Raise the replication factor to 3: ALTER KEYSPACE \"alternator_{table}\" WITH replication = {{'class': \
         'NetworkTopologyStrategy', '{datacenter}': 3}};. Tables that are created with three nodes or more have it"
    )))
}

fn lines(tables: &[(&str, &str)]) -> Vec<String> {
    let tables = tables.iter();
    tables
        .map(|(table, datacenter)| format!("`{table}` in `{datacenter}`"))
        .collect()
}
