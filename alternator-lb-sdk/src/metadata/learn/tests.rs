//! When tables are looked up, and when they are not.

use super::*;
use crate::{Alternator, AlternatorExt as _, KeyAffinity};
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

/// A server that answers at once.
#[derive(Clone, Debug)]
struct Server {
    /// What it answers to `DescribeTable`.
    table: Arc<Mutex<(u16, &'static str)>>,
    /// What was asked since the last time.
    asked: Arc<Mutex<Vec<String>>>,
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
                self.asked.lock().unwrap().push(operation.to_owned());
                match operation {
                    "DescribeTable" => *self.table.lock().unwrap(),
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
            asked: Arc::default(),
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

    /// What is asked because of a write.
    async fn asked_by_a_write(&self, client: &Client) -> Vec<String> {
        self.asked.lock().unwrap().clear();
        let put = client.put_item().table_name("t");
        put.item("pk", AttributeValue::S("a".to_owned()))
            .send()
            .await
            .unwrap();
        // Everything is answered at once.
        for _ in 0..100 {
            yield_now().await;
        }
        self.asked.lock().unwrap().clone()
    }

    async fn asks(&self, client: &Client) -> bool {
        !self.asked_by_a_write(client).await.is_empty()
    }
}

fn client(server: &Server) -> Client {
    server.client(KeyAffinity::all())
}

/// Whether a write after this time asks for the table, given that pauses are what they are ±20 %.
async fn expect_pause(server: &Server, client: &Client, pause: Duration) {
    advance(pause.mul_f64(0.79)).await;
    assert!(!server.asks(client).await, "before {pause:?}");
    advance(pause.mul_f64(0.42)).await;
    assert!(server.asks(client).await, "after {pause:?}");
}

#[tokio::test(start_paused = true)]
async fn what_is_known_is_looked_up_again_when_it_is_old_and_the_table_used() {
    let server = Server::new(TABLE);
    let client = client(&server);
    assert_eq!(server.asked_by_a_write(&client).await, ["DescribeTable"]);
    expect_pause(&server, &client, AGE).await;
    advance(10 * AGE).await;
    for _ in 0..100 {
        yield_now().await;
    }
    assert_eq!(
        server.asked_by_a_write(&client).await,
        ["DescribeTable"],
        "no more"
    );
}

#[tokio::test(start_paused = true)]
async fn who_is_refused_asks_again_after_minutes() {
    let server = Server::new(REFUSAL);
    let client = client(&server);
    assert_eq!(server.asked_by_a_write(&client).await, ["DescribeTable"]);
    expect_pause(&server, &client, REFUSED).await;
}

#[tokio::test(start_paused = true)]
async fn a_table_that_is_missing_is_asked_for_again_after_seconds() {
    let server = Server::new(NO_TABLE);
    let client = client(&server);
    assert_eq!(server.asked_by_a_write(&client).await, ["DescribeTable"]);
    expect_pause(&server, &client, MISSING).await;
}

#[tokio::test(start_paused = true)]
async fn while_nobody_answers_some_attempts_are_made_and_then_a_pause() {
    let server = Server::new(FAILURE);
    let client = client(&server);
    let mut asked = server.asked_by_a_write(&client).await;
    let mut waits = 0;
    while asked.len() < 3 * 3 {
        // Between attempts, of three nodes each.
        assert_eq!(asked.len() % 3, 0, "{asked:?}");
        waits += 1;
        advance(FIRST_WAIT * waits).await;
        for _ in 0..100 {
            yield_now().await;
        }
        asked = server.asked.lock().unwrap().clone();
    }
    assert_eq!(waits, ATTEMPTS - 1);
    expect_pause(&server, &client, SILENT).await;
}

#[tokio::test(start_paused = true)]
async fn an_attempt_that_follows_brings_what_the_first_did_not() {
    let server = Server::new(FAILURE);
    let client = client(&server);
    assert_eq!(server.asked_by_a_write(&client).await.len(), 3);
    server.set(TABLE);
    advance(FIRST_WAIT).await;
    assert_eq!(server.asked_by_a_write(&client).await, ["DescribeTable"]);
    expect_pause(&server, &client, AGE).await;
}

#[tokio::test(start_paused = true)]
async fn how_writes_are_isolated_is_asked_only_where_it_matters() {
    let server = Server::new(TABLE);
    let asked = server
        .asked_by_a_write(&server.client(KeyAffinity::all_writes()))
        .await;
    assert_eq!(asked, ["DescribeTable"]);
    let client = server.client(KeyAffinity::from_table());
    let asked = server.asked_by_a_write(&client).await;
    assert_eq!(
        asked,
        ["DescribeTable", "ListTagsOfResource", "Query", "Query"]
    );
    expect_pause(&server, &client, AGE).await;
}
