//! `unsupported-operations`: Alternator has all operations that the application uses.

mod names;

use super::count;
use crate::check::Evidence;
use crate::check::finding::Finding;
use names::{Operation, Support};

const CHECK: &str = "unsupported-operations";

pub(super) fn check(evidence: Evidence<'_>) -> Vec<Finding> {
    let Some(text) = &evidence.arguments.operations else {
        return vec![Finding::skipped(CHECK, "no --operations are given")];
    };
    let operations = names::parse(text);
    let (mut unsupported, mut unknown, mut supported) = (Vec::new(), Vec::new(), 0);
    for Operation { name, support } in operations {
        match support {
            Support::Supported => supported += 1,
            Support::Unsupported(instead) => unsupported.push(format!("{name}: {instead}")),
            Support::Unknown => unknown.push(name),
        }
    }
    let mut findings = Vec::new();
    if !unsupported.is_empty() {
        let title = format!("Alternator lacks {}", count(unsupported.len(), "operation"));
        findings.push(Finding::failed(CHECK, title).detail(unsupported).advise(
            "Change the application where it uses them: they fail with UnknownOperationException",
        ));
    }
    if !unknown.is_empty() {
        let title = format!(
            "{} unknown",
            match unknown.len() {
                1 => "1 operation is".to_owned(),
                number => format!("{number} operations are"),
            }
        );
        findings.push(Finding::warning(CHECK, title).detail(unknown).advise(
            "Name each operation as in an IAM policy or in code: dynamodb:GetItem, GetItem or get_item. A * names none",
        ));
    }
    if supported > 0 {
        let title = format!("Alternator has {} of these", count(supported, "operation"));
        findings.push(Finding::passed(CHECK, title));
    }
    if findings.is_empty() {
        findings.push(Finding::skipped(CHECK, "--operations names none"));
    }
    findings
}
