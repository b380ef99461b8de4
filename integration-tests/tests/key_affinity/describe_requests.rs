//! Describe requests: the plugin's own `DescribeTable` operations for key affinity.

use super::table_metadata::describe_count;
use super::{
    conditional_put, create_table, five_nodes, nodes_used, requests_per_node, wait_until_settled,
    with,
};
use crate::clock_skew::LaggingClock;
use crate::support::{
    AccessDeniedClient, Log, Table, client, config, eventually, expect_pings, quick_retries, s,
    signing_config, test_cluster,
};
use alternator_lb_sdk::{Alternator, AlternatorExt as _, AuthMode, KeyAffinity};
use aws_sdk_dynamodb::Client;
use aws_sdk_dynamodb::config::Intercept;
use aws_sdk_dynamodb::error::BoxError;
use aws_sdk_dynamodb::operation::put_item::PutItemOutput;
use aws_smithy_mocks::{RuleMode, mock, mock_client};
use aws_smithy_runtime_api::client::interceptors::context::BeforeSerializationInterceptorContextRef;
use aws_smithy_types::config_bag::ConfigBag;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

#[tokio::test]
async fn describe_requests_are_signed_like_operations() {
    let cluster =
        test_cluster!(|cluster| five_nodes(cluster).authorization("alternator", "secret"));
    let builder = with(&cluster, KeyAffinity::conditional_writes());
    for builder in [
        builder.clone(),
        builder.clone().auth(AuthMode::Required),
        builder.fast_signing(true),
    ] {
        let alternator = builder.build().unwrap();
        let config = signing_config("alternator", "secret").alternator(&alternator);
        let client = Client::from_conf(config.build());
        alternator.ready().await.unwrap();
        let table = Table::create(&client).await;
        wait_until_settled(&cluster, &client, &table).await;
    }
}

#[tokio::test]
async fn describe_requests_are_signed_with_the_servers_time_under_clock_skew() {
    let cluster =
        test_cluster!(|cluster| five_nodes(cluster).authorization("alternator", "secret"));
    let builder = with(&cluster, KeyAffinity::conditional_writes());
    for builder in [builder.clone(), builder.fast_signing(true)] {
        let alternator = builder.build().unwrap();
        let an_hour_behind = LaggingClock(Arc::new(3600.into()));
        let config = signing_config("alternator", "secret").time_source(an_hour_behind);
        let config = config.retry_config(quick_retries());
        let client = Client::from_conf(config.alternator(&alternator).build());
        alternator.ready().await.unwrap();
        let table = Table::create(&client).await;
        expect_pings(&client, 1).await;
        wait_until_settled(&cluster, &client, &table).await;
    }
}

#[tokio::test]
async fn denied_describe_requests_keep_operations_evenly_spread_with_one_warning() {
    let log = Log::capture();
    let cluster = test_cluster!(five_nodes);
    let (one, two) = (create_table(&cluster).await, create_table(&cluster).await);
    let alternator = with(&cluster, KeyAffinity::conditional_writes());
    let alternator = alternator.build().unwrap();
    let access_denied = AccessDeniedClient::denying("DescribeTable");
    let config = config()
        .http_client(access_denied.clone())
        .alternator(&alternator);
    let client = Client::from_conf(config.build());
    alternator.ready().await.unwrap();
    for (tables, table) in [(1, &one), (2, &two)] {
        conditional_put(&client, table, "a").await;
        eventually("the describe request is denied", async || {
            access_denied.count() == tables
        })
        .await;
        cluster.reset_counters();
        for _ in 0..20 {
            conditional_put(&client, table, "a").await;
        }
        assert_eq!(nodes_used(&requests_per_node(&cluster, "PutItem")), 5);
    }
    assert_eq!(access_denied.count(), 2, "one describe request per table");
    let warnings = log.warnings("partition key");
    assert_eq!(warnings.len(), 1, "{warnings:?}");
    assert!(warnings[0].contains("not for you"), "{warnings:?}");
}

/// An interceptor that counts operations.
#[derive(Clone, Debug, Default)]
struct Counting(Arc<AtomicUsize>);

impl Intercept for Counting {
    fn name(&self) -> &'static str {
        "counting"
    }

    fn read_before_execution(
        &self,
        _: &BeforeSerializationInterceptorContextRef<'_>,
        _: &mut ConfigBag,
    ) -> Result<(), BoxError> {
        self.0.fetch_add(1, Ordering::Relaxed);
        Ok(())
    }
}

#[tokio::test]
async fn describe_requests_bypass_the_applications_interceptors() {
    let cluster = test_cluster!(five_nodes);
    let table = create_table(&cluster).await;
    let alternator = with(&cluster, KeyAffinity::conditional_writes());
    let alternator = alternator.build().unwrap();
    let counting = Counting::default();
    let config = config()
        .interceptor(counting.clone())
        .alternator(&alternator);
    let client = Client::from_conf(config.build());
    alternator.ready().await.unwrap();
    cluster.reset_counters();
    let mut operations = 0;
    while describe_count(&cluster) == 0 {
        conditional_put(&client, &table, "a").await;
        operations += 1;
    }
    assert_eq!(counting.0.load(Ordering::Relaxed), operations);
}

#[tokio::test]
async fn describe_requests_bypass_the_applications_mocks() {
    let rule = mock!(Client::put_item).then_output(|| PutItemOutput::builder().build());
    let alternator = Alternator::builder().seeds(["http://127.0.0.1:9"]);
    let alternator = alternator.key_affinity(KeyAffinity::all()).build().unwrap();
    let client = mock_client!(aws_sdk_dynamodb, RuleMode::MatchAny, [&rule], |config| {
        config.alternator(&alternator)
    });
    for _ in 0..5 {
        // Any other operation has no rule, and would panic.
        client
            .put_item()
            .table_name("t")
            .item("pk", s("a"))
            .send()
            .await
            .unwrap();
    }
    assert_eq!(rule.num_calls(), 5);
}

#[tokio::test]
async fn no_table_is_described_after_shutdown() {
    let cluster = test_cluster!(five_nodes);
    let table = create_table(&cluster).await;
    let alternator = with(&cluster, KeyAffinity::conditional_writes());
    let alternator = alternator.build().unwrap();
    let client = client(&alternator);
    alternator.ready().await.unwrap();
    alternator.shutdown().await;
    cluster.reset_counters();
    for _ in 0..10 {
        conditional_put(&client, &table, "a").await;
    }
    assert_eq!(describe_count(&cluster), 0);
}
