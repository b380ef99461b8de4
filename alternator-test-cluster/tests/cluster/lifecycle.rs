use std::io;
use std::net::TcpListener;

use alternator_test_cluster::{NodeConfig, StartError, TestCluster};
use serde_json::json;

use crate::http::{Client, Request, ask, fail, localnodes, run};

fn refused(error: &io::Error) -> bool {
    error.kind() == io::ErrorKind::ConnectionRefused
}

#[test]
fn nodes_get_addresses_in_order_on_one_port() {
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
fn clusters_do_not_meet() {
    let clusters: Vec<_> = (0..8)
        .map(|_| TestCluster::builder().nodes(2).start().unwrap())
        .collect();
    for (index, cluster) in clusters.iter().enumerate() {
        run(
            &cluster.node(0),
            "CreateTable",
            &table(&format!("table{index}")),
        );
    }
    for (index, cluster) in clusters.iter().enumerate() {
        let tables = run(&cluster.node(1), "ListTables", &json!({}));
        assert_eq!(tables["TableNames"], json!([format!("table{index}")]));
    }
}

fn table(name: &str) -> serde_json::Value {
    json!({
        "TableName": name, "BillingMode": "PAY_PER_REQUEST",
        "KeySchema": [{"AttributeName": "k", "KeyType": "HASH"}],
        "AttributeDefinitions": [{"AttributeName": "k", "AttributeType": "S"}],
    })
}

#[test]
fn a_stopped_node_cuts_its_connections_and_refuses_new_ones() {
    let cluster = TestCluster::builder().nodes(2).start().unwrap();
    let (one, two) = (cluster.node(0), cluster.node(1));
    let mut idle = Client::connect(&two);
    idle.ask(&Request::get("/")).unwrap();
    assert!(two.is_running());
    two.stop();
    assert!(!two.is_running());
    let (bytes, _) = idle.drain();
    assert!(bytes.is_empty());
    assert!(refused(&Client::try_connect(&two).err().unwrap()));
    assert_eq!(two.counters().open_connections, 0);
    assert_eq!(ask(&one, &Request::get("/")).status, 200);
    two.stop();
    two.start().unwrap();
    two.start().unwrap();
    assert_eq!(ask(&two, &Request::get("/")).status, 200);
}

#[test]
fn a_request_under_way_is_cut_without_an_answer() {
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
fn a_node_stops_and_starts_many_times() {
    let cluster = TestCluster::builder().nodes(1).start().unwrap();
    let node = cluster.node(0);
    for _ in 0..50 {
        assert_eq!(ask(&node, &Request::get("/")).status, 200);
        node.stop();
        assert!(refused(&Client::try_connect(&node).err().unwrap()));
        node.start().unwrap();
    }
}

#[cfg(target_os = "linux")]
#[test]
fn a_stopped_node_keeps_its_port() {
    let cluster = TestCluster::builder().nodes(1).start().unwrap();
    let node = cluster.node(0);
    ask(&node, &Request::get("/"));
    node.stop();
    let thief = TcpListener::bind(node.address());
    assert_eq!(thief.unwrap_err().kind(), io::ErrorKind::AddrInUse);
    node.start().unwrap();
}

#[test]
fn a_taken_port_is_named() {
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
fn an_address_of_another_machine_is_named() {
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
fn bad_descriptions_are_errors() {
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
fn an_ipv6_node_is_listed_without_brackets() {
    let node = NodeConfig::new().address("::1");
    let Ok(cluster) = TestCluster::builder().node(node).start() else {
        eprintln!("skipped: this machine has no ::1");
        return;
    };
    assert_eq!(cluster.url(), format!("http://[::1]:{}", cluster.port()));
    assert_eq!(localnodes(&cluster.node(0), ""), ["::1"]);
    let health = ask(&cluster.node(0), &Request::get("/"));
    assert_eq!(health.text(), format!("healthy: [::1]:{}", cluster.port()));
}

#[test]
fn an_added_node_is_new_and_listed() {
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
fn nodes_share_their_data() {
    let cluster = TestCluster::builder().nodes(2).start().unwrap();
    run(&cluster.node(0), "CreateTable", &table("shared"));
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
fn a_removed_node_is_gone_for_good() {
    let cluster = TestCluster::builder().nodes(3).start().unwrap();
    let two = cluster.node(1);
    cluster.remove_node(&two);
    assert!(refused(&Client::try_connect(&two).err().unwrap()));
    assert_eq!(localnodes(&cluster.node(0), ""), ["127.0.0.1", "127.0.0.3"]);
    assert_eq!(cluster.nodes().len(), 2);
    assert_eq!(
        cluster.node(2).address().ip().to_string(),
        "127.0.0.3",
        "numbers stay"
    );
    assert!(matches!(two.start(), Err(StartError::Removed { .. })));
    cluster.remove_node(&two);
    TcpListener::bind(two.address()).expect("the address is free");
}

#[test]
fn dropping_the_last_handle_ends_everything() {
    let cluster = TestCluster::builder().nodes(2).start().unwrap();
    let (node, clone) = (cluster.node(0), cluster.clone());
    drop(cluster);
    assert_eq!(ask(&node, &Request::get("/")).status, 200);
    let mut client = Client::connect(&node);
    drop(clone);
    assert!(client.drain().0.is_empty());
    assert!(refused(&Client::try_connect(&node).err().unwrap()));
    assert!(!node.is_running());
    assert!(matches!(node.start(), Err(StartError::Ended)));
    node.stop();
    node.inject(alternator_test_cluster::Fault::BlackHole);
    node.recover();
    TcpListener::bind(node.address()).expect("the address is free");
}

#[cfg(target_os = "linux")]
#[test]
fn dropping_joins_the_threads() {
    // Threads of this process by name: other tests may run clusters at the same time, so the count is of this test's
    // own process only where each test has one.
    let threads = || {
        let tasks = std::fs::read_dir("/proc/self/task").unwrap();
        let names =
            tasks.filter_map(|task| std::fs::read_to_string(task.ok()?.path().join("comm")).ok());
        names.filter(|name| name.starts_with("alternator-")).count()
    };
    if std::env::var_os("NEXTEST").is_none() {
        eprintln!("skipped: needs a process of its own, as nextest gives it");
        return;
    }
    let cluster = TestCluster::builder().start().unwrap();
    assert_eq!(threads(), 2);
    drop(cluster);
    assert_eq!(threads(), 0);
}

#[test]
fn a_cluster_may_be_used_and_dropped_within_a_runtime() {
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
fn an_error_of_the_engine_does_not_end_it() {
    let cluster = TestCluster::builder().nodes(1).start().unwrap();
    let node = cluster.node(0);
    assert_eq!(
        fail(&node, "DescribeTable", &json!({"TableName": "none"})).error(),
        "ResourceNotFoundException"
    );
    run(&node, "CreateTable", &table("there"));
}
