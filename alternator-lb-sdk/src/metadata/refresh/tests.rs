//! When the parts of a table are fetched.

use super::*;
use crate::metadata::describe::{ATTEMPTS, BACKOFF_JITTER, FIRST_BACKOFF};
use crate::{Alternator, AlternatorExt as _, KeyAffinity};
use alternator_lb_core::metadata_schedule::SchemaOutcome;
use aws_sdk_dynamodb::Client;
use aws_sdk_dynamodb::config::{BehaviorVersion, Builder};
use aws_sdk_dynamodb::types::AttributeValue;
use aws_smithy_runtime_api::client::http::{
    HttpConnector, HttpConnectorFuture, SharedHttpConnector, http_client_fn,
};
use aws_smithy_runtime_api::client::orchestrator::{HttpRequest, HttpResponse};
use aws_smithy_types::body::SdkBody;
use std::sync::Mutex;
use tokio::task::yield_now;
use tokio::time::advance;

mod maps;
mod queue;

/// A server that responds at once.
#[derive(Clone, Debug)]
struct Server {
    /// Its response to `DescribeTable`.
    table: Arc<Mutex<(u16, &'static str)>>,
    /// The operations since the last write, without discovery.
    requests: Arc<Mutex<Vec<String>>>,
}

const TABLE: (u16, &str) = (
    200,
    r#"{"Table": {"TableArn": "arn:x:table/t", "KeySchema": [{"AttributeName": "pk", "KeyType": "HASH"}]}}"#,
);
const REFUSAL: (u16, &str) = (
    400,
    r#"{"__type": "x#AccessDeniedException", "message": "no"}"#,
);
const NO_TABLE: (u16, &str) = (
    400,
    r#"{"__type": "x#ResourceNotFoundException", "message": "no"}"#,
);
const FAILURE: (u16, &str) = (
    500,
    r#"{"__type": "x#InternalServerError", "message": "no"}"#,
);

impl HttpConnector for Server {
    fn call(&self, request: HttpRequest) -> HttpConnectorFuture {
        let target = request.headers().get("x-amz-target").unwrap_or_default();
        let (status, body) = match target.rsplit('.').next().unwrap() {
            "" => (200, r#"["10.0.0.1"]"#),
            "PutItem" => (200, "{}"),
            operation => {
                self.requests.lock().unwrap().push(operation.to_owned());
                match operation {
                    "DescribeTable" => *self.table.lock().unwrap(),
                    "Query" => (200, r#"{"Items": []}"#),
                    _ => (200, "{}"),
                }
            }
        };
        let status = u16::try_into(status).unwrap();
        HttpConnectorFuture::ready(Ok(HttpResponse::new(status, SdkBody::from(body))))
    }
}

impl Server {
    fn new(table: (u16, &'static str)) -> Self {
        Self {
            table: Arc::new(Mutex::new(table)),
            requests: Arc::default(),
        }
    }

    fn set(&self, table: (u16, &'static str)) {
        *self.table.lock().unwrap() = table;
    }

    fn client(&self, affinity: KeyAffinity) -> Client {
        let alternator = Alternator::builder().seeds(["http://10.0.0.1:8000"]);
        let alternator = alternator.key_affinity(affinity).build().unwrap();
        let connector = SharedHttpConnector::new(self.clone());
        let config = Builder::new()
            .behavior_version(BehaviorVersion::latest())
            .http_client(http_client_fn(move |_, _| connector.clone()));
        Client::from_conf(config.alternator(&alternator).build())
    }

    /// The requests that a write causes.
    async fn requests_of_a_write(&self, client: &Client) -> Vec<String> {
        self.requests.lock().unwrap().clear();
        let put = client.put_item().table_name("t");
        put.item("pk", AttributeValue::S("a".to_owned()))
            .send()
            .await
            .unwrap();
        // The server responds at once.
        for _ in 0..100 {
            yield_now().await;
        }
        self.requests.lock().unwrap().clone()
    }

    async fn is_refreshed_by_a_write(&self, client: &Client) -> bool {
        !self.requests_of_a_write(client).await.is_empty()
    }
}

fn longest_backoff() -> Duration {
    FIRST_BACKOFF.mul_f64(1.0 + BACKOFF_JITTER) + Duration::from_millis(1)
}

fn client(server: &Server) -> Client {
    server.client(KeyAffinity::all())
}

/// Expects a write to refresh the table after this pause, ±50 %, and not before.
async fn expect_pause(server: &Server, client: &Client, pause: Duration) {
    advance(pause.mul_f64(0.49)).await;
    assert!(
        !server.is_refreshed_by_a_write(client).await,
        "before {pause:?}"
    );
    advance(pause.mul_f64(1.02)).await;
    assert!(
        server.is_refreshed_by_a_write(client).await,
        "after {pause:?}"
    );
}

#[tokio::test(start_paused = true)]
async fn old_schema_is_fetched_again_when_the_table_is_used() {
    let server = Server::new(TABLE);
    let client = client(&server);
    assert_eq!(server.requests_of_a_write(&client).await, ["DescribeTable"]);
    expect_pause(&server, &client, SchemaOutcome::Known.pause()).await;
    advance(10 * SchemaOutcome::Known.pause()).await;
    for _ in 0..100 {
        yield_now().await;
    }
    assert_eq!(
        server.requests_of_a_write(&client).await,
        ["DescribeTable"],
        "no more"
    );
}

#[tokio::test(start_paused = true)]
async fn refused_schema_is_fetched_again_after_minutes() {
    let server = Server::new(REFUSAL);
    let client = client(&server);
    assert_eq!(server.requests_of_a_write(&client).await, ["DescribeTable"]);
    expect_pause(&server, &client, SchemaOutcome::Refused.pause()).await;
}

#[tokio::test(start_paused = true)]
async fn missing_table_is_described_again_after_seconds() {
    let server = Server::new(NO_TABLE);
    let client = client(&server);
    assert_eq!(server.requests_of_a_write(&client).await, ["DescribeTable"]);
    expect_pause(&server, &client, SchemaOutcome::Missing.pause()).await;
}

#[tokio::test(start_paused = true)]
async fn unreachable_nodes_are_tried_several_times_and_then_after_a_pause() {
    let server = Server::new(FAILURE);
    let client = client(&server);
    let mut requests = server.requests_of_a_write(&client).await;
    let mut backoffs = 0;
    while requests.len() < 3 * 3 {
        // Between attempts, of three nodes each.
        assert_eq!(requests.len() % 3, 0, "{requests:?}");
        backoffs += 1;
        advance(longest_backoff() * backoffs).await;
        for _ in 0..100 {
            yield_now().await;
        }
        requests = server.requests.lock().unwrap().clone();
    }
    assert_eq!(backoffs, ATTEMPTS - 1);
    expect_pause(&server, &client, SchemaOutcome::Unreachable.pause()).await;
}

#[tokio::test(start_paused = true)]
async fn later_attempt_succeeds_after_a_failed_one() {
    let server = Server::new(FAILURE);
    let client = client(&server);
    assert_eq!(server.requests_of_a_write(&client).await.len(), 3);
    server.set(TABLE);
    advance(longest_backoff()).await;
    assert_eq!(server.requests_of_a_write(&client).await, ["DescribeTable"]);
    expect_pause(&server, &client, SchemaOutcome::Known.pause()).await;
}

#[tokio::test(start_paused = true)]
async fn isolation_is_fetched_only_where_it_matters() {
    let server = Server::new(TABLE);
    let requests = server
        .requests_of_a_write(&server.client(KeyAffinity::all_writes()))
        .await;
    assert_eq!(requests, ["DescribeTable"]);
    let client = server.client(KeyAffinity::from_table());
    let requests = server.requests_of_a_write(&client).await;
    assert_eq!(
        requests,
        ["DescribeTable", "ListTagsOfResource", "Query", "Query"]
    );
    expect_pause(&server, &client, SchemaOutcome::Known.pause()).await;
}
