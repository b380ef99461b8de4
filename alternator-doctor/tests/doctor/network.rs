//! Seeds, the list of nodes, and the way to each of them.

use crate::support::{Run, check, run};
use alternator_test_cluster::{Fault, RawResponse, TestCluster, Version};
use serde_json::Value;
use std::time::Duration;

fn cluster() -> TestCluster {
    TestCluster::builder().nodes(3).start().unwrap()
}

/// Expects that no check is made but those of the seeds and of the environment.
fn expect_all_skipped(run: &Run) {
    let findings = run.document["findings"].as_array().unwrap();
    let is_made = |finding: &&Value| finding["check"] == "seeds" || finding["check"] == "proxy";
    for finding in findings.iter().filter(|finding| !is_made(finding)) {
        assert_eq!(finding["status"], "skipped", "{finding:#}");
        assert!(
            finding["title"]
                .as_str()
                .unwrap()
                .starts_with("Not checked: ")
        );
    }
    assert!(findings.len() > 20, "{}", findings.len());
}

#[test]
fn healthy_nodes_pass() {
    let run = check(&cluster(), &[]);
    assert_eq!(run.status, 0, "{:#}", run.document);
    for (name, text) in [
        ("seeds", "responds"),
        ("node-list", "lists 3 nodes"),
        ("nodes-reachable", "3 nodes respond"),
        ("nodes-serve", "3 nodes"),
        ("clock-skew", "3 nodes"),
        ("keep-alive", "3 nodes"),
        ("discovery", "3 nodes"),
        ("round-trip", "ms"),
    ] {
        run.expect(name, "passed", text);
    }
    run.expect("tls-certificates", "skipped", "http");
    run.expect("shedding", "skipped", "no node shed");
}

#[test]
fn seed_where_nothing_listens_fails() {
    let cluster = cluster();
    let seeds = cluster.urls();
    cluster.node(1).stop();
    cluster.node(1).set_listed(false);
    let run = run(&[&seeds[0], &seeds[1]], &[]);
    let advice = run.expect("seeds", "failed", &seeds[1]);
    assert!(advice.contains("alternator_port"), "{advice}");
    assert_eq!(run.status, 1);
}

#[test]
fn nothing_can_be_checked_without_a_seed() {
    let cluster = cluster();
    cluster.node(0).stop();
    let run = check(&cluster, &["--scope", "dc1", "--tables", "a"]);
    run.expect("seeds", "failed", "does not respond");
    expect_all_skipped(&run);
    assert_eq!(run.status, 2);
}

#[test]
fn seed_with_an_unknown_name_fails() {
    let run = run(&["http://no-such-host.invalid:8000"], &[]);
    run.expect("seeds", "failed", "no-such-host.invalid");
    assert_eq!(run.status, 2);
}

#[test]
fn seed_that_hangs_fails_within_the_time_limit() {
    let cluster = cluster();
    cluster.node(0).inject(Fault::Hang);
    let run = check(&cluster, &["--timeout", "1s"]);
    let advice = run.expect("seeds", "failed", "no response");
    assert!(advice.contains("firewalls"), "{advice}");
}

#[test]
fn another_program_at_the_seed_fails() {
    let cluster = cluster();
    let page = RawResponse::new(200, "<html>It works!</html>").content_type("text/html");
    cluster.node(0).set_response(page.to_all_requests());
    let run = check(&cluster, &[]);
    let advice = run.expect("seeds", "failed", "not Alternator's");
    assert!(advice.contains("Another program"), "{advice}");
    assert_eq!(run.status, 2);
}

#[test]
fn server_without_a_node_list_fails() {
    let cluster = cluster();
    cluster.node(0).set_localnodes_response(404, "Not found");
    let run = check(&cluster, &[]);
    let advice = run.expect("node-list", "failed", "status 404");
    assert!(advice.contains("without_discovery"), "{advice}");
    run.expect("nodes-reachable", "skipped", "no node is listed");
}

#[test]
fn entries_that_are_no_addresses_fail() {
    let cluster = cluster();
    let host_id = "5e3d8f6c-0000-4000-8000-000000000001";
    cluster
        .node(0)
        .set_localnodes_entries([host_id, "127.0.0.1"]);
    let run = check(&cluster, &[]);
    let findings = run.findings("node-list");
    let finding = findings
        .iter()
        .find(|finding| finding.text.contains(host_id))
        .unwrap();
    assert_eq!(finding.status, "failed");
    assert!(
        finding.advice.contains("broadcast_rpc_address"),
        "{finding:?}"
    );
}

#[test]
fn repeated_and_missing_entries_fail() {
    let cluster = cluster();
    for (entries, text) in [
        (&["127.0.0.1", "127.0.0.1"][..], "same address"),
        (&[], "empty"),
    ] {
        cluster
            .node(0)
            .set_localnodes_entries(entries.iter().copied());
        let findings = check(&cluster, &[]).findings("node-list");
        assert!(
            findings
                .iter()
                .any(|finding| finding.status == "failed" && finding.text.contains(text)),
            "{text}: {findings:#?}"
        );
    }
}

#[test]
fn node_that_lost_contact_is_found_by_its_list() {
    let cluster = cluster();
    cluster.node(2).partition();
    let run = check(&cluster, &[]);
    run.expect(
        "node-list",
        "warning",
        &format!("{} lists 1 node", cluster.node(2).url()),
    );
}

#[test]
fn listed_node_that_is_down_fails() {
    let cluster = cluster();
    cluster.node(1).stop();
    let run = check(&cluster, &[]);
    let advice = run.expect("nodes-reachable", "failed", &cluster.node(1).url());
    assert!(advice.contains("nodetool status"), "{advice}");
    run.expect("nodes-serve", "passed", "2 nodes");
    assert_eq!(run.status, 1);
}

#[test]
fn addresses_that_cannot_be_reached_from_here_fail() {
    let cluster = cluster();
    cluster
        .node(0)
        .set_localnodes_entries(["127.0.0.77", "127.0.0.78"]);
    let run = check(&cluster, &[]);
    let advice = run.expect("nodes-reachable", "failed", "127.0.0.77");
    assert!(advice.contains("broadcast_rpc_address"), "{advice}");
    run.expect("discovery", "failed", "seed");
    run.expect("nodes-serve", "passed", "1 node");
}

#[test]
fn node_that_fails_operations_is_found() {
    let cluster = cluster();
    cluster.node(1).inject(Fault::ServerError { share: 1.0 });
    let run = check(&cluster, &[]);
    run.expect("nodes-serve", "failed", &cluster.node(1).url());
}

#[test]
fn node_whose_clock_is_wrong_is_found() {
    let cluster = cluster();
    cluster.node(1).set_clock_ahead(Duration::from_secs(60));
    let run = check(&cluster, &[]);
    let url = cluster.node(1).url();
    let findings = run.findings("clock-skew");
    let advice = run.expect("clock-skew", "warning", &url);
    assert!(findings[0].text.contains("s ahead"), "{findings:?}");
    assert!(
        !findings[0].text.contains(&cluster.node(0).url()),
        "{findings:?}"
    );
    assert!(advice.contains("chronyc"), "{advice}");
}

#[test]
fn clock_that_is_wrong_by_more_than_signatures_allow_fails() {
    let cluster = cluster();
    cluster
        .node(2)
        .set_clock_behind(Duration::from_secs(20 * 60));
    check(&cluster, &[]).expect("clock-skew", "failed", "s behind");
}

#[test]
fn clock_of_this_machine_is_suspected_if_all_nodes_agree() {
    let cluster = cluster();
    for node in cluster.nodes() {
        node.set_clock_behind(Duration::from_secs(60));
    }
    let advice = check(&cluster, &[]).expect("clock-skew", "warning", "this machine");
    assert!(advice.contains("this machine"), "{advice}");
}

#[test]
fn clocks_of_nodes_that_send_no_date_are_not_checked() {
    let cluster = TestCluster::builder().nodes(1).start().unwrap();
    let response = RawResponse::new(200, "healthy: x").header("date", "none");
    cluster.node(0).set_response(response.to_all_requests());
    check(&cluster, &[]).expect("clock-skew", "skipped", "no date");
}

#[test]
fn node_that_is_far_away_is_found() {
    let cluster = cluster();
    cluster
        .node(1)
        .inject(Fault::Delay(Duration::from_millis(500)));
    let run = check(&cluster, &[]);
    let advice = run.expect("round-trip", "warning", &cluster.node(1).url());
    assert!(advice.contains("--scope"), "{advice}");
}

#[test]
fn connections_that_end_with_each_request_are_found() {
    let cluster = cluster();
    let closing = RawResponse::new(200, "healthy: x").header("connection", "close");
    cluster.node(1).set_response(closing.to_all_requests());
    let run = check(&cluster, &[]);
    run.expect("keep-alive", "warning", &cluster.node(1).url());
}

#[test]
fn connections_that_break_after_a_shed_request_are_found() {
    for (version, status) in [(Version::V2026_2, "warning"), (Version::V2026_1, "passed")] {
        let cluster = TestCluster::builder().nodes(3).version(version);
        let cluster = cluster.start().unwrap();
        cluster.node(1).inject(Fault::Throttle { share: 1.0 });
        let run = check(&cluster, &[]);
        run.expect("shedding", status, "shed");
        run.expect("nodes-serve", "warning", "too many in-flight requests");
    }
}

#[test]
fn proxy_that_applies_to_nodes_is_found() {
    let cluster = cluster();
    let seed = cluster.url();
    // It need not exist.
    let proxy = ("HTTP_PROXY", "http://127.0.0.1:9");
    let captured = run(&[&seed], &[proxy]);
    let advice = captured.expect("proxy", "warning", "3 nodes");
    assert!(advice.contains("NO_PROXY"), "{advice}");
    captured.expect("nodes-reachable", "passed", "3 nodes");
    let excepted = run(&[&seed], &[proxy, ("NO_PROXY", "127.0.0.0/8")]);
    excepted.expect("proxy", "passed", "No proxy");
}

#[test]
fn nodes_behind_a_name_are_checked_through_it_if_their_addresses_cannot_be_reached() {
    let cluster = cluster();
    cluster.node(0).set_localnodes_entries(["127.0.0.77"]);
    let seed = format!("http://localhost:{}", cluster.port());
    let run = run(&[&seed], &[]);
    run.expect("nodes-reachable", "failed", "127.0.0.77");
    run.expect("nodes-serve", "passed", "1 node");
    run.expect("keep-alive", "passed", "1 node");
}
