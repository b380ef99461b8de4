//! The report for a person.

use crate::support::{check, create_table, output};
use alternator_test_cluster::{NodeConfig, TestCluster, Tokens};
use std::collections::BTreeSet;

/// The report of a cluster with faults, with what differs from run to run replaced.
fn report() -> String {
    let mut cluster = TestCluster::builder().nodes(0).tokens(Tokens::vnodes());
    for rack in ["r1", "r2", "r2", "r2"] {
        cluster = cluster.node(NodeConfig::new().rack(rack));
    }
    let cluster = cluster.start().unwrap();
    create_table(&cluster, "orders", None);
    create_table(&cluster, "counters", Some("unsafe_rmw"));
    cluster.node(3).stop();
    let operations = "GetItem,PutItem,TransactWriteItems";
    let seed = cluster.node(0).url();
    let output = output(
        &[
            "check",
            &seed,
            "--scope",
            "dc1/r1,dc1",
            "--operations",
            operations,
            "--timeout",
            "10m",
        ],
        &[],
    );
    assert_eq!(output.status.code(), Some(1));
    assert!(output.stderr.is_empty(), "no progress without a terminal");
    let text = String::from_utf8(output.stdout).unwrap();
    normalized(&text.replace(&format!(":{}", cluster.port()), ":8000"))
}

/// The report without times and the number of requests, which vary.
fn normalized(report: &str) -> String {
    let lines = report.lines().map(|line| {
        let words: Vec<_> = line.split(' ').collect();
        let varies = |at: usize| {
            let unit = words.get(at + 1).copied().unwrap_or_default();
            let is_number = words[at].starts_with(|first: char| first.is_ascii_digit());
            is_number && matches!(unit, "ms" | "requests")
        };
        let words = words.iter().enumerate();
        let words = words.map(|(at, word)| if varies(at) { "N" } else { *word });
        words.collect::<Vec<_>>().join(" ") + "\n"
    });
    lines.collect()
}

#[test]
fn report_is_the_committed_one() {
    let expected = include_str!("report.txt");
    let actual = report();
    let file = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/doctor/report.txt");
    if std::env::var_os("UPDATE_REPORT").is_some() {
        std::fs::write(file, &actual).unwrap();
    }
    assert_eq!(actual, expected, "write it anew with UPDATE_REPORT=1");
}

#[test]
fn readme_has_this_report() {
    let readme = include_str!("../../README.md");
    let (_, sample) = readme.split_once("```text\n").unwrap();
    let (sample, _) = sample.split_once("```").unwrap();
    let sample = sample.replace("//10.0.0.", "//127.0.0.");
    let sample = sample.replace("`production`", "`alternator-test-cluster`");
    assert_eq!(normalized(&sample), include_str!("report.txt"));
}

#[test]
fn readme_has_a_line_for_each_check() {
    let cluster = TestCluster::builder().nodes(1).start().unwrap();
    let findings = check(&cluster, &[]).document["findings"].clone();
    let checks = findings.as_array().unwrap().iter();
    let checks: BTreeSet<_> = checks
        .map(|finding| finding["check"].as_str().unwrap())
        .collect();
    let readme = include_str!("../../README.md");
    let (_, table) = readme.split_once("## Checks").unwrap();
    for check in &checks {
        assert!(table.contains(&format!("`{check}`")), "{check}");
    }
}
