use super::*;
use crate::{Alternator, AlternatorExt as _, Builder};
use alternator_test_cluster::{Fault, TestCluster};
use aws_sdk_dynamodb::Client;
use aws_sdk_dynamodb::config::{self, BehaviorVersion, Credentials};
use aws_smithy_runtime_api::client::interceptors::context::BeforeSerializationInterceptorContextMut;
use serde_json::json;
use std::sync::Mutex;

const ROLE: &str = "alternator";
const SECRET: &str = "secret hash";

/// Takes a caller from an operation, as the plugin does. Must not be met by calls.
#[derive(Clone, Debug)]
struct Taking {
    alternator: Alternator,
    taken: Arc<Mutex<Vec<Caller>>>,
}

impl Intercept for Taking {
    fn name(&self) -> &'static str {
        "taking"
    }

    fn modify_before_serialization(
        &self,
        _: &mut BeforeSerializationInterceptorContextMut<'_>,
        components: &RuntimeComponents,
        config: &mut ConfigBag,
    ) -> Result<(), BoxError> {
        let caller = Caller::of(self.alternator.cluster(), components, config);
        self.taken.lock().unwrap().push(caller.unwrap());
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

/// Calls as a client of this configuration does.
async fn call(builder: Builder, config: config::Builder) -> Result<Value, CallError> {
    let alternator = builder.build().unwrap();
    let taking = Taking {
        alternator: alternator.clone(),
        taken: Arc::default(),
    };
    let config = config.alternator(&alternator).interceptor(taking.clone());
    // Whatever becomes of it.
    let _ = Client::from_conf(config.build()).list_tables().send().await;
    let caller = taking.taken.lock().unwrap().pop().unwrap();
    let answer = caller.call("ListTables", &json!({"Limit": 7})).await;
    assert!(taking.taken.lock().unwrap().is_empty(), "it met itself");
    answer
}

#[tokio::test]
async fn a_call_is_unsigned_where_operations_are() {
    let cluster = TestCluster::builder().start().unwrap();
    let answer = call(seeded(&cluster), unsigned()).await.unwrap();
    assert_eq!(answer, json!({"TableNames": []}));
    let headers = cluster.nodes().into_iter().find_map(|node| {
        let headers = node.counters().last_headers;
        let of_the_call =
            |(name, value): &(String, String)| name == "content-length" && value == "11";
        headers.iter().any(of_the_call).then_some(headers)
    });
    let headers = headers.unwrap();
    let value = |name: &str| {
        headers
            .iter()
            .find(|header| header.0 == name)
            .map(|it| it.1.as_str())
    };
    assert_eq!(value("authorization"), None);
    assert_eq!(value("user-agent"), Some(crate::request::user_agent::OWN));
    assert_eq!(value("x-amz-target"), Some("DynamoDB_20120810.ListTables"));
}

#[tokio::test]
async fn a_call_is_signed_as_operations_are() {
    let cluster = enforcing();
    for builder in [
        seeded(&cluster),
        seeded(&cluster).fast_signing(true),
        seeded(&cluster).auth(crate::AuthMode::Required),
    ] {
        let answer = call(builder, signed(SECRET)).await.unwrap();
        assert_eq!(answer, json!({"TableNames": []}));
    }
}

#[tokio::test]
async fn who_is_not_let_in_is_refused() {
    let cluster = enforcing();
    for (builder, config) in [
        (seeded(&cluster), unsigned()),
        (seeded(&cluster), signed("another")),
        (
            seeded(&cluster).auth(crate::AuthMode::Unsigned),
            signed(SECRET),
        ),
    ] {
        let error = call(builder, config).await.unwrap_err();
        assert!(matches!(error, CallError::Refused(_)), "{error}");
    }
}

#[tokio::test]
async fn nothing_leaves_unsigned_that_must_not() {
    let cluster = TestCluster::builder().start().unwrap();
    let config = unsigned().allow_no_auth();
    let error = call(seeded(&cluster).auth(crate::AuthMode::Required), config)
        .await
        .unwrap_err();
    assert!(matches!(error, CallError::Unreachable(_)), "{error}");
    let requests = cluster
        .nodes()
        .iter()
        .map(|node| node.counters().requests)
        .sum::<u64>();
    assert_eq!(requests, 0);
}

#[tokio::test]
async fn nodes_that_do_not_answer_are_passed_over() {
    let cluster = TestCluster::builder().start().unwrap();
    cluster.node(0).stop();
    cluster.node(1).inject(Fault::ServerError { share: 1.0 });
    call(seeded(&cluster), unsigned()).await.unwrap();
}

#[tokio::test]
async fn where_none_answers_a_call_ends() {
    let cluster = TestCluster::builder().start().unwrap();
    cluster.nodes().iter().for_each(|node| node.stop());
    let error = call(seeded(&cluster), unsigned()).await.unwrap_err();
    assert!(matches!(error, CallError::Unreachable(_)), "{error}");
}

#[tokio::test]
async fn a_call_keeps_no_cluster() {
    let cluster = TestCluster::builder().start().unwrap();
    let alternator = seeded(&cluster).build().unwrap();
    let taking = Taking {
        alternator: alternator.clone(),
        taken: Arc::default(),
    };
    let taken = Arc::clone(&taking.taken);
    let client = Client::from_conf(
        unsigned()
            .alternator(&alternator)
            .interceptor(taking)
            .build(),
    );
    client.list_tables().send().await.unwrap();
    let weak = Arc::downgrade(alternator.cluster());
    drop((alternator, client));
    assert!(weak.upgrade().is_none());
    let caller = taken.lock().unwrap().pop().unwrap();
    let error = caller.call("ListTables", &json!({})).await.unwrap_err();
    assert!(matches!(error, CallError::Unreachable(_)), "{error}");
}
