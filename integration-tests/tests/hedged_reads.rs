//! Hedged reads: a slow response costs a second request instead of the user's patience.

mod paid;
mod sdk_config;

use crate::support::{
    Log, Table, config, error_text, eventually, quick_refresh, ready_client_of, s, signing_config,
    test_cluster,
};
use alternator_lb_sdk::attempts::AttemptResult;
use alternator_lb_sdk::explain::Reason;
use alternator_lb_sdk::{
    Alternator, AlternatorExt as _, AttemptRecorder, Builder, Hedge, NodeStatus, OperationExt as _,
    OperationOptions,
};
use alternator_test_cluster::{Fault, RawResponse, TestCluster};
use aws_sdk_dynamodb::Client;
use aws_sdk_dynamodb::config::retry::RetryConfig;
use aws_sdk_dynamodb::types::{AttributeValue, KeysAndAttributes};
use paid::Paid;
use std::time::Duration;
use tokio::task::JoinSet;

/// Longer than any test.
const HOUR: Duration = Duration::from_secs(3_600);

/// Longer than a response on a busy machine takes, mostly, and shorter than the health checker's patience.
const DELAY: Duration = Duration::from_millis(60);

/// The number of reads that pay for one second request.
const PRICE: usize = 20;

fn hedging(builder: Builder) -> Builder {
    builder.hedged_reads(Hedge::after(DELAY))
}

fn in_flight(alternator: &Alternator) -> u32 {
    alternator.nodes().iter().map(NodeStatus::in_flight).sum()
}

/// The number of requests that the nodes got for an operation.
fn requests(cluster: &TestCluster, operation: &str) -> u64 {
    let nodes = cluster.nodes();
    let counted = |counters: alternator_test_cluster::Counters| counters.operation(operation);
    nodes.iter().map(|node| counted(node.counters())).sum()
}

async fn get(client: &Client, table: &str) -> Result<(), String> {
    let get = client.get_item().table_name(table);
    let result = get.key("pk", s("a")).key("sk", s("b")).send().await;
    result.map(drop).map_err(error_text)
}

/// Makes reads that pay for so many second requests, on a cluster without faults.
async fn pay_for(client: &Client, table: &Table, hedges: usize) {
    for _ in 0..hedges * PRICE {
        get(client, &table.name).await.unwrap();
    }
}

fn slow_down(cluster: &TestCluster, delay: Duration) {
    for node in cluster.nodes() {
        node.inject(Fault::SlowOperations(delay));
    }
}

/// Makes one read at least on each of three nodes.
async fn read_from_all(client: &Client, table: &Table) {
    for _ in 0..3 {
        get(client, &table.name).await.unwrap();
    }
}

async fn hedging_client(cluster: &TestCluster) -> (Alternator, Client, Table) {
    let (alternator, client) = ready_client_of(hedging(quick_refresh(cluster))).await;
    let table = Table::create(&client).await;
    (alternator, client, table)
}

/// Expects that a client whose `Alternator` hedges reads does not.
async fn expect_no_hedges(cluster: &TestCluster, alternator: &Alternator, client: &Client) {
    alternator.ready().await.unwrap();
    let table = Table::create(client).await;
    pay_for(client, &table, 2).await;
    slow_down(cluster, DELAY * 2);
    read_from_all(client, &table).await;
    assert_eq!(alternator.stats().hedges(), 0);
}

/// Makes the recent percentile that of a cluster whose nodes are fast, and expects a slow one to be outrun.
async fn expect_recent_percentile_to_decide(
    cluster: &TestCluster,
    alternator: &Alternator,
    client: &Client,
    table: &Table,
) {
    // It is computed once a second.
    eventually("the slow node is outrun", async || {
        cluster.node(1).recover();
        pay_for(client, table, 4).await;
        cluster.node(1).inject(Fault::SlowOperations(DELAY * 3));
        read_from_all(client, table).await;
        alternator.stats().hedges_won() > 0
    })
    .await;
}

#[tokio::test]
async fn slow_read_is_served_by_another_node() {
    let cluster = test_cluster!();
    let paid = Paid::new(&cluster).await;
    paid.expect_slow_read_to_be_outrun(&cluster).await;
}

#[tokio::test]
async fn each_kind_of_read_is_hedged_without_retries() {
    let cluster = test_cluster!();
    let alternator = hedging(quick_refresh(&cluster)).build().unwrap();
    let config = config().retry_config(RetryConfig::disabled());
    let client = Client::from_conf(config.alternator(&alternator).build());
    alternator.ready().await.unwrap();
    let table = Table::create(&client).await;
    pay_for(&client, &table, 20).await;
    cluster.node(2).inject(Fault::SlowOperations(HOUR));
    let name = &table.name;
    let won = || alternator.stats().hedges_won();
    for kind in ["BatchGetItem", "Query", "Scan"] {
        let before = won();
        for _ in 0..3 {
            match kind {
                "BatchGetItem" => {
                    let key = [("pk", s("a")), ("sk", s("b"))];
                    let key = key.map(|(name, value)| (name.to_owned(), value)).into();
                    let keys = KeysAndAttributes::builder().keys(key).build().unwrap();
                    let batch = client.batch_get_item().request_items(name, keys);
                    batch.send().await.map(drop).map_err(error_text)
                }
                "Query" => {
                    let query = client.query().table_name(name);
                    let query = query.key_condition_expression("pk = :pk");
                    let query = query.expression_attribute_values(":pk", s("a"));
                    query.send().await.map(drop).map_err(error_text)
                }
                _ => {
                    let scan = client.scan().table_name(name).send().await;
                    scan.map(drop).map_err(error_text)
                }
            }
            .unwrap();
        }
        assert!(won() > before, "{kind}");
    }
}

#[tokio::test]
async fn writes_are_never_sent_twice() {
    let cluster = test_cluster!();
    Paid::new(&cluster).await.expect_writes_once(&cluster).await;
}

#[tokio::test]
async fn second_requests_are_a_twentieth_of_the_reads_at_most() {
    let cluster = test_cluster!();
    let builder = quick_refresh(&cluster).hedged_reads(Hedge::after(Duration::from_millis(1)));
    let (alternator, client) = ready_client_of(builder).await;
    let table = Table::create(&client).await;
    slow_down(&cluster, Duration::from_millis(20));
    cluster.reset_counters();
    for _ in 0..5 * PRICE {
        get(&client, &table.name).await.unwrap();
    }
    assert_eq!(alternator.stats().hedges(), 5);
    eventually("the nodes have read the second requests", async || {
        requests(&cluster, "GetItem") == 105
    })
    .await;
}

#[tokio::test]
async fn recent_percentile_decides_when_no_time_is_set() {
    let cluster = test_cluster!();
    let builder = quick_refresh(&cluster).hedged_reads(Hedge::after_p95());
    let (alternator, client) = ready_client_of(builder).await;
    let table = Table::create(&client).await;
    get(&client, &table.name).await.unwrap();
    assert_eq!(alternator.stats().hedges(), 0);
    expect_recent_percentile_to_decide(&cluster, &alternator, &client, &table).await;
}

#[tokio::test]
async fn second_request_is_accepted_where_authorization_is_enforced() {
    for fast in [true, false] {
        let cluster = test_cluster!(|cluster| cluster.nodes(3).authorization("role", "secret"));
        let alternator = hedging(quick_refresh(&cluster)).fast_signing(fast).build();
        let alternator = alternator.unwrap();
        let config = signing_config("role", "secret").alternator(&alternator);
        let client = Client::from_conf(config.build());
        alternator.ready().await.unwrap();
        let table = Table::create(&client).await;
        pay_for(&client, &table, 4).await;
        cluster.node(1).inject(Fault::SlowOperations(HOUR));
        read_from_all(&client, &table).await;
        let stats = alternator.stats();
        assert!(stats.hedges_won() > 0, "{stats:?}");
        assert_eq!(stats.failures(), 0, "{stats:?}");
    }
}

#[tokio::test]
async fn history_shows_both_requests() {
    let cluster = test_cluster!();
    let (_alternator, client, table) = hedging_client(&cluster).await;
    pay_for(&client, &table, 4).await;
    cluster.node(1).inject(Fault::SlowOperations(HOUR));
    let recorder = AttemptRecorder::new();
    let options = OperationOptions::new().record_attempts(&recorder);
    loop {
        let get = client.get_item().table_name(&table.name);
        let get = get.key("pk", s("a")).key("sk", s("b")).customize();
        let get = get.alternator_options(options.clone());
        get.send().await.unwrap();
        let history = recorder.last().unwrap();
        let [first, second] = history.attempts() else {
            assert_eq!(history.attempts().len(), 1, "{history}");
            continue;
        };
        assert_eq!(first.node(), cluster.node(1).url());
        assert_eq!(first.result(), AttemptResult::Outrun);
        assert_eq!(second.reason(), Reason::Hedge);
        assert_eq!(second.result(), AttemptResult::Success);
        assert_ne!(second.node(), first.node());
        assert!(second.began() >= DELAY, "{history}");
        let text = history.to_string();
        assert!(text.contains("no response yet"), "{text}");
        assert!(text.contains("another node as well"), "{text}");
        return;
    }
}

#[tokio::test]
async fn broken_first_request_is_waited_out_by_the_second() {
    let cluster = test_cluster!(|cluster| cluster.nodes(2));
    let alternator = hedging(quick_refresh(&cluster)).build().unwrap();
    let config = config().retry_config(RetryConfig::disabled());
    let client = Client::from_conf(config.alternator(&alternator).build());
    alternator.ready().await.unwrap();
    let table = Table::create(&client).await;
    pay_for(&client, &table, 20).await;
    let paid = Paid::of(&cluster, alternator, client, table);
    paid.expect_second_request_to_be_waited_for(&cluster).await;
}

#[tokio::test]
async fn failed_second_request_leaves_the_first_alone() {
    let cluster = test_cluster!(|cluster| cluster.nodes(2));
    let (alternator, client, table) = hedging_client(&cluster).await;
    pay_for(&client, &table, 20).await;
    cluster.node(0).inject(Fault::SlowOperations(DELAY * 2));
    // Says nothing against its node, and is not retried: reads that meet this node first fail.
    let refusal = r#"{"__type":"com.amazonaws.dynamodb.v20120810#ValidationException"}"#;
    cluster.node(1).set_response(RawResponse::new(400, refusal));
    let (hedges, won) = (
        || alternator.stats().hedges(),
        alternator.stats().hedges_won(),
    );
    eventually("a read was hedged in vain", async || {
        let before = hedges();
        let result = get(&client, &table.name).await;
        hedges() > before && result.is_ok()
    })
    .await;
    assert_eq!(alternator.stats().hedges_won(), won);
    assert_eq!(in_flight(&alternator), 0);
}

#[tokio::test]
async fn dropped_read_leaves_nothing_in_flight() {
    let cluster = test_cluster!();
    let paid = Paid::new(&cluster).await;
    paid.expect_dropped_read_to_leave_nothing(&cluster).await;
}

#[tokio::test]
async fn pinned_read_is_not_hedged() {
    let cluster = test_cluster!();
    let (alternator, client, table) = hedging_client(&cluster).await;
    pay_for(&client, &table, 4).await;
    let hedges = alternator.stats().hedges();
    let node = cluster.node(1);
    node.inject(Fault::SlowOperations(DELAY * 2));
    let own = aws_sdk_dynamodb::config::Builder::new().endpoint_url(node.url());
    let get = client.get_item().table_name(&table.name);
    let get = get.key("pk", s("a")).key("sk", s("b")).customize();
    get.config_override(own).send().await.unwrap();
    assert_eq!(alternator.stats().hedges(), hedges);
}

#[tokio::test]
async fn response_of_the_second_request_is_the_items() {
    let cluster = test_cluster!();
    let (alternator, client, table) = hedging_client(&cluster).await;
    let put = client.put_item().table_name(&table.name);
    let put = put.item("pk", s("a")).item("sk", s("b"));
    put.item("value", s("x".repeat(20_000)))
        .send()
        .await
        .unwrap();
    pay_for(&client, &table, 4).await;
    cluster.node(1).inject(Fault::SlowOperations(HOUR));
    let won = alternator.stats().hedges_won();
    for _ in 0..3 {
        let get = client.get_item().table_name(&table.name);
        let got = get
            .key("pk", s("a"))
            .key("sk", s("b"))
            .send()
            .await
            .unwrap();
        let item = got.item.unwrap();
        let value = item.get("value").and_then(|value| value.as_s().ok());
        assert_eq!(value.map(String::len), Some(20_000));
        assert_eq!(item.get("pk"), Some(&AttributeValue::S("a".to_owned())));
    }
    assert!(alternator.stats().hedges_won() > won);
}

#[tokio::test]
async fn parts_without_the_decorator_do_not_hedge_and_warn_once() {
    let log = Log::capture();
    let cluster = test_cluster!();
    let alternator = hedging(quick_refresh(&cluster)).build().unwrap();
    let parts = || {
        config()
            .allow_no_auth()
            .endpoint_resolver(alternator.endpoint_resolver())
            .interceptor(alternator.interceptor())
            .build()
    };
    let client = Client::from_conf(parts());
    let _another = Client::from_conf(parts());
    expect_no_hedges(&cluster, &alternator, &client).await;
    assert_eq!(log.warnings("reads are not hedged").len(), 1);
}

#[tokio::test]
async fn http_client_that_is_set_afterwards_does_not_hedge_and_is_warned_of_once() {
    let log = Log::capture();
    let cluster = test_cluster!();
    let alternator = hedging(quick_refresh(&cluster)).build().unwrap();
    let config = config().alternator(&alternator);
    let client = Client::from_conf(config.http_client(crate::support::http_client()).build());
    expect_no_hedges(&cluster, &alternator, &client).await;
    assert_eq!(log.warnings("reads are not hedged").len(), 1);
}
