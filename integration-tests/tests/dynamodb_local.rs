//! The plugin in front of an engine's own HTTP server: a single endpoint without `/localnodes` that responds with 404
//! to requests without `content-type` and wants them signed, as DynamoDB and DynamoDB Local do.

use crate::support::{Table, client, direct_client, n, ping, s, signing_config};
use alternator_lb_sdk::{
    Alternator, AlternatorExt as _, Builder, KeyAffinity, RequestCompression, ResponseCompression,
};
use aws_sdk_dynamodb::Client;
use aws_sdk_dynamodb::error::ProvideErrorMetadata as _;
use aws_sdk_dynamodb::types::{Put, PutRequest, TransactWriteItem, WriteRequest};
use dynoxide::{Database, server};
use tokio::net::TcpListener;
use tokio::runtime::Handle;

/// Starts the server. Returns its URL. It ends with the runtime of the test.
async fn start_engine() -> String {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let url = format!("http://{}", listener.local_addr().unwrap());
    Handle::current().spawn(server::serve_on(listener, Database::memory().unwrap()));
    url
}

fn all_features(url: &str) -> Builder {
    Alternator::builder()
        .seeds([url])
        .minimal_headers(true)
        .fast_signing(true)
        .key_affinity(KeyAffinity::all())
        .token_aware()
        .request_compression(RequestCompression::gzip())
        .response_compression(ResponseCompression::gzip())
}

fn signing_client(alternator: &Alternator) -> Client {
    let config = signing_config("key", "secret");
    Client::from_conf(config.alternator(alternator).build())
}

/// Reads and writes items of all sizes, one by one and in batches and transactions.
async fn exercise(client: &Client) {
    let table = Table::create(client).await;
    let long = "compressible ".repeat(1_000);
    for (sort_key, text) in [("short", "text"), ("long", &long)] {
        let put = client.put_item().table_name(&table.name);
        let put = put.item("pk", s("one")).item("sk", s(sort_key));
        put.item("text", s(text)).send().await.unwrap();
    }
    let get = client.get_item().table_name(&table.name);
    let get = get.key("pk", s("one")).key("sk", s("long"));
    let item = get.send().await.unwrap().item.unwrap();
    assert_eq!(item["text"], s(&long));

    let update = client.update_item().table_name(&table.name);
    let update = update.key("pk", s("one")).key("sk", s("short"));
    let update = update.update_expression("ADD visits :one");
    let update = update.expression_attribute_values(":one", n(1));
    update.send().await.unwrap();

    let put = PutRequest::builder()
        .item("pk", s("one"))
        .item("sk", s("batch"));
    let put = put.item("text", s(&long)).build().unwrap();
    let request = WriteRequest::builder().put_request(put).build();
    let batch = client
        .batch_write_item()
        .request_items(&table.name, vec![request]);
    batch.send().await.unwrap();

    let put = Put::builder()
        .table_name(&table.name)
        .item("pk", s("one"))
        .item("sk", s("transaction"));
    let write = TransactWriteItem::builder().put(put.build().unwrap());
    let transaction = client.transact_write_items().transact_items(write.build());
    transaction.send().await.unwrap();

    let query = client.query().table_name(&table.name);
    let query = query.key_condition_expression("pk = :pk");
    let query = query.expression_attribute_values(":pk", s("one"));
    assert_eq!(query.send().await.unwrap().count(), 4);
}

#[tokio::test]
async fn engine_insists_on_content_type() {
    let client = direct_client(start_engine().await);
    let request = client.list_tables().customize().mutate_request(|request| {
        request.headers_mut().remove("content-type");
    });
    let error = request.send().await.unwrap_err();
    assert_eq!(error.raw_response().unwrap().status().as_u16(), 404);
}

#[tokio::test]
async fn signed_operations_succeed() {
    let url = start_engine().await;
    let alternator = Alternator::builder().seeds([url]).build().unwrap();
    exercise(&signing_client(&alternator)).await;
}

#[tokio::test]
async fn signed_operations_succeed_with_all_features() {
    let alternator = all_features(&start_engine().await).build().unwrap();
    exercise(&signing_client(&alternator)).await;
}

#[tokio::test]
async fn unsigned_operations_get_the_error_that_the_sdk_alone_gets() {
    let url = start_engine().await;
    let expected = ping(&direct_client(url.clone())).await.unwrap_err();
    assert_eq!(expected.code(), Some("MissingAuthenticationTokenException"));
    for builder in [Alternator::builder().seeds([&url]), all_features(&url)] {
        let error = ping(&client(&builder.build().unwrap())).await.unwrap_err();
        assert_eq!(error.code(), expected.code());
    }
}

#[tokio::test]
async fn requests_stay_with_the_seed_although_it_lists_no_nodes() {
    let url = start_engine().await;
    let alternator = Alternator::builder().seeds([&url]).build().unwrap();
    alternator.refresh().await.unwrap_err();
    let client = signing_client(&alternator);
    ping(&client).await.unwrap();
    let [node] = alternator.nodes().try_into().unwrap();
    assert_eq!(node.url(), url);
}
