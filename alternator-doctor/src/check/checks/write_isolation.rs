//! `write-isolation`: how each table isolates conditional writes, and which key affinity fits.

use super::tables::why_none;
use super::{advice, count};
use crate::check::Evidence;
use crate::check::facts::TableFacts;
use crate::check::finding::Finding;
use alternator_lb_sdk::permissions::ServerTable;
use std::collections::BTreeSet;

const CHECK: &str = "write-isolation";

/// The modes of write isolation.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum Mode {
    AlwaysUseLwt,
    ForbidRmw,
    OnlyRmwUsesLwt,
    UnsafeRmw,
}

impl Mode {
    /// Parses a value of the tag or the setting, of which the first letter counts.
    fn parse(value: &str) -> Option<Self> {
        match value.chars().next()? {
            'a' => Some(Self::AlwaysUseLwt),
            'f' => Some(Self::ForbidRmw),
            'o' => Some(Self::OnlyRmwUsesLwt),
            'u' => Some(Self::UnsafeRmw),
            _ => None,
        }
    }

    const fn name(self) -> &'static str {
        match self {
            Self::AlwaysUseLwt => "always_use_lwt",
            Self::ForbidRmw => "forbid_rmw",
            Self::OnlyRmwUsesLwt => "only_rmw_uses_lwt",
            Self::UnsafeRmw => "unsafe_rmw",
        }
    }
}

pub(super) fn check(evidence: Evidence<'_>) -> Vec<Finding> {
    let default = match &evidence.facts.server_tables.write_isolation {
        Some(Ok(Some(value))) => Mode::parse(value),
        Some(Ok(None) | Err(_)) | None => None,
    };
    let mut modes = Vec::new();
    let mut unknown = Vec::new();
    for table in &evidence.facts.tables.tables {
        match mode(table, default) {
            Some(Some(mode)) => modes.push((table.name.as_str(), mode)),
            Some(None) => unknown.push(table.name.as_str()),
            None => {}
        }
    }
    if modes.is_empty() && unknown.is_empty() {
        return vec![Finding::skipped(CHECK, why_none(evidence))];
    }
    let mut findings = Vec::new();
    let is_unsafe = |(_, mode): &(&str, Mode)| *mode == Mode::UnsafeRmw;
    let (dangerous, safe): (Vec<_>, Vec<_>) = modes.into_iter().partition(is_unsafe);
    if !dangerous.is_empty() {
        let tables = count(dangerous.len(), "table");
        let title = format!("Conditional writes are not isolated in {tables}");
        findings.push(Finding::warning(CHECK, title).detail(lines(&dangerous)).advise(
            "Set the tag system:write_isolation to only_rmw_uses_lwt with TagResource, unless no two clients \
             write an item at the same time",
        ));
    }
    if !safe.is_empty() {
        let title = format!("{}: {}", count(safe.len(), "table"), affinity(&safe));
        findings.push(Finding::passed(CHECK, title).detail(lines(&safe)));
    }
    if !unknown.is_empty() {
        let title = format!(
            "the isolation of {} is unknown",
            count(unknown.len(), "table")
        );
        let finding = Finding::skipped(CHECK, title).detail(unknown);
        findings.push(finding.advise(advice::grant(evidence, ServerTable::Config)));
    }
    findings
}

/// The mode of a table. The outer `None` if it was not described, the inner one if it is unknown.
fn mode(table: &TableFacts, default: Option<Mode>) -> Option<Option<Mode>> {
    table.description.as_ref()?.as_ref().ok()?;
    match &table.isolation_tag {
        Some(Ok(Some(tag))) => Some(Mode::parse(tag)),
        Some(Ok(None)) => Some(default),
        Some(Err(_)) | None => Some(None),
    }
}

/// The key affinity that fits tables with these modes.
fn affinity(tables: &[(&str, Mode)]) -> &'static str {
    let modes: BTreeSet<_> = tables.iter().map(|(_, mode)| *mode).collect();
    let modes: Vec<_> = modes.into_iter().collect();
    match modes.as_slice() {
        [Mode::ForbidRmw] => "conditional writes are refused, so no key affinity is needed",
        [Mode::OnlyRmwUsesLwt] | [Mode::ForbidRmw, Mode::OnlyRmwUsesLwt] => {
            "for conditional writes, use KeyAffinity::conditional_writes()"
        }
        _ => "every write may be a transaction, so use KeyAffinity::from_table()",
    }
}

fn lines(tables: &[(&str, Mode)]) -> Vec<String> {
    let tables = tables.iter();
    tables
        .map(|(table, mode)| format!("`{table}`: {}", mode.name()))
        .collect()
}
