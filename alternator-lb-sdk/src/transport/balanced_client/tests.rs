//! Requests that no client of DynamoDB makes, and the life of the client.

use super::*;
use crate::transport::AbortableHttpClient;
use crate::{Alternator, Builder};
use aws_smithy_runtime::client::orchestrator::operation::Operation;
use aws_smithy_runtime_api::client::http::http_client_fn;
use aws_smithy_runtime_api::http::StatusCode;
use aws_smithy_types::body::SdkBody;
use std::convert::Infallible;
use std::error::Error;
use std::sync::atomic::{AtomicUsize, Ordering};

const SEED: &str = "http://192.0.2.1:8000";

fn cluster() -> Builder {
    Alternator::builder().seeds([SEED]).without_discovery()
}

struct Counting<F>(F);

impl<F> fmt::Debug for Counting<F> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Counting")
    }
}

impl<F: Fn(HttpRequest) -> HttpConnectorFuture + Send + Sync> HttpConnector for Counting<F> {
    fn call(&self, request: HttpRequest) -> HttpConnectorFuture {
        (self.0)(request)
    }
}

/// An HTTP client that counts the operations, and responds to each with an empty object.
fn counting(calls: &Arc<AtomicUsize>) -> SharedHttpClient {
    let calls = Arc::clone(calls);
    let connector = move |request: HttpRequest| {
        if request.method() == "POST" {
            calls.fetch_add(1, Ordering::Relaxed);
        }
        let ok = StatusCode::try_from(200).unwrap();
        HttpConnectorFuture::ready(Ok(HttpResponse::new(ok, SdkBody::from("{}"))))
    };
    let connector = SharedHttpConnector::new(Counting(connector));
    http_client_fn(move |_, _| connector.clone())
}

fn balanced(alternator: &Alternator, inner: Option<SharedHttpClient>) -> SharedHttpClient {
    let inner = inner.map(AbortableHttpClient::around);
    let inner = inner.map(SharedHttpClient::new);
    SharedHttpClient::new(BalancedHttpClient::new(alternator.cluster(), inner, None))
}

/// Sends what the client of another service sends: a request with this target, if any, for a URL.
async fn send(
    http_client: SharedHttpClient,
    endpoint: &str,
    target: Option<&'static str>,
) -> Result<(), String> {
    let operation = Operation::builder()
        .service_name("Other")
        .operation_name("Operation")
        .http_client(http_client)
        .endpoint_url(endpoint)
        .no_auth()
        .no_retry()
        .serializer(move |(): ()| {
            let mut request = HttpRequest::new(SdkBody::from("{}"));
            request.set_method("POST")?;
            request.set_uri("/")?;
            if let Some(target) = target {
                request.headers_mut().insert("x-amz-target", target);
            }
            Ok(request)
        })
        .deserializer::<(), Infallible>(|_| Ok(()))
        .build();
    let sent = operation.invoke(()).await;
    sent.map_err(|error| {
        let errors = std::iter::successors(Some(&error as &dyn Error), |error| (*error).source());
        let route = errors.filter_map(|error| error.downcast_ref::<RouteError>());
        route.map(|error| format!("{error:?}")).collect()
    })
}

#[tokio::test]
async fn request_of_another_service_is_refused_unsent() {
    let calls = Arc::default();
    let alternator = cluster().build().unwrap();
    let http_client = balanced(&alternator, Some(counting(&calls)));
    for (target, named) in [
        (None, "ForeignService { target: None }"),
        (
            Some("Kinesis_20131202.ListStreams"),
            "Kinesis_20131202.ListStreams",
        ),
        (Some("DynamoDB_20120810"), "DynamoDB_20120810"),
        (Some("DynamoDB_20120810Extended.GetItem"), "ForeignService"),
    ] {
        let refused = send(http_client.clone(), SEED, target).await.unwrap_err();
        assert!(
            refused.starts_with("ForeignService") && refused.contains(named),
            "{refused}"
        );
    }
    for host in [
        "http://192.0.2.2:8000",
        "https://192.0.2.1:8000",
        "http://bucket.s3.amazonaws.com",
    ] {
        let target = Some("DynamoDB_20120810.GetItem");
        let refused = send(http_client.clone(), host, target).await.unwrap_err();
        assert!(
            refused.starts_with("ForeignHost") && refused.contains(host),
            "{refused}"
        );
    }
    assert_eq!(calls.load(Ordering::Relaxed), 0);
    for target in [
        "DynamoDB_20120810.GetItem",
        "DynamoDBStreams_20120810.GetRecords",
    ] {
        send(http_client.clone(), SEED, Some(target)).await.unwrap();
    }
    assert_eq!(calls.load(Ordering::Relaxed), 2);
}

#[tokio::test]
async fn missing_http_client_is_an_error_that_says_so() {
    let alternator = cluster().build().unwrap();
    let target = Some("DynamoDB_20120810.GetItem");
    let refused = send(balanced(&alternator, None), SEED, target).await;
    assert_eq!(refused.unwrap_err(), "NoHttpClient");
}

#[test]
fn client_that_balances_is_taken_off_where_another_installation_decorates() {
    let calls = Arc::default();
    let alternator = cluster().build().unwrap();
    let http_client = balanced(&alternator, Some(counting(&calls)));
    let undecorated = AbortableHttpClient::undecorated(http_client.clone());
    assert_eq!(
        format!("{undecorated:?}"),
        format!("{:?}", counting(&calls))
    );
    let decorated = SharedHttpClient::new(AbortableHttpClient::around(http_client));
    let once = SharedHttpClient::new(AbortableHttpClient::around(counting(&calls)));
    assert_eq!(format!("{decorated:?}"), format!("{once:?}"));
}

#[test]
fn client_keeps_the_cluster_alive_and_lets_it_go() {
    let alternator = cluster().build().unwrap();
    let weak = Arc::downgrade(alternator.cluster());
    let config = alternator.sdk_config(&aws_types::SdkConfig::builder().build());
    drop(alternator);
    assert!(weak.upgrade().is_some());
    drop(config);
    assert!(weak.upgrade().is_none());
}
