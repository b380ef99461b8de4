//! `node-list-filters` and `scope`: the server lists the nodes of a datacenter and of a rack, and those of the
//! application's scope exist.

use super::count;
use crate::arguments::ScopePart;
use crate::check::Evidence;
use crate::check::finding::Finding;
use std::collections::BTreeSet;

const CHECK_FILTERS: &str = "node-list-filters";
const CHECK_NAMES: &str = "scope";

/// Returns true if the server filters `/localnodes`, and `None` if that is unknown.
fn filters(evidence: Evidence<'_>) -> Option<bool> {
    let list = evidence.facts.unknown_rack.as_ref()?.as_ref();
    list.ok().map(Vec::is_empty)
}

pub(super) fn check_filters(evidence: Evidence<'_>) -> Vec<Finding> {
    let needs_filters = evidence
        .arguments
        .cluster
        .scope
        .iter()
        .any(|part| match part {
            ScopePart::Cluster => false,
            ScopePart::Datacenter(_) | ScopePart::Rack { .. } => true,
        });
    vec![match (filters(evidence), &evidence.facts.unknown_rack) {
        (Some(true), _) => Finding::passed(
            CHECK_FILTERS,
            "/localnodes filters by datacenter and rack (ScyllaDB 2025.1 or later)",
        ),
        (Some(false), _) => {
            let title = "/localnodes ignores datacenter and rack (ScyllaDB before 2025.1)";
            let finding = match needs_filters {
                true => Finding::failed(CHECK_FILTERS, title),
                false => Finding::warning(CHECK_FILTERS, title),
            };
            finding.advise("Upgrade ScyllaDB, or end the scope with `cluster`: Scope::cluster()")
        }
        (None, Some(Err(failure))) => Finding::skipped(CHECK_FILTERS, failure),
        (None, Some(Ok(_)) | None) => Finding::skipped(CHECK_FILTERS, evidence.facts.skip_reason()),
    }]
}

pub(super) fn check_names(evidence: Evidence<'_>) -> Vec<Finding> {
    if evidence.arguments.cluster.scope.is_empty() {
        return vec![Finding::skipped(CHECK_NAMES, "no --scope is given")];
    }
    if filters(evidence) == Some(false) {
        return vec![Finding::skipped(
            CHECK_NAMES,
            "the server ignores datacenters and racks",
        )];
    }
    if evidence.facts.scopes.is_empty() {
        return vec![Finding::skipped(CHECK_NAMES, evidence.facts.skip_reason())];
    }
    let parts = evidence.facts.scopes.iter();
    let findings = parts.filter_map(|scope| {
        let name = match &scope.part {
            ScopePart::Cluster => return None,
            ScopePart::Datacenter(datacenter) => format!("datacenter `{datacenter}`"),
            ScopePart::Rack { datacenter, rack } => format!("rack `{datacenter}/{rack}`"),
        };
        Some(match &scope.list {
            Some(Ok(list)) if list.is_empty() => {
                let finding = Finding::failed(CHECK_NAMES, format!("The {name} has no live node"));
                finding.detail(existing(evidence)).advise(
                    "Names are case-sensitive: compare them with `nodetool status`, or with \
                     system.local and system.peers",
                )
            }
            Some(Ok(list)) => {
                let title = format!("The {name} has {}", count(list.len(), "live node"));
                Finding::passed(CHECK_NAMES, title)
            }
            Some(Err(failure)) => Finding::skipped(CHECK_NAMES, format!("{name}: {failure}")),
            None => Finding::skipped(CHECK_NAMES, evidence.facts.skip_reason()),
        })
    });
    let findings: Vec<_> = findings.collect();
    match findings.is_empty() {
        true => vec![Finding::passed(CHECK_NAMES, "The scope is the cluster")],
        false => findings,
    }
}

/// The racks that exist, as far as they are known.
fn existing(evidence: Evidence<'_>) -> Option<String> {
    let members = evidence.facts.members()?.ok()?;
    let racks = members.iter();
    let racks: BTreeSet<_> = racks
        .map(|member| format!("{}/{}", member.datacenter, member.rack))
        .collect();
    let racks: Vec<_> = racks.into_iter().collect();
    Some(format!("there are {}", racks.join(", ")))
}
