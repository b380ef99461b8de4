//! `server-tables`: the application's role may read the tables from which token awareness learns where replicas are.

use super::advice;
use super::count;
use crate::check::Evidence;
use crate::check::finding::Finding;

const CHECK: &str = "server-tables";

pub(super) fn check(evidence: Evidence<'_>) -> Vec<Finding> {
    let readable = &evidence.facts.server_tables.readable;
    if readable.is_empty() {
        return vec![Finding::skipped(CHECK, evidence.facts.skip_reason())];
    }
    let refused = readable.iter().filter_map(|(table, result)| match result {
        Err(failure) => Some((table, failure)),
        Ok(()) => None,
    });
    let (denied, failed): (Vec<_>, Vec<_>) =
        refused.partition(|(_, failure)| failure.is("AccessDeniedException"));
    let mut findings = Vec::new();
    if !denied.is_empty() {
        let title = format!(
            "The role may not read {} of the server",
            count(denied.len(), "table")
        );
        let detail = denied.iter().map(|(table, _)| table.name());
        let mut finding = Finding::warning(CHECK, title).detail(detail);
        for (table, _) in &denied {
            finding = finding.advise(advice::grant(evidence, **table));
        }
        findings.push(finding);
    }
    if !failed.is_empty() {
        let detail = failed
            .iter()
            .map(|(table, failure)| format!("{}: {failure}", table.name()));
        let title = format!(
            "{} of the server cannot be read",
            count(failed.len(), "table")
        );
        findings.push(Finding::warning(CHECK, title).detail(detail).advise(
            "Token awareness needs ScyllaDB 4.6 or later, and 6.0 for tablets: leave Builder::token_aware() out",
        ));
    }
    if findings.is_empty() {
        let title = format!(
            "The {} of the server can be read",
            count(readable.len(), "table")
        );
        findings.push(Finding::passed(CHECK, title));
    }
    findings
}
