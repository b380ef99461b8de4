//! Tests of the start, stop, addition and removal of nodes, and of start errors.

use std::io;
use std::net::TcpListener;

use alternator_test_cluster::{NodeConfig, StartError, TestCluster};
use serde_json::json;

use crate::http::{Client, Request, expect_error, localnodes, run, send};
use crate::operations::table_definition;

fn is_connection_refused(error: &io::Error) -> bool {
    error.kind() == io::ErrorKind::ConnectionRefused
}

#[test]
fn nodes_have_consecutive_addresses_on_one_port() {
    let cluster = TestCluster::builder().start().unwrap();
    let port = cluster.port();
    let expected: Vec<_> = (1..=3)
        .map(|last| format!("http://127.0.0.{last}:{port}"))
        .collect();
    assert_eq!(cluster.urls(), expected);
    assert_eq!(cluster.url(), expected[0]);
    assert_eq!(cluster.nodes().len(), 3);
    assert_eq!(cluster.node(2).url(), expected[2]);
    assert_eq!(
        (cluster.node(0).datacenter(), cluster.node(0).rack()),
        ("dc1", "r1")
    );
}

#[test]
fn clusters_are_isolated() {
    let clusters: Vec<_> = (0..8)
        .map(|_| TestCluster::builder().nodes(2).start().unwrap())
        .collect();
    for (index, cluster) in clusters.iter().enumerate() {
        run(
            &cluster.node(0),
            "CreateTable",
            &table_definition(&format!("table{index}")),
        );
    }
    for (index, cluster) in clusters.iter().enumerate() {
        let tables = run(&cluster.node(1), "ListTables", &json!({}));
        assert_eq!(tables["TableNames"], json!([format!("table{index}")]));
    }
}

#[test]
fn stopped_node_closes_connections_and_refuses_new_ones() {
    let cluster = TestCluster::builder().nodes(2).start().unwrap();
    let (one, two) = (cluster.node(0), cluster.node(1));
    let mut idle = Client::connect(&two);
    idle.exchange(&Request::get("/")).unwrap();
    assert!(two.is_running());
    two.stop();
    assert!(!two.is_running());
    let (bytes, _) = idle.drain();
    assert!(bytes.is_empty());
    assert!(is_connection_refused(
        &Client::try_connect(&two).err().unwrap()
    ));
    assert_eq!(two.counters().open_connections, 0);
    assert_eq!(send(&one, &Request::get("/")).status, 200);
    two.stop();
    two.start().unwrap();
    two.start().unwrap();
    assert_eq!(send(&two, &Request::get("/")).status, 200);
}

#[test]
fn stopping_node_drops_request_in_progress() {
    let cluster = TestCluster::builder().nodes(1).start().unwrap();
    let node = cluster.node(0);
    node.inject(alternator_test_cluster::Fault::Hang);
    let mut client = Client::connect(&node);
    client.send(&Request::get("/")).unwrap();
    while node.counters().health_checks == 0 {
        std::thread::yield_now();
    }
    node.stop();
    assert!(client.drain().0.is_empty());
}

#[test]
fn node_can_be_restarted_repeatedly() {
    let cluster = TestCluster::builder().nodes(1).start().unwrap();
    let node = cluster.node(0);
    for _ in 0..50 {
        assert_eq!(send(&node, &Request::get("/")).status, 200);
        node.stop();
        assert!(is_connection_refused(
            &Client::try_connect(&node).err().unwrap()
        ));
        node.start().unwrap();
    }
}

#[cfg(target_os = "linux")]
#[test]
fn stopped_node_keeps_its_port() {
    let cluster = TestCluster::builder().nodes(1).start().unwrap();
    let node = cluster.node(0);
    send(&node, &Request::get("/"));
    node.stop();
    let second_bind = TcpListener::bind(node.address());
    assert_eq!(second_bind.unwrap_err().kind(), io::ErrorKind::AddrInUse);
    node.start().unwrap();
}

#[test]
fn port_in_use_error_names_address() {
    let taken = TcpListener::bind("127.0.0.2:0").unwrap();
    let address = taken.local_addr().unwrap();
    let error = TestCluster::builder()
        .port(address.port())
        .start()
        .unwrap_err();
    assert!(matches!(error, StartError::PortTaken { address: taken, .. } if taken == address));
    assert!(
        error.to_string().starts_with(&address.to_string()),
        "{error}"
    );
    drop(taken);
    TestCluster::builder().port(address.port()).start().unwrap();
}

#[test]
fn nonlocal_address_error_names_address() {
    let node = NodeConfig::new().address("192.0.2.1");
    let error = TestCluster::builder().node(node).start().unwrap_err();
    assert!(matches!(error, StartError::AddressMissing { .. }));
    assert!(
        error
            .to_string()
            .contains("sudo ifconfig lo0 alias 192.0.2.1 up"),
        "{error}"
    );
}

#[test]
fn invalid_node_configurations_are_rejected() {
    let start = |node: NodeConfig| TestCluster::builder().node(node).start().unwrap_err();
    let error = start(NodeConfig::new().address("localhost"));
    assert!(matches!(&error, StartError::InvalidAddress { value, .. } if value == "localhost"));
    assert!(matches!(
        start(NodeConfig::new().rack("")),
        StartError::EmptyName { what: "rack" }
    ));
    let error = start(NodeConfig::new().datacenter(""));
    assert!(matches!(
        error,
        StartError::EmptyName { what: "datacenter" }
    ));
    let error = TestCluster::builder().nodes(0).start().unwrap_err();
    assert!(matches!(error, StartError::NoNodes));
    let same = NodeConfig::new().address("127.0.0.4");
    let error = TestCluster::builder()
        .node(same.clone())
        .node(same)
        .start()
        .unwrap_err();
    assert!(matches!(error, StartError::AddressUsedTwice { .. }));
}

#[test]
fn ipv6_node_is_listed_without_brackets() {
    let node = NodeConfig::new().address("::1");
    let Ok(cluster) = TestCluster::builder().node(node).start() else {
        eprintln!("skipped: this machine has no ::1");
        return;
    };
    assert_eq!(cluster.url(), format!("http://[::1]:{}", cluster.port()));
    assert_eq!(localnodes(&cluster.node(0), ""), ["::1"]);
    let health = send(&cluster.node(0), &Request::get("/"));
    assert_eq!(health.text(), format!("healthy: [::1]:{}", cluster.port()));
}

#[test]
fn added_node_has_new_address_and_is_listed() {
    let cluster = TestCluster::builder().nodes(2).start().unwrap();
    cluster.remove_node(&cluster.node(1));
    let added = cluster.add_node(NodeConfig::new().rack("r2")).unwrap();
    assert_eq!(added.address().ip().to_string(), "127.0.0.3");
    assert_eq!(localnodes(&added, ""), ["127.0.0.1", "127.0.0.3"]);
    let again = cluster
        .add_node(NodeConfig::new().address("127.0.0.2"))
        .unwrap();
    assert_eq!(cluster.node(3).address(), again.address());
    let error = cluster
        .add_node(NodeConfig::new().address("127.0.0.2"))
        .unwrap_err();
    assert!(matches!(error, StartError::AddressUsedTwice { .. }));
}

#[test]
fn nodes_share_data() {
    let cluster = TestCluster::builder().nodes(2).start().unwrap();
    run(&cluster.node(0), "CreateTable", &table_definition("shared"));
    let added = cluster.add_node(NodeConfig::new()).unwrap();
    run(
        &added,
        "PutItem",
        &json!({"TableName": "shared", "Item": {"k": {"S": "a"}}}),
    );
    cluster.remove_node(&added);
    let item = run(
        &cluster.node(1),
        "GetItem",
        &json!({"TableName": "shared", "Key": {"k": {"S": "a"}}}),
    );
    assert_eq!(item["Item"]["k"]["S"], "a");
}

#[test]
fn removed_node_cannot_be_restarted() {
    let cluster = TestCluster::builder().nodes(3).start().unwrap();
    let two = cluster.node(1);
    cluster.remove_node(&two);
    assert!(is_connection_refused(
        &Client::try_connect(&two).err().unwrap()
    ));
    assert_eq!(localnodes(&cluster.node(0), ""), ["127.0.0.1", "127.0.0.3"]);
    assert_eq!(cluster.nodes().len(), 2);
    assert_eq!(
        cluster.node(2).address().ip().to_string(),
        "127.0.0.3",
        "the indexes of the remaining nodes do not change"
    );
    assert!(matches!(two.start(), Err(StartError::Removed { .. })));
    cluster.remove_node(&two);
    TcpListener::bind(two.address()).expect("the address is free");
}

#[test]
fn dropping_last_cluster_handle_stops_nodes() {
    let cluster = TestCluster::builder().nodes(2).start().unwrap();
    let (node, clone) = (cluster.node(0), cluster.clone());
    drop(cluster);
    assert_eq!(send(&node, &Request::get("/")).status, 200);
    let mut client = Client::connect(&node);
    drop(clone);
    assert!(client.drain().0.is_empty());
    assert!(is_connection_refused(
        &Client::try_connect(&node).err().unwrap()
    ));
    assert!(!node.is_running());
    assert!(matches!(node.start(), Err(StartError::Ended)));
    node.stop();
    node.inject(alternator_test_cluster::Fault::BlackHole);
    node.recover();
    TcpListener::bind(node.address()).expect("the address is free");
}

#[cfg(target_os = "linux")]
#[test]
fn dropping_cluster_joins_threads() {
    // Threads are counted by name in the whole process, so the test needs a process of its own: other tests may run
    // clusters at the same time.
    let cluster_threads = || {
        let tasks = std::fs::read_dir("/proc/self/task").unwrap();
        let names =
            tasks.filter_map(|task| std::fs::read_to_string(task.ok()?.path().join("comm")).ok());
        names.filter(|name| name.starts_with("alternator-")).count()
    };
    if std::env::var_os("NEXTEST").is_none() {
        eprintln!("skipped: requires one process per test, as with nextest");
        return;
    }
    let cluster = TestCluster::builder().start().unwrap();
    assert_eq!(cluster_threads(), 2);
    drop(cluster);
    assert_eq!(cluster_threads(), 0);
}

#[test]
fn cluster_can_be_used_and_dropped_inside_runtime() {
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .start_paused(true)
        .build()
        .unwrap();
    runtime.block_on(async {
        let cluster = TestCluster::builder().nodes(1).start().unwrap();
        let node = cluster.node(0);
        node.stop();
        node.start().unwrap();
        assert_eq!(localnodes(&node, ""), ["127.0.0.1"]);
        drop(cluster);
        assert!(Client::try_connect(&node).is_err());
    });
}

#[test]
fn engine_serves_requests_after_error() {
    let cluster = TestCluster::builder().nodes(1).start().unwrap();
    let node = cluster.node(0);
    assert_eq!(
        expect_error(&node, "DescribeTable", &json!({"TableName": "none"})).error(),
        "ResourceNotFoundException"
    );
    run(&node, "CreateTable", &table_definition("ttt"));
}
