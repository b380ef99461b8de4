//! `token-maps`: token awareness finds the replicas of every table, or the reason why it does not.

use super::replication::Factor;
use super::tables::why_none;
use super::{advice, count};
use crate::check::Evidence;
use crate::check::facts::{Member, TableFacts};
use crate::check::finding::Finding;
use alternator_lb_sdk::permissions::ServerTable;
use std::collections::BTreeMap;

const CHECK: &str = "token-maps";

/// The number of ranges from which on the library keeps no map.
const MAX_RANGES: u64 = 262_144;

/// The map of a table's tokens.
#[derive(Clone, Debug, PartialEq, Eq)]
enum Map {
    /// It is read from this many tablets, or from vnodes.
    Tablets(u64),
    Vnodes,
    /// Every node holds every partition.
    NotNeeded,
    /// There is none, for this reason.
    Missing(String),
}

pub(super) fn check(evidence: Evidence<'_>) -> Vec<Finding> {
    let tables = evidence.facts.tables.tables.iter();
    let tables: Vec<_> = tables
        .filter_map(|table| Some((table.name.as_str(), map(evidence, table)?)))
        .collect();
    if tables.is_empty() {
        return vec![Finding::skipped(CHECK, why_none(evidence))];
    }
    let mut findings = Vec::new();
    let missing = tables.iter().filter_map(|(table, map)| match map {
        Map::Missing(reason) => Some(format!("`{table}`: {reason}")),
        Map::Tablets(_) | Map::Vnodes | Map::NotNeeded => None,
    });
    let missing: Vec<_> = missing.collect();
    if !missing.is_empty() {
        let title = format!(
            "Token awareness finds no replicas of {}",
            count(missing.len(), "table")
        );
        let finding = Finding::warning(CHECK, title).detail(missing);
        findings.push(finding.advise(
            "Their requests are discovered as without it: grant what `server-tables` names, or leave the tables out \
             with Builder::table_options(..)",
        ));
    }
    let known = tables.iter().filter_map(|(table, map)| match map {
        Map::Tablets(tablets) => Some(format!("`{table}`: {tablets} tablets")),
        Map::Vnodes => Some(format!("`{table}`: vnodes")),
        Map::NotNeeded => Some(format!(
            "`{table}`: none is needed, every node holds every partition"
        )),
        Map::Missing(_) => None,
    });
    let known: Vec<_> = known.collect();
    if !known.is_empty() {
        let title = format!(
            "Token awareness finds the replicas of {}",
            count(known.len(), "table")
        );
        findings.push(Finding::passed(CHECK, title).detail(known));
    }
    findings
}

/// `None` if the table was not described.
fn map(evidence: Evidence<'_>, table: &TableFacts) -> Option<Map> {
    table.description.as_ref()?.as_ref().ok()?;
    let facts = &evidence.facts.server_tables;
    if is_everywhere(evidence, table) {
        return Some(Map::NotNeeded);
    }
    for needed in [ServerTable::Local, ServerTable::Peers] {
        let result = facts.readable.iter().find(|(table, _)| *table == needed);
        if let Some((_, Err(failure))) = result {
            return Some(Map::Missing(format!(
                "{} cannot be read: {failure}",
                needed.name()
            )));
        }
    }
    Some(match table.tablets.as_ref()? {
        Ok(Some(tablets)) if *tablets > MAX_RANGES => Map::Missing(format!(
            "{tablets} tablets are over the limit of {MAX_RANGES}"
        )),
        Ok(Some(tablets)) => Map::Tablets(*tablets),
        // Servers before 6.0 have no tablets.
        Ok(None) => vnodes(evidence, table)?,
        Err(failure) if failure.is("ResourceNotFoundException") => vnodes(evidence, table)?,
        Err(failure) => Map::Missing(format!(
            "{failure}. {}",
            advice::grant(evidence, ServerTable::Tablets)
        )),
    })
}

/// The ring of vnodes is read once: the server computes all of it each time.
fn vnodes(evidence: Evidence<'_>, table: &TableFacts) -> Option<Map> {
    Some(match evidence.facts.server_tables.ring.as_ref()? {
        Ok((keyspace, false)) if *keyspace == table.keyspace() => {
            Map::Missing("neither tablets nor vnodes are listed".to_owned())
        }
        Ok(_) => Map::Vnodes,
        Err(failure) => Map::Missing(format!(
            "{failure}. {}",
            advice::grant(evidence, ServerTable::TokenRing)
        )),
    })
}

/// Returns true if each node of the datacenters that are used holds every partition.
fn is_everywhere(evidence: Evidence<'_>, table: &TableFacts) -> bool {
    let Some(Ok(Some(replication))) = &table.replication else {
        return false;
    };
    let (Some(Ok(members)), Some(Ok(listed))) =
        (evidence.facts.members(), evidence.facts.listed_members())
    else {
        return false;
    };
    let mut datacenters: BTreeMap<&str, usize> = BTreeMap::new();
    for Member { datacenter, .. } in &members {
        *datacenters.entry(datacenter).or_default() += 1;
    }
    datacenters.retain(|name, _| listed.iter().any(|member| member.datacenter == *name));
    !datacenters.is_empty()
        && datacenters.iter().all(
            |(datacenter, nodes)| match Factor::of(replication, datacenter) {
                Factor::Number(factor) => factor >= *nodes,
                Factor::Unknown => false,
            },
        )
}
