//! Datacenters that hold no replicas of a table.

use crate::support::{Log, Table, client, config, ping, quick_refresh, s, test_cluster};
use alternator_lb_sdk::{Alternator, AlternatorExt as _, KeyAffinity, NodeState, Scope};
use alternator_test_cluster::{Node, NodeConfig, RawResponse, TestCluster};
use aws_sdk_dynamodb::Client;
use aws_sdk_dynamodb::config::retry::RetryConfig;
use aws_sdk_dynamodb::operation::get_item::GetItemError;

/// The recorded answers of a real server: to an operation, and to a conditional write.
fn no_replicas() -> RawResponse {
    let message = "Internal server error: exceptions::unavailable_exception (Cannot achieve consistency level LOCAL_ONE in \
         datacenter 'dc2' with replication factor 0. Ensure the keyspace is replicated to this datacenter or use a non-local \
         consistency level.)";
    server_error(message)
}

fn no_live_replica() -> RawResponse {
    let message = "Internal server error: exceptions::unavailable_exception (Cannot achieve consistency level for cl LOCAL_SERIAL. \
         Requires 1, alive 0)";
    server_error(message)
}

fn server_error(message: &str) -> RawResponse {
    let kind = "com.amazonaws.dynamodb.v20120810#InternalServerError";
    RawResponse::new(
        500,
        format!(r#"{{"__type":"{kind}","message":"{message}"}}"#),
    )
}

/// Three nodes in `dc1` and as many in `dc2`, the last three.
fn two_datacenters(cluster: alternator_test_cluster::Builder) -> alternator_test_cluster::Builder {
    let other = || NodeConfig::new().datacenter("dc2");
    cluster.nodes(3).node(other()).node(other()).node(other())
}

fn scope() -> Scope {
    Scope::datacenter("dc2").or(Scope::datacenter("dc1"))
}

fn requests(nodes: &[Node]) -> u64 {
    nodes.iter().map(|node| node.counters().requests).sum()
}

async fn ready(cluster: &TestCluster, builder: alternator_lb_sdk::Builder) -> Alternator {
    let alternator = builder.scope(scope()).build().unwrap();
    alternator.ready().await.unwrap();
    assert_eq!(alternator.nodes().len(), cluster.nodes().len());
    alternator
}

async fn get(
    client: &Client,
    table: &str,
) -> Result<(), aws_sdk_dynamodb::error::SdkError<GetItemError>> {
    let get = client.get_item().table_name(table);
    let get = get.key("pk", s("1")).key("sk", s("1")).send();
    get.await.map(drop)
}

#[tokio::test]
async fn datacenter_without_replicas_of_a_table_is_left_for_that_table() {
    let log = Log::capture();
    let cluster = test_cluster!(two_datacenters);
    let nodes = cluster.nodes();
    let (dc1, dc2) = nodes.split_at(3);
    let alternator = ready(&cluster, quick_refresh(&cluster)).await;
    let client = client(&alternator);
    let table = Table::create(&client).await;
    dc2.iter().for_each(|node| node.set_response(no_replicas()));
    cluster.reset_counters();
    for _ in 0..30 {
        get(&client, &table.name).await.unwrap();
    }
    assert_eq!(requests(dc2), 2, "the first operations find out");
    let is_even = |node: &Node| (9..=11).contains(&node.counters().requests);
    assert!(dc1.iter().all(is_even));
    // One that is about no table, and one about another, which does not exist.
    ping(&client).await.unwrap();
    get(&client, "another").await.unwrap_err();
    assert_eq!(requests(dc2), 4);
    for node in alternator.nodes() {
        assert_eq!((node.state(), node.failures()), (NodeState::Up, 0));
    }
    let warnings = log.warnings("replication factor 0");
    let of_table: Vec<_> = warnings
        .iter()
        .filter(|it| it.contains(&table.name))
        .collect();
    assert_eq!(of_table.len(), 1, "{warnings:?}");
    assert!(of_table[0].contains("dc2"), "{warnings:?}");
}

#[tokio::test]
async fn first_operation_costs_one_attempt_and_no_wait_of_the_application() {
    let cluster = test_cluster!(two_datacenters);
    let nodes = cluster.nodes();
    let alternator = ready(&cluster, quick_refresh(&cluster)).await;
    // A wait of a minute would show.
    let minute = std::time::Duration::from_secs(60);
    let retries = RetryConfig::standard()
        .with_initial_backoff(minute)
        .with_max_backoff(minute);
    let with_retries = |retries: RetryConfig| {
        Client::from_conf(
            config()
                .retry_config(retries)
                .alternator(&alternator)
                .build(),
        )
    };
    let client = with_retries(retries.with_max_attempts(2));
    let table = Table::create(&client).await;
    nodes[3..]
        .iter()
        .for_each(|node| node.set_response(no_replicas()));
    for _ in 0..2 {
        get(&client, &table.name).await.unwrap();
    }
    // What is known needs no further attempt.
    let client = with_retries(RetryConfig::disabled());
    get(&client, &table.name).await.unwrap();
}

#[tokio::test]
async fn conditional_writes_leave_the_datacenter_together_once_it_is_known_to_hold_no_replicas() {
    let cluster = test_cluster!(two_datacenters);
    let nodes = cluster.nodes();
    let (dc1, dc2) = nodes.split_at(3);
    let affinity = KeyAffinity::conditional_writes();
    let builder = quick_refresh(&cluster).key_affinity(affinity);
    let alternator = ready(&cluster, builder).await;
    let client = client(&alternator);
    let table = Table::create(&client).await;
    let write = async || {
        let put = client.put_item().table_name(&table.name);
        let put = put.item("pk", s("1")).item("sk", s("1"));
        let put = put.condition_expression("attribute_not_exists(pk) OR attribute_exists(pk)");
        put.send().await.unwrap();
    };
    write().await;
    crate::support::eventually("the key of the table is known", async || {
        write().await;
        let input = client.put_item().table_name(&table.name);
        let input = input.item("pk", s("1")).item("sk", s("1"));
        let input = input.condition_expression("attribute_exists(pk)");
        let explanation = alternator.explain(&input.as_input().clone().build().unwrap());
        explanation.reason() == alternator_lb_sdk::explain::Reason::PrimaryNode
    })
    .await;
    dc2.iter().for_each(|node| node.set_response(no_replicas()));
    for _ in 0..2 {
        get(&client, &table.name).await.unwrap();
    }
    cluster.reset_counters();
    for _ in 0..12 {
        write().await;
    }
    assert_eq!(requests(dc2), 0);
    let used: Vec<_> = dc1
        .iter()
        .filter(|node| node.counters().requests > 0)
        .collect();
    assert_eq!(used.len(), 1, "the same coordinator for all");
    let input = client.put_item().table_name(&table.name);
    let input = input.item("pk", s("1")).item("sk", s("1"));
    let input = input.condition_expression("attribute_exists(pk)");
    let explanation = alternator.explain(&input.as_input().clone().build().unwrap());
    assert_eq!(explanation.node(), Some(used[0].url().as_str()));
}

#[tokio::test]
async fn conditional_write_without_a_live_replica_is_retried_in_another_datacenter_of_the_scope() {
    let cluster = test_cluster!(two_datacenters);
    let nodes = cluster.nodes();
    let (dc1, dc2) = nodes.split_at(3);
    let alternator = ready(&cluster, quick_refresh(&cluster)).await;
    let config = config().retry_config(crate::support::quick_retries());
    let client = Client::from_conf(config.alternator(&alternator).build());
    let table = Table::create(&client).await;
    dc2.iter()
        .for_each(|node| node.set_response(no_live_replica()));
    cluster.reset_counters();
    for key in 0..9 {
        let put = client.put_item().table_name(&table.name);
        let put = put.item("pk", s(key.to_string())).item("sk", s("1"));
        let put = put.condition_expression("attribute_not_exists(pk)");
        put.send().await.unwrap();
    }
    // A single replica may be down, so that this says nothing about the table.
    assert_eq!((requests(dc2), requests(dc1)), (9, 9));
}

#[tokio::test]
async fn only_datacenter_of_a_scope_is_not_left() {
    let cluster = test_cluster!(two_datacenters);
    let nodes = cluster.nodes();
    let dc2 = &nodes[3..];
    let builder = quick_refresh(&cluster).scope(Scope::datacenter("dc2"));
    let alternator = builder.build().unwrap();
    let client = client(&alternator);
    alternator.ready().await.unwrap();
    let table = Table::create(&client).await;
    dc2.iter().for_each(|node| node.set_response(no_replicas()));
    for _ in 0..2 {
        get(&client, &table.name).await.unwrap_err();
    }
    dc2.iter().for_each(Node::restore_responses);
    cluster.reset_counters();
    for _ in 0..30 {
        get(&client, &table.name).await.unwrap();
    }
    assert!(dc2.iter().all(|node| node.counters().requests == 10));
}
