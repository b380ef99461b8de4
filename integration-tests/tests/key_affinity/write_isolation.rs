//! Write isolation: the writes that the server reports as transactions have one coordinator.

use super::{create_table, five_nodes, nodes_used, requests_per_node, wait_until_settled, with};
use crate::support::{Log, Table, client, direct_client, error_text, eventually, s, test_cluster};
use alternator_lb_sdk::KeyAffinity;
use alternator_test_cluster::{InternalTables, TestCluster, WriteIsolation};
use aws_sdk_dynamodb::Client;
use aws_sdk_dynamodb::types::{
    AttributeAction, AttributeValue, AttributeValueUpdate, ExpectedAttributeValue, PutRequest,
    ReturnValue, Tag, WriteRequest,
};

const WRITES: [&str; 14] = [
    "put",
    "put if",
    "put expected",
    "put old",
    "delete",
    "delete old",
    "set",
    "set itself",
    "set if_not_exists",
    "add",
    "set nested",
    "set, all new",
    "set, updated new",
    "attribute add",
];

/// Makes a write, and returns whether the server accepted it.
async fn write(client: &Client, table: &Table, how: &str) -> bool {
    let number = |number: &str| AttributeValue::N(number.to_owned());
    let put = client.put_item().table_name(&table.name);
    let put = put
        .item("pk", s("a"))
        .item("sk", s("x"))
        .item("n", number("1"));
    let put = put.item(
        "m",
        AttributeValue::M([("a".to_owned(), number("1"))].into()),
    );
    let delete = client.delete_item().table_name(&table.name);
    let delete = delete.key("pk", s("a")).key("sk", s("gone"));
    let update = client.update_item().table_name(&table.name);
    let update = update.key("pk", s("a")).key("sk", s("x"));
    let expression = |expression: &str| {
        let update = update.clone().update_expression(expression);
        update.expression_attribute_values(":n", number("1"))
    };
    let result = match how {
        "put" => put.send().await.map_err(error_text).map(drop),
        "put if" => {
            let put = put.condition_expression("attribute_not_exists(nothing)");
            put.send().await.map_err(error_text).map(drop)
        }
        "put expected" => {
            let absent = ExpectedAttributeValue::builder().exists(false).build();
            let put = put.expected("nothing", absent);
            put.send().await.map_err(error_text).map(drop)
        }
        "put old" => {
            let put = put.return_values(ReturnValue::AllOld);
            put.send().await.map_err(error_text).map(drop)
        }
        "delete" => delete.send().await.map_err(error_text).map(drop),
        "delete old" => {
            let delete = delete.return_values(ReturnValue::AllOld);
            delete.send().await.map_err(error_text).map(drop)
        }
        "attribute add" => {
            let add = AttributeValueUpdate::builder().value(number("1"));
            let add = add.action(AttributeAction::Add).build();
            let update = update.attribute_updates("n", add);
            update.send().await.map_err(error_text).map(drop)
        }
        how => {
            let update = match how {
                "set" => expression("SET n = :n"),
                "set itself" => expression("SET n = n + :n"),
                "set if_not_exists" => expression("SET n = if_not_exists(n, :n)"),
                "add" => expression("ADD n :n"),
                "set nested" => expression("SET m.a = :n"),
                "set, all new" => expression("SET n = :n").return_values(ReturnValue::AllNew),
                "set, updated new" => {
                    expression("SET n = :n").return_values(ReturnValue::UpdatedNew)
                }
                how => panic!("{how}"),
            };
            update.send().await.map_err(error_text).map(drop)
        }
    };
    match result {
        Ok(()) => true,
        Err(error) if error.contains("write isolation policy") => false,
        Err(error) => panic!("{how}: {error}"),
    }
}

/// Expects that writes have one coordinator if and only if they are transactions. Returns the number of such kinds.
async fn expect_one_node_for_transactions(
    cluster: &TestCluster,
    client: &Client,
    table: &Table,
) -> usize {
    let mut transactions = 0;
    // The item that updates change.
    write(client, table, "put").await;
    for how in WRITES {
        cluster.reset_counters();
        for _ in 0..5 {
            write(client, table, how).await;
        }
        let uses_transaction = !cluster.lwt_partitions().is_empty();
        let operations = ["PutItem", "UpdateItem", "DeleteItem"];
        let nodes: Vec<_> = operations
            .iter()
            .map(|name| requests_per_node(cluster, name))
            .collect();
        let nodes = nodes.iter().map(|spread| nodes_used(spread)).sum::<usize>();
        assert_eq!(nodes, if uses_transaction { 1 } else { 5 }, "{how}");
        transactions += usize::from(uses_transaction);
    }
    transactions
}

const MODES: [(WriteIsolation, &str, usize); 4] = [
    (WriteIsolation::OnlyRmwUsesLwt, "only_rmw_uses_lwt", 10),
    (WriteIsolation::AlwaysUseLwt, "always_use_lwt", 14),
    (WriteIsolation::UnsafeRmw, "unsafe_rmw", 0),
    (WriteIsolation::ForbidRmw, "forbid_rmw", 0),
];

/// Waits until the metadata for `from_table()` is complete; the cluster's configuration is read last.
async fn wait_for_write_isolation(cluster: &TestCluster, client: &Client, table: &Table) {
    cluster.reset_counters();
    write(client, table, "put").await;
    eventually("the last query is sent", async || {
        requests_per_node(cluster, "Query").iter().sum::<u64>() == 2
    })
    .await;
    // The response of the query is processed on the same thread as these.
    for _ in 0..50 {
        write(client, table, "put").await;
    }
}

#[tokio::test]
async fn clusters_write_isolation_determines_which_writes_have_one_coordinator() {
    for (isolation, _, expected) in MODES {
        let cluster = test_cluster!(|cluster| five_nodes(cluster).write_isolation(isolation));
        let table = create_table(&cluster).await;
        let alternator = with(&cluster, KeyAffinity::from_table()).build().unwrap();
        let client = client(&alternator);
        alternator.ready().await.unwrap();
        wait_for_write_isolation(&cluster, &client, &table).await;
        let transactions = expect_one_node_for_transactions(&cluster, &client, &table).await;
        assert_eq!(transactions, expected, "{isolation:?}");
    }
}

#[tokio::test]
async fn table_tag_overrides_the_clusters_write_isolation() {
    for (_, tag, expected) in MODES {
        let cluster =
            test_cluster!(|cluster| five_nodes(cluster).write_isolation(WriteIsolation::UnsafeRmw));
        let table = create_table(&cluster).await;
        set_tag(&direct_client(cluster.url()), &table, tag).await;
        let alternator = with(&cluster, KeyAffinity::from_table()).build().unwrap();
        let client = client(&alternator);
        alternator.ready().await.unwrap();
        wait_for_write_isolation(&cluster, &client, &table).await;
        let transactions = expect_one_node_for_transactions(&cluster, &client, &table).await;
        assert_eq!(transactions, expected, "{tag}");
    }
}

async fn set_tag(client: &Client, table: &Table, isolation: &str) {
    let described = client.describe_table().table_name(&table.name).send().await;
    let arn = described.unwrap().table.unwrap().table_arn.unwrap();
    let tag = Tag::builder()
        .key("system:write_isolation")
        .value(isolation);
    let tagging = client.tag_resource().resource_arn(arn);
    let tagging = tagging.tags(tag.build().unwrap());
    tagging.send().await.unwrap();
}

#[tokio::test]
async fn write_isolation_tag_set_through_the_client_takes_effect_at_once() {
    let cluster = test_cluster!(five_nodes);
    let table = create_table(&cluster).await;
    let alternator = with(&cluster, KeyAffinity::from_table()).build().unwrap();
    let client = client(&alternator);
    alternator.ready().await.unwrap();
    wait_until_settled(&cluster, &client, &table).await;
    set_tag(&client, &table, "always").await;
    eventually("unconditional writes have one coordinator", async || {
        cluster.reset_counters();
        for _ in 0..5 {
            write(&client, &table, "put").await;
        }
        nodes_used(&requests_per_node(&cluster, "PutItem")) == 1
    })
    .await;
}

#[tokio::test]
async fn unreadable_write_isolation_gives_conditional_writes_one_coordinator_with_one_warning() {
    let log = Log::capture();
    let cluster =
        test_cluster!(|cluster| five_nodes(cluster).internal_tables(InternalTables::Refused));
    let (one, two) = (create_table(&cluster).await, create_table(&cluster).await);
    let alternator = with(&cluster, KeyAffinity::from_table()).build().unwrap();
    let client = client(&alternator);
    alternator.ready().await.unwrap();
    for table in [&one, &two] {
        wait_until_settled(&cluster, &client, table).await;
        let transactions = expect_one_node_for_transactions(&cluster, &client, table).await;
        assert_eq!(transactions, 10);
    }
    let warnings = log.warnings("write isolation");
    assert_eq!(warnings.len(), 1, "{warnings:?}");
    assert!(warnings[0].contains("AccessDenied"), "{warnings:?}");
}

#[tokio::test]
async fn batch_with_one_always_lwt_table_has_one_coordinator() {
    let cluster = test_cluster!(five_nodes);
    let (plain, always) = (create_table(&cluster).await, create_table(&cluster).await);
    set_tag(&direct_client(cluster.url()), &always, "always").await;
    let alternator = with(&cluster, KeyAffinity::from_table()).build().unwrap();
    let client = client(&alternator);
    alternator.ready().await.unwrap();
    let write = || {
        let put = PutRequest::builder();
        let put = put.item("pk", s("a")).item("sk", s("x"));
        let put = put.build().unwrap();
        vec![WriteRequest::builder().put_request(put).build()]
    };
    let nodes_of = async |tables: &[&Table]| {
        cluster.reset_counters();
        for _ in 0..5 {
            let mut batch = client.batch_write_item();
            for table in tables {
                batch = batch.request_items(&table.name, write());
            }
            batch.send().await.unwrap();
        }
        nodes_used(&requests_per_node(&cluster, "BatchWriteItem"))
    };
    eventually("the tables are described", async || {
        nodes_of(&[&plain, &always]).await == 1
    })
    .await;
    assert_eq!(nodes_of(&[&always]).await, 1);
    assert_eq!(nodes_of(&[&plain]).await, 5);
}

#[tokio::test]
async fn updates_and_deletes_have_one_coordinator_if_the_server_always_reads_before_writing() {
    // Every setting is `true`, which is not a write isolation mode.
    let config = r#"{"Items": [{"value": {"S": "true"}}], "Count": 1, "ScannedCount": 1}"#;
    let cluster = test_cluster!(|cluster| five_nodes(cluster).fixed_response("Query", config));
    let table = create_table(&cluster).await;
    set_tag(&direct_client(cluster.url()), &table, "only_rmw_uses_lwt").await;
    let alternator = with(&cluster, KeyAffinity::from_table()).build().unwrap();
    let client = client(&alternator);
    alternator.ready().await.unwrap();
    wait_for_write_isolation(&cluster, &client, &table).await;
    for (how, operation, expected) in [
        ("put", "PutItem", 5),
        ("set", "UpdateItem", 1),
        ("delete", "DeleteItem", 1),
    ] {
        cluster.reset_counters();
        for _ in 0..5 {
            write(&client, &table, how).await;
        }
        assert_eq!(
            nodes_used(&requests_per_node(&cluster, operation)),
            expected,
            "{how}"
        );
    }
}
