//! The numbers of a cluster.

use crate::compressed_requests::{note, put};
use crate::scopes::two_datacenters;
use crate::support::{
    OK, RecordingServer, Table, client, eventually, expect_pings, ping, quick_refresh,
    ready_client, ready_client_of, s, test_cluster,
};
use crate::token_aware::support::{
    create, get, key_of, token_aware_client, twelve_node_cluster, wait_for_token_map,
};
use alternator_lb_sdk::observe::Outcome;
use alternator_lb_sdk::{
    Alternator, KeyAffinity, OperationExt as _, OperationOptions, RequestCompression,
    ResponseCompression, Scope,
};
use alternator_test_cluster::{NodeConfig, Tokens};
use aws_sdk_dynamodb::types::ScalarAttributeType;

#[tokio::test]
async fn failovers_and_spared_retries_are_counted() {
    let cluster = test_cluster!();
    let (alternator, client) = ready_client(&cluster).await;
    expect_pings(&client, 6).await;
    let before = alternator.stats();
    assert_eq!((before.requests(), before.failures()), (6, 0));
    assert_eq!(before.outcomes(Outcome::Responded), 6);
    assert_eq!((before.failovers(), before.retries_spared()), (0, 0));
    assert!(before.refreshes() >= 1);
    assert_eq!(before.refresh_failures(), 0);

    cluster.node(1).stop();
    expect_pings(&client, 6).await;
    let after = alternator.stats();
    let failed = after.requests() - 12;
    assert!(failed >= 1);
    assert_eq!(after.outcomes(Outcome::Responded), 12);
    assert_eq!(after.failovers(), failed);
    let unconnected = after.outcomes(Outcome::NotConnected);
    assert!(
        (unconnected..=failed).contains(&after.retries_spared()),
        "{after:?}"
    );
    assert!(after.retries_spared() >= 1);
    assert_eq!(after.panic_mode_entries(), alternator.panic_mode_entries());
    assert!(!after.is_in_panic_mode());
}

#[tokio::test]
async fn refreshes_that_fail_are_counted() {
    let cluster = test_cluster!();
    let (alternator, _client) = ready_client(&cluster).await;
    let before = alternator.stats();
    cluster
        .nodes()
        .iter()
        .for_each(alternator_test_cluster::Node::stop);
    alternator.refresh().await.unwrap_err();
    let after = alternator.stats();
    assert!(after.refreshes() > before.refreshes());
    assert!(after.refresh_failures() > before.refresh_failures());
}

#[tokio::test]
async fn numbers_never_fall_when_a_node_leaves() {
    let cluster = test_cluster!();
    let (alternator, client) = ready_client(&cluster).await;
    let leaving = cluster.add_node(NodeConfig::new()).unwrap();
    eventually("the node is discovered and up", async || {
        expect_pings(&client, 4).await;
        let nodes = alternator.nodes();
        nodes.len() == 4 && nodes.iter().all(|node| node.requests() > 0)
    })
    .await;
    let before = alternator.stats();
    leaving.set_listed(false);
    leaving.stop();
    eventually("the node has left", async || alternator.nodes().len() == 3).await;
    let after = alternator.stats();
    assert!(
        after.requests() >= before.requests(),
        "{before:?} {after:?}"
    );
    expect_pings(&client, 1).await;
    assert!(alternator.stats().requests() > after.requests());
}

#[tokio::test]
async fn spill_overs_are_the_attempts_outside_of_the_preferred_scope() {
    let cluster = test_cluster!(two_datacenters);
    let scope = Scope::rack("dc1", "r1").or(Scope::datacenter("dc1"));
    let (alternator, client) = ready_client_of(quick_refresh(&cluster).scope(scope)).await;
    expect_pings(&client, 4).await;
    assert_eq!(alternator.stats().spill_overs(), 0);
    cluster.node(0).stop();
    cluster.node(1).stop();
    expect_pings(&client, 4).await;
    let outside = cluster.node(2).counters().requests;
    assert!(outside >= 4);
    assert_eq!(alternator.stats().spill_overs(), outside);
}

#[tokio::test]
async fn replica_hits_and_misses_are_counted() {
    let cluster = twelve_node_cluster!(Tokens::tablets(32));
    let (alternator, client) = token_aware_client(&cluster).await;
    create(&client, ScalarAttributeType::S).await;
    wait_for_token_map(&alternator, &client, key_of(0)).await;
    let before = alternator.stats();
    for number in 0..20 {
        get(&client, key_of(number)).await.unwrap();
    }
    let after = alternator.stats();
    assert_eq!(after.replica_hits() - before.replica_hits(), 20);
    assert_eq!(after.replica_misses(), before.replica_misses());
}

#[tokio::test]
async fn moved_primaries_are_those_of_an_ejected_node() {
    let cluster = test_cluster!();
    let builder = quick_refresh(&cluster).key_affinity(KeyAffinity::all());
    let (alternator, client) = ready_client_of(builder.partition_key("t", "pk")).await;
    let table = Table::create(&client).await;
    let get = async || {
        let get = client.get_item().table_name(&table.name);
        get.key("pk", s("a"))
            .key("sk", s("a"))
            .send()
            .await
            .unwrap();
    };
    eventually("the key is known", async || {
        cluster.reset_counters();
        for _ in 0..6 {
            get().await;
        }
        cluster
            .nodes()
            .iter()
            .filter(|node| node.counters().requests >= 6)
            .count()
            == 1
    })
    .await;
    assert_eq!(alternator.stats().moved_primaries(), 0);
    let nodes = cluster.nodes();
    let primary = nodes.iter().find(|node| node.counters().requests >= 6);
    primary.unwrap().stop();
    for _ in 0..5 {
        get().await;
    }
    // The retry of the first, and the others.
    assert_eq!(alternator.stats().moved_primaries(), 5);
}

#[tokio::test]
async fn bytes_that_compression_saves_are_counted_in_both_directions() {
    let cluster = test_cluster!();
    let builder = quick_refresh(&cluster)
        .request_compression(RequestCompression::gzip())
        .response_compression(ResponseCompression::gzip());
    let (alternator, client) = ready_client_of(builder).await;
    let table = Table::create(&client).await;
    let saved = || alternator.stats().bytes_saved_by_compression();
    let before = saved();
    put(&client, &table, 0).await;
    let by_request = saved() - before;
    let plain = note(0).len() as u64;
    assert!(
        (plain / 2..plain * 2).contains(&by_request),
        "{by_request} of {plain}"
    );
    for number in 1..5 {
        put(&client, &table, number).await;
    }
    let before = saved();
    let items = client.scan().table_name(&table.name).send().await.unwrap();
    assert_eq!(items.count(), 5);
    let by_response = saved() - before;
    assert!(
        by_response > plain * 2,
        "{by_response} of five times {plain}"
    );
}

#[tokio::test]
async fn bytes_that_minimal_headers_save_are_not_more_than_were_saved() {
    let server = RecordingServer::responding_with(&[OK]);
    let builder = Alternator::builder()
        .seeds([server.url()])
        .without_discovery();
    let alternator = builder.build().unwrap();
    let client = client(&alternator);
    let fat = OperationOptions::new().minimal_headers(false);
    let operation = client.list_tables().limit(1).customize();
    operation.alternator_options(fat).send().await.unwrap();
    let fat = server.take_one().len();
    assert_eq!(alternator.stats().bytes_saved_by_minimal_headers(), 0);
    ping(&client).await.unwrap();
    let saved = fat - server.take_one().len();
    let counted = alternator.stats().bytes_saved_by_minimal_headers();
    let counted = usize::try_from(counted).unwrap();
    assert!(
        counted <= saved && counted + 120 >= saved,
        "{counted} of {saved}"
    );
}
