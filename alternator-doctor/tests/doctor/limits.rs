//! The limits of requests.

use crate::support::{check, create_table};
use alternator_test_cluster::{TestCluster, Tokens};

/// The limits that the README states.
const PER_RUN: u64 = 64;
const PER_SEED: u64 = 2;
const PER_NODE: u64 = 20;
const PER_TABLE: u64 = 4;

/// The operations that read.
const READING: [&str; 5] = [
    "DescribeTable",
    "ListTables",
    "ListTagsOfResource",
    "Query",
    "Scan",
];

#[test]
fn run_makes_no_more_requests_than_are_stated_and_no_writes() {
    const NODES: u64 = 6;
    const TABLES: u64 = 10;
    let cluster = TestCluster::builder().nodes(NODES as usize);
    let cluster = cluster.tokens(Tokens::vnodes()).start().unwrap();
    for number in 0..TABLES {
        create_table(&cluster, &format!("table{number}"), None);
    }
    for node in cluster.nodes() {
        node.reset_counters();
    }
    let run = check(&cluster, &["--scope", "dc1/r1,dc1"]);
    let counters: Vec<_> = cluster.nodes().iter().map(|node| node.counters()).collect();
    let received = counters.iter().map(|counters| {
        counters.requests + counters.discoveries + counters.health_checks + counters.other_requests
    });
    let received: u64 = received.sum();
    let stated = PER_RUN + PER_SEED + NODES * PER_NODE + TABLES * PER_TABLE;
    assert!(received <= stated, "{received} of {stated}");
    assert_eq!(run.document["requests"], received);
    let names = counters
        .iter()
        .flat_map(|counters| counters.operations.keys());
    for name in names {
        assert!(READING.contains(&name.as_str()), "{name}");
    }
}

#[test]
fn limits_are_stated_in_the_readme() {
    let readme = include_str!("../../README.md");
    let readme = readme.split_whitespace().collect::<Vec<_>>().join(" ");
    for (number, unit) in [
        (PER_RUN, "in all"),
        (PER_SEED, "for each seed"),
        (PER_NODE, "for each node"),
        (PER_TABLE, "for each table"),
    ] {
        let text = format!("{number} {unit}");
        assert!(readme.contains(&text), "{text}");
    }
}
