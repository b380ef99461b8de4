//! The operations of the application.

use crate::support::check;
use alternator_test_cluster::TestCluster;
use std::fs;
use std::path::Path;

fn cluster() -> TestCluster {
    TestCluster::builder().nodes(1).start().unwrap()
}

#[test]
fn operations_that_alternator_lacks_fail() {
    let run = check(
        &cluster(),
        &[
            "--operations",
            "get_item,dynamodb:TransactWriteItems,frobnicate",
        ],
    );
    let findings = run.findings("unsupported-operations");
    let found: Vec<_> = findings
        .iter()
        .map(|finding| finding.status.as_str())
        .collect();
    assert_eq!(found, ["failed", "warning", "passed"], "{findings:#?}");
    assert!(
        findings[0].text.contains("TransactWriteItems"),
        "{findings:#?}"
    );
    assert!(findings[1].text.contains("frobnicate"), "{findings:#?}");
    assert_eq!(run.status, 1);
}

#[test]
fn operations_are_read_from_a_file() {
    let file = Path::new(env!("CARGO_TARGET_TMPDIR")).join("operations.txt");
    fs::write(&file, "GetItem\nQuery # of the index\n").unwrap();
    let run = check(&cluster(), &["--operations", file.to_str().unwrap()]);
    run.expect("unsupported-operations", "passed", "2 operations");
}

#[test]
fn operations_are_not_checked_if_none_are_given() {
    let cluster = cluster();
    check(&cluster, &[]).expect("unsupported-operations", "skipped", "no --operations");
    let empty = check(&cluster, &["--operations", " # none"]);
    empty.expect("unsupported-operations", "skipped", "names none");
}
