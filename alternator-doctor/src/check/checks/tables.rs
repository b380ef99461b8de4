//! `tables`: the tables of the application exist, and may be described.

use super::count;
use crate::check::Evidence;
use crate::check::facts::MAX_TABLES;
use crate::check::finding::Finding;

const CHECK: &str = "tables";

pub(super) fn check(evidence: Evidence<'_>) -> Vec<Finding> {
    let list = &evidence.facts.tables;
    let mut findings = Vec::new();
    if let Some(Err(failure)) = &list.listed {
        return vec![
            Finding::failed(CHECK, "The tables cannot be listed")
                .detail([failure.text.as_str()])
                .advise("Name the tables of the application: --tables A,B"),
        ];
    }
    let (mut known, mut unchecked) = (0, 0);
    for table in &list.tables {
        match &table.description {
            Some(Ok(_)) => known += 1,
            Some(Err(failure)) => findings.push(
                Finding::failed(
                    CHECK,
                    format!("The table `{}` cannot be described", table.name),
                )
                .detail([failure.text.as_str()])
                .advise(match failure.is("ResourceNotFoundException") {
                    true => {
                        "Create the table, or mend the name in --tables: names are case-sensitive"
                    }
                    false => "See LIST ALL PERMISSIONS OF the role, in cqlsh",
                }),
            ),
            None => unchecked += 1,
        }
    }
    if known > 0 {
        findings.push(Finding::passed(
            CHECK,
            format!("{} can be described", count(known, "table")),
        ));
    }
    if unchecked > 0 {
        let reason = evidence.facts.skip_reason();
        let tables = count(unchecked, "further table");
        findings.push(Finding::skipped(CHECK, format!("{tables}, {reason}")));
    }
    if list.are_omitted {
        let reason = format!("further tables, at most {MAX_TABLES} are: name them in --tables");
        findings.push(Finding::skipped(CHECK, reason));
    }
    if findings.is_empty() {
        findings.push(match list.listed {
            Some(_) => Finding::skipped(CHECK, NO_TABLES),
            None => Finding::skipped(CHECK, evidence.facts.skip_reason()),
        });
    }
    findings
}

/// The reason for which checks of tables are skipped.
pub(super) fn why_none(evidence: Evidence<'_>) -> &'static str {
    match evidence.facts.tables.listed {
        Some(Ok(())) if evidence.facts.tables.tables.is_empty() => NO_TABLES,
        Some(_) | None => match evidence.facts.serving_node {
            Some(_) if !evidence.facts.is_out_of_time => "no table can be described",
            _ => evidence.facts.skip_reason(),
        },
    }
}

const NO_TABLES: &str = "the cluster has no tables";
