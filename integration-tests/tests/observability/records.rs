//! The flight recorder's dump, and the status document.

use crate::support::{
    Table, eventually, expect_pings, ping, quick_refresh, ready_client, ready_client_of, s,
    test_cluster,
};
use alternator_lb_sdk::{Alternator, NodeState};
use alternator_test_cluster::{Node, TestCluster};
use serde_json::Value;
use std::collections::BTreeSet;

fn dump(alternator: &Alternator) -> Vec<Value> {
    let mut lines = Vec::new();
    alternator.dump(&mut lines).unwrap();
    let lines = String::from_utf8(lines).unwrap();
    lines
        .lines()
        .map(|line| serde_json::from_str(line).unwrap())
        .collect()
}

fn of_type<'a>(lines: &'a [Value], kind: &str) -> Vec<&'a Value> {
    lines.iter().filter(|line| line["type"] == kind).collect()
}

/// Stops one node, and has requests notice it.
async fn lose_a_node(
    cluster: &TestCluster,
    alternator: &Alternator,
    client: &aws_sdk_dynamodb::Client,
) {
    cluster.node(0).stop();
    eventually("the node is down", async || {
        expect_pings(client, 3).await;
        alternator
            .nodes()
            .iter()
            .any(|node| node.state() == NodeState::Down)
    })
    .await;
}

#[tokio::test]
async fn dump_tells_the_story_of_an_outage_in_order() {
    let cluster = test_cluster!();
    let (alternator, client) = ready_client(&cluster).await;
    lose_a_node(&cluster, &alternator, &client).await;
    cluster.nodes().iter().for_each(Node::stop);
    ping(&client).await.unwrap_err();
    let lines = dump(&alternator);

    let header = &lines[0];
    assert_eq!(
        (&header["type"], &header["format"]),
        (&"header".into(), &1.into())
    );
    assert!(header["unix_ms"].as_f64().unwrap() > 1.7e12, "{header}");
    assert_eq!(of_type(&lines, "node").len(), 3);
    assert_eq!(of_type(&lines, "stats").len(), 1);
    assert!(!of_type(&lines, "refresh").is_empty());

    let dead = cluster.node(0).url();
    let attempts = of_type(&lines, "attempt");
    // A connection that was cut may come before the refused one.
    let first = attempts[0];
    assert_eq!(
        (&first["node"], &first["number"]),
        (&dead.clone().into(), &1.into()),
        "{first}"
    );
    let refused = |attempt: &&&Value| attempt["outcome"] == "not_connected";
    let refused = attempts.iter().find(refused).unwrap();
    assert_eq!(refused["node"], *dead, "{refused}");
    let retry = attempts
        .iter()
        .find(|attempt| attempt["outcome"] == "responded");
    let retry = retry.unwrap();
    assert!(retry["number"].as_u64().unwrap() >= 2, "{retry}");
    assert_ne!(retry["node"], *dead);

    let events = of_type(&lines, "event");
    let ejected = events
        .iter()
        .find(|event| event["event"] == "node_ejected")
        .unwrap();
    assert_eq!(ejected["node"], *dead);
    assert!(ejected["backoff_ms"].as_f64().unwrap() > 0.0);
    let error = of_type(&lines, "route_error")[0]["error"].as_str().unwrap();
    assert!(error.contains(&dead), "{error}");

    let times = lines
        .iter()
        .skip(1)
        .filter_map(|line| line["at_ms"].as_f64());
    assert!(times.is_sorted());
}

#[tokio::test]
async fn ordinary_requests_leave_no_entry_and_no_key_is_ever_recorded() {
    let cluster = test_cluster!();
    let (alternator, client) = ready_client(&cluster).await;
    let table = Table::create(&client).await;
    expect_pings(&client, 50).await;
    assert_eq!(of_type(&dump(&alternator), "attempt").len(), 0);
    cluster.node(0).stop();
    for _ in 0..6 {
        let put = client.put_item().table_name(&table.name);
        let put = put
            .item("pk", s("secret key"))
            .item("sk", s("secret value"));
        put.send().await.unwrap();
    }
    let mut lines = Vec::new();
    alternator.dump(&mut lines).unwrap();
    let lines = String::from_utf8(lines).unwrap();
    assert!(
        lines.contains("not_connected") && !lines.contains("secret"),
        "{lines}"
    );
}

#[tokio::test]
async fn recorder_that_is_off_records_nothing() {
    let cluster = test_cluster!();
    let builder = quick_refresh(&cluster).flight_recorder(0);
    let (alternator, client) = ready_client_of(builder).await;
    lose_a_node(&cluster, &alternator, &client).await;
    let lines = dump(&alternator);
    let types: BTreeSet<_> = lines
        .iter()
        .map(|line| line["type"].as_str().unwrap())
        .collect();
    assert_eq!(types, ["header", "node", "stats"].into());
}

/// The fields that the documentation lists for a node.
const NODE_FIELDS: [&str; 18] = [
    "url",
    "listed_address",
    "datacenter",
    "rack",
    "priority",
    "state",
    "reason",
    "in_state_for_ms",
    "is_in_slow_start",
    "in_flight",
    "requests",
    "failures",
    "outcomes",
    "latency_ms",
    "latency_p50_ms",
    "latency_p99_ms",
    "share",
    "listed_ago_ms",
];

#[tokio::test]
async fn status_document_has_the_documented_fields() {
    let cluster = test_cluster!();
    let (alternator, client) = ready_client(&cluster).await;
    lose_a_node(&cluster, &alternator, &client).await;
    let status: Value = serde_json::from_str(&alternator.status_json()).unwrap();
    let keys = |value: &Value| {
        value
            .as_object()
            .unwrap()
            .keys()
            .cloned()
            .collect::<BTreeSet<_>>()
    };
    let named = |names: &[&str]| {
        names
            .iter()
            .map(|name| (*name).to_owned())
            .collect::<BTreeSet<_>>()
    };
    let fields = ["format", "version", "unix_ms", "nodes", "stats", "events"];
    assert_eq!(keys(&status), named(&fields));
    assert_eq!(keys(&status["nodes"][0]), named(&NODE_FIELDS));
    let nodes = status["nodes"].as_array().unwrap();
    let down = nodes.iter().find(|node| node["state"] == "down").unwrap();
    assert_eq!(down["url"], *cluster.node(0).url());
    assert_eq!(down["reason"], "it cannot be connected");
    assert!(down["outcomes"]["not_connected"].as_u64().unwrap() >= 1);
    let requests = status["stats"]["requests"].as_u64().unwrap();
    assert_eq!(requests, alternator.stats().requests());
    let events = status["events"].as_array().unwrap();
    let ejected = events
        .iter()
        .find(|event| event["event"] == "node_ejected")
        .unwrap();
    assert!(
        ejected["text"].as_str().unwrap().contains("node ejected"),
        "{ejected}"
    );
}

#[cfg(unix)]
mod socket {
    use super::*;
    use std::fs;
    use std::os::unix::fs::PermissionsExt as _;
    use std::path::PathBuf;
    use tokio::io::AsyncReadExt as _;
    use tokio::net::UnixStream;
    use tokio::runtime::Handle;

    fn path(name: &str) -> PathBuf {
        std::env::temp_dir().join(format!("alternator-{name}-{}.sock", std::process::id()))
    }

    async fn read(path: &PathBuf) -> Option<Value> {
        let mut stream = UnixStream::connect(path).await.ok()?;
        let mut text = String::new();
        stream.read_to_string(&mut text).await.ok()?;
        serde_json::from_str(&text).ok()
    }

    #[tokio::test]
    async fn status_is_served_to_its_own_user_until_the_cluster_is_dropped() {
        let cluster = test_cluster!();
        let (alternator, client) = ready_client(&cluster).await;
        expect_pings(&client, 3).await;
        let path = path("served");
        // A socket that a former process has left.
        drop(std::os::unix::net::UnixListener::bind(&path).unwrap());
        let server = Handle::current().spawn(alternator.serve_status(&path));
        eventually("the status is served", async || read(&path).await.is_some()).await;
        let status = read(&path).await.unwrap();
        assert_eq!(status["stats"]["requests"], 3);
        let mode = fs::metadata(&path).unwrap().permissions().mode();
        assert_eq!(mode & 0o777, 0o600);
        drop((alternator, client));
        server.await.unwrap().unwrap();
        assert!(!path.exists());
    }

    #[tokio::test]
    async fn file_that_is_no_socket_is_not_replaced() {
        let cluster = test_cluster!();
        let (alternator, _client) = ready_client(&cluster).await;
        let path = path("file");
        fs::write(&path, "precious").unwrap();
        alternator.serve_status(&path).await.unwrap_err();
        assert_eq!(fs::read_to_string(&path).unwrap(), "precious");
        fs::remove_file(&path).unwrap();
    }
}
