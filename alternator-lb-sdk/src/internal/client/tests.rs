use super::*;
use crate::auth::AuthMode;
use crate::{Alternator, AlternatorExt as _, Builder};
use alternator_test_cluster::{Fault, TestCluster};
use aws_sdk_dynamodb::Client;
use aws_sdk_dynamodb::config::{self, BehaviorVersion, Credentials};
use aws_smithy_runtime_api::client::interceptors::context::BeforeSerializationInterceptorContextMut;
use serde_json::json;
use std::sync::Mutex;

const ROLE: &str = "alternator";
const SECRET: &str = "secret hash";

/// Takes an internal client from each operation, as the plugin does. Internal operations must not pass it.
#[derive(Clone, Debug)]
struct ClientCapture {
    alternator: Alternator,
    captured: Arc<Mutex<Vec<InternalClient>>>,
}

impl Intercept for ClientCapture {
    fn name(&self) -> &'static str {
        "capture"
    }

    fn modify_before_serialization(
        &self,
        _: &mut BeforeSerializationInterceptorContextMut<'_>,
        components: &RuntimeComponents,
        config: &mut ConfigBag,
    ) -> Result<(), BoxError> {
        let client = InternalClient::new(self.alternator.cluster(), components, config);
        self.captured.lock().unwrap().push(client.unwrap());
        Ok(())
    }
}

fn unsigned() -> config::Builder {
    config::Builder::new().behavior_version(BehaviorVersion::latest())
}

fn signed(secret: &str) -> config::Builder {
    unsigned().credentials_provider(Credentials::new(ROLE, secret, None, None, "test"))
}

fn seeded(cluster: &TestCluster) -> Builder {
    Alternator::builder().seeds(cluster.urls())
}

fn enforcing() -> TestCluster {
    let cluster = TestCluster::builder().authorization(ROLE, SECRET);
    cluster.start().unwrap()
}

/// Sends an internal operation by the means of a client of this configuration.
async fn call(builder: Builder, config: config::Builder) -> Result<Value, InternalError> {
    let alternator = builder.build().unwrap();
    let capture = ClientCapture {
        alternator: alternator.clone(),
        captured: Arc::default(),
    };
    let config = config.alternator(&alternator).interceptor(capture.clone());
    // It may fail.
    let _ = Client::from_conf(config.build()).list_tables().send().await;
    let client = capture.captured.lock().unwrap().pop().unwrap();
    let response = client.call("ListTables", &json!({"Limit": 7})).await;
    assert!(
        capture.captured.lock().unwrap().is_empty(),
        "internal operations pass no interceptor"
    );
    response
}

#[tokio::test]
async fn internal_operation_is_unsigned_like_its_cause() {
    let cluster = TestCluster::builder().start().unwrap();
    let response = call(seeded(&cluster), unsigned()).await.unwrap();
    assert_eq!(response, json!({"TableNames": []}));
    let headers = cluster.nodes().into_iter().find_map(|node| {
        let headers = node.counters().last_headers;
        let of_the_operation =
            |(name, value): &(String, String)| name == "content-length" && value == "11";
        headers.iter().any(of_the_operation).then_some(headers)
    });
    let headers = headers.unwrap();
    let value = |name: &str| {
        headers
            .iter()
            .find(|header| header.0 == name)
            .map(|it| it.1.as_str())
    };
    assert_eq!(value("authorization"), None);
    assert_eq!(value("user-agent"), Some(request::user_agent::OWN));
    assert_eq!(value("x-amz-target"), Some("DynamoDB_20120810.ListTables"));
}

#[tokio::test]
async fn internal_operation_is_signed_like_its_cause() {
    let cluster = enforcing();
    for builder in [
        seeded(&cluster),
        seeded(&cluster).fast_signing(true),
        seeded(&cluster).auth(AuthMode::Required),
    ] {
        let response = call(builder, signed(SECRET)).await.unwrap();
        assert_eq!(response, json!({"TableNames": []}));
    }
}

#[tokio::test]
async fn wrong_credentials_are_refused() {
    let cluster = enforcing();
    for (builder, config) in [
        (seeded(&cluster), unsigned()),
        (seeded(&cluster), signed("another")),
        (seeded(&cluster).auth(AuthMode::Unsigned), signed(SECRET)),
    ] {
        let error = call(builder, config).await.unwrap_err();
        assert!(matches!(error, InternalError::Refused(_)), "{error}");
    }
}

#[tokio::test]
async fn unsigned_operation_is_not_sent_where_auth_is_required() {
    let cluster = TestCluster::builder().start().unwrap();
    let config = unsigned().allow_no_auth();
    let error = call(seeded(&cluster).auth(AuthMode::Required), config)
        .await
        .unwrap_err();
    assert!(matches!(error, InternalError::Unreachable(_)), "{error}");
    let requests = cluster
        .nodes()
        .iter()
        .map(|node| node.counters().requests)
        .sum::<u64>();
    assert_eq!(requests, 0);
}

#[tokio::test]
async fn unresponsive_nodes_are_skipped() {
    let cluster = TestCluster::builder().start().unwrap();
    cluster.node(0).stop();
    cluster.node(1).inject(Fault::ServerError { share: 1.0 });
    call(seeded(&cluster), unsigned()).await.unwrap();
}

#[tokio::test]
async fn operation_fails_where_no_node_responds() {
    let cluster = TestCluster::builder().start().unwrap();
    cluster.nodes().iter().for_each(|node| node.stop());
    let error = call(seeded(&cluster), unsigned()).await.unwrap_err();
    assert!(matches!(error, InternalError::Unreachable(_)), "{error}");
}

#[tokio::test]
async fn internal_client_does_not_keep_the_cluster_alive() {
    let cluster = TestCluster::builder().start().unwrap();
    let alternator = seeded(&cluster).build().unwrap();
    let capture = ClientCapture {
        alternator: alternator.clone(),
        captured: Arc::default(),
    };
    let captured = Arc::clone(&capture.captured);
    let client = Client::from_conf(
        unsigned()
            .alternator(&alternator)
            .interceptor(capture)
            .build(),
    );
    client.list_tables().send().await.unwrap();
    let weak = Arc::downgrade(alternator.cluster());
    drop((alternator, client));
    assert!(weak.upgrade().is_none());
    let client = captured.lock().unwrap().pop().unwrap();
    let error = client.call("ListTables", &json!({})).await.unwrap_err();
    assert!(matches!(error, InternalError::Unreachable(_)), "{error}");
}
