//! Tests through the whole SDK: requests whose node is ejected while they wait.

#[cfg(feature = "default-https-client")]
mod connections;

use crate::transport::sdk_endpoint::{SdkEndpoint, SdkNode};
use crate::{Alternator, AlternatorExt as _, NodeState, NodeStatus};
use aws_sdk_dynamodb::Client;
use aws_sdk_dynamodb::config::retry::RetryConfig;
use aws_sdk_dynamodb::config::{self, BehaviorVersion, Config};
use aws_sdk_dynamodb::error::DisplayErrorContext;
use aws_sdk_dynamodb::operation::list_tables::builders::ListTablesFluentBuilder;
use aws_smithy_async::rt::sleep::{SharedAsyncSleep, TokioSleep};
use aws_smithy_runtime_api::client::connection::{
    CaptureSmithyConnection, ConnectionId, ConnectionMetadata,
};
use aws_smithy_runtime_api::client::http::{
    HttpConnector, HttpConnectorFuture, SharedHttpConnector, http_client_fn,
};
use aws_smithy_runtime_api::client::orchestrator::{HttpRequest, HttpResponse};
use aws_smithy_runtime_api::client::result::ConnectorError;
use aws_smithy_types::body::SdkBody;
use http_body::{Body, Frame};
use std::collections::VecDeque;
use std::io;
use std::pin::Pin;
use std::sync::{Arc, Mutex};
use std::task::{Context, Poll};
use tokio::sync::watch;

/// The behaviour of the network towards an attempt.
#[derive(Clone, Copy, Debug)]
enum Behaviour {
    /// Sent over a captured connection, without a response until the network is released.
    Hangs,
    /// The same over an HTTP client that captures no connections.
    HangsWithoutCapture,
    /// Does not connect.
    HangsConnecting,
    /// Responds partially, by an HTTP client that then captures no connection any more.
    HangsInTheBody,
    Refused,
}

/// A network of two nodes with this behaviour towards the first attempts, one after the other. Later ones get a
/// response.
#[derive(Clone, Debug)]
struct Network {
    script: Arc<Mutex<VecDeque<Behaviour>>>,
    attempts: watch::Sender<Vec<String>>,
    released: watch::Sender<bool>,
}

const NODES: [&str; 2] = ["http://192.0.2.1:8000", "http://192.0.2.2:8000"];

impl Network {
    fn new(script: impl IntoIterator<Item = Behaviour>) -> Self {
        Self {
            script: Arc::new(Mutex::new(script.into_iter().collect())),
            attempts: watch::Sender::default(),
            released: watch::Sender::new(false),
        }
    }

    fn client(&self, attempts: u32) -> (Alternator, Client) {
        let alternator = Alternator::builder().seeds(NODES).build().unwrap();
        let connector = SharedHttpConnector::new(self.clone());
        let config = Config::builder()
            .behavior_version(BehaviorVersion::latest())
            .sleep_impl(SharedAsyncSleep::new(TokioSleep::new()))
            .retry_config(RetryConfig::standard().with_max_attempts(attempts))
            .http_client(http_client_fn(move |_, _| connector.clone()))
            .alternator(&alternator)
            .build();
        (alternator, Client::from_conf(config))
    }

    fn made(&self) -> usize {
        self.attempts.borrow().len()
    }

    /// Waits until so many attempts have been made.
    async fn attempts(&self, count: usize) {
        let mut attempts = self.attempts.subscribe();
        let enough = attempts.wait_for(|made| made.len() >= count);
        enough.await.unwrap();
    }

    /// Waits for an attempt, and has its connection found lost.
    async fn lose(&self, attempt: usize, alternator: &Alternator) {
        self.attempts(attempt).await;
        let node = self.attempts.borrow()[attempt - 1].clone();
        let node = node_of(alternator, &node);
        let now = alternator.cluster().now();
        let control = SdkEndpoint::REQUEST_CONTROL;
        (control.begin_generation)(node.extension(), now);
        (control.end_lost)(node.extension(), now);
    }

    /// Waits for an attempt, and leaves its node out.
    async fn leave_out(&self, attempt: usize, alternator: &Alternator) {
        self.attempts(attempt).await;
        let node = self.attempts.borrow()[attempt - 1].clone();
        node_of(alternator, &node).extension().abort_requests();
    }

    /// Ejects the node of an attempt that must not be aborted, and then releases its response.
    async fn leave_out_in_vain(&self, attempt: usize, alternator: &Alternator) {
        self.leave_out(attempt, alternator).await;
        for _ in 0..20 {
            tokio::task::yield_now().await;
        }
        self.released.send_replace(true);
    }
}

fn node_of(alternator: &Alternator, uri: &str) -> Arc<SdkNode> {
    let table = alternator.cluster().router.snapshot();
    let mut nodes = table.topology().nodes().iter();
    let node = nodes.find(|node| uri.starts_with(node.url().as_str()));
    Arc::clone(node.unwrap())
}

impl HttpConnector for Network {
    fn call(&self, request: HttpRequest) -> HttpConnectorFuture {
        if request.method() == "GET" {
            return HttpConnectorFuture::ready(Ok(response(404, SdkBody::empty())));
        }
        let uri = request.uri().to_owned();
        self.attempts.send_modify(|attempts| attempts.push(uri));
        let does = self.script.lock().unwrap().pop_front();
        let capture = request.extension::<CaptureSmithyConnection>().unwrap();
        match does {
            Some(Behaviour::HangsWithoutCapture) => {}
            Some(Behaviour::HangsConnecting | Behaviour::HangsInTheBody | Behaviour::Refused) => {
                capture.set_connection_retriever(|| None);
            }
            None | Some(Behaviour::Hangs) => {
                capture.set_connection_retriever(|| Some(connection()));
            }
        }
        match does {
            None => HttpConnectorFuture::ready(Ok(response(200, "{}".into()))),
            Some(Behaviour::HangsInTheBody) => {
                let body = SdkBody::from_body_1_x(StalledBody);
                HttpConnectorFuture::ready(Ok(response(200, body)))
            }
            Some(Behaviour::Refused) => {
                let refused = io::Error::from(io::ErrorKind::ConnectionRefused);
                HttpConnectorFuture::ready(Err(ConnectorError::io(refused.into())))
            }
            Some(
                Behaviour::Hangs | Behaviour::HangsWithoutCapture | Behaviour::HangsConnecting,
            ) => {
                let mut released = self.released.subscribe();
                HttpConnectorFuture::new(async move {
                    let _ = released.wait_for(|released| *released).await;
                    Ok(response(200, "{}".into()))
                })
            }
        }
    }
}

fn response(status: u16, body: SdkBody) -> HttpResponse {
    HttpResponse::new(status.try_into().unwrap(), body)
}

fn connection() -> ConnectionMetadata {
    ConnectionMetadata::builder()
        .proxied(false)
        .poison_fn(|| {})
        .connection_id(ConnectionId::new(1))
        .build()
}

struct StalledBody;

impl Body for StalledBody {
    type Data = <SdkBody as Body>::Data;
    type Error = io::Error;

    fn poll_frame(
        self: Pin<&mut Self>,
        _: &mut Context<'_>,
    ) -> Poll<Option<io::Result<Frame<Self::Data>>>> {
        Poll::Pending
    }
}

async fn send(operation: ListTablesFluentBuilder) -> Result<(), String> {
    let sent = operation.send().await.map(|_| ());
    sent.map_err(|error| DisplayErrorContext(error).to_string())
}

fn failures(alternator: &Alternator) -> u64 {
    alternator.nodes().iter().map(NodeStatus::failures).sum()
}

#[tokio::test(start_paused = true)]
async fn aborted_request_is_retried_on_another_node() {
    for does in [
        Behaviour::Hangs,
        Behaviour::HangsWithoutCapture,
        Behaviour::HangsConnecting,
        Behaviour::HangsInTheBody,
    ] {
        let network = Network::new([does]);
        let (alternator, client) = network.client(2);
        let sent = send(client.list_tables());
        let (sent, ()) = tokio::join!(sent, network.leave_out(1, &alternator));
        sent.unwrap();
        let attempts = network.attempts.borrow().clone();
        assert_eq!(attempts.len(), 2, "{does:?}");
        assert_ne!(attempts[0], attempts[1], "{does:?}");
        assert_eq!(failures(&alternator), 1, "{does:?}");
    }
}

#[tokio::test(start_paused = true)]
async fn aborted_request_that_was_sent_costs_an_attempt() {
    for does in [
        Behaviour::Hangs,
        Behaviour::HangsWithoutCapture,
        Behaviour::HangsInTheBody,
    ] {
        let network = Network::new([does, Behaviour::Hangs]);
        let (alternator, client) = network.client(2);
        let both = async {
            network.leave_out(1, &alternator).await;
            network.leave_out_in_vain(2, &alternator).await;
        };
        let (sent, ()) = tokio::join!(send(client.list_tables()), both);
        sent.unwrap();
        assert_eq!(
            network.made(),
            2,
            "the last attempt was left alone: {does:?}"
        );
    }
}

#[tokio::test(start_paused = true)]
async fn aborted_request_that_was_connecting_costs_no_attempt() {
    for does in [Behaviour::HangsConnecting, Behaviour::Refused] {
        let network = Network::new([does, Behaviour::Hangs]);
        let (alternator, client) = network.client(2);
        let both = async {
            network.leave_out(1, &alternator).await;
            network.leave_out(2, &alternator).await;
        };
        let (sent, ()) = tokio::join!(send(client.list_tables()), both);
        sent.unwrap();
        assert_eq!(network.made(), 3, "{does:?}");
    }
}

#[tokio::test(start_paused = true)]
async fn request_without_retries_is_not_aborted() {
    for does in [Behaviour::Hangs, Behaviour::HangsConnecting] {
        let network = Network::new([does]);
        let (alternator, client) = network.client(1);
        let sent = send(client.list_tables());
        let (sent, ()) = tokio::join!(sent, network.leave_out_in_vain(1, &alternator));
        sent.unwrap();
        assert_eq!(network.made(), 1, "{does:?}");
    }
}

#[tokio::test(start_paused = true)]
async fn lost_connections_cost_no_attempt_and_blame_no_node() {
    for does in [
        Behaviour::Hangs,
        Behaviour::HangsWithoutCapture,
        Behaviour::HangsConnecting,
        Behaviour::HangsInTheBody,
    ] {
        let network = Network::new([does; 3]);
        let (alternator, client) = network.client(2);
        let lost = async {
            for attempt in 1..=3 {
                network.lose(attempt, &alternator).await;
            }
        };
        let (sent, ()) = tokio::join!(send(client.list_tables()), lost);
        sent.unwrap();
        assert_eq!(network.made(), 4, "{does:?}");
        assert_eq!(failures(&alternator), 0, "{does:?}");
        assert!(
            alternator
                .nodes()
                .iter()
                .all(|node| node.state() == NodeState::Up)
        );
    }
}

#[tokio::test(start_paused = true)]
async fn request_without_retries_is_not_aborted_on_a_lost_connection() {
    let network = Network::new([Behaviour::Hangs]);
    let (alternator, client) = network.client(1);
    let lost_in_vain = async {
        network.lose(1, &alternator).await;
        network.leave_out_in_vain(1, &alternator).await;
    };
    let (sent, ()) = tokio::join!(send(client.list_tables()), lost_in_vain);
    sent.unwrap();
    assert_eq!(network.made(), 1);
}

#[tokio::test(start_paused = true)]
async fn pinned_operation_is_not_aborted() {
    let network = Network::new([Behaviour::Hangs]);
    let (alternator, client) = network.client(3);
    let operation = client.list_tables();
    let pinned = async {
        let pin = config::Builder::new().endpoint_url(NODES[1]);
        operation.customize().config_override(pin).send().await
    };
    let (sent, ()) = tokio::join!(pinned, network.leave_out_in_vain(1, &alternator));
    sent.unwrap();
    assert_eq!(network.made(), 1);
}

#[tokio::test(start_paused = true)]
async fn endpoint_url_of_the_client_pins_no_operation() {
    let network = Network::new([Behaviour::Hangs]);
    let (alternator, client) = network.client(2);
    let config = client.config().to_builder().endpoint_url(NODES[1]);
    let client = Client::from_conf(config.build());
    let sent = send(client.list_tables());
    let (sent, ()) = tokio::join!(sent, network.leave_out(1, &alternator));
    sent.unwrap();
    assert_eq!(network.made(), 2);
}

#[tokio::test(start_paused = true)]
async fn requests_to_another_node_are_not_aborted() {
    let network = Network::new([Behaviour::Hangs, Behaviour::Hangs]);
    let (alternator, client) = network.client(2);
    let [one, other] = [(); 2].map(|()| send(client.list_tables()));
    let first_out = async {
        network.attempts(2).await;
        network.leave_out_in_vain(1, &alternator).await;
    };
    let (one, other, ()) = tokio::join!(one, other, first_out);
    one.unwrap();
    other.unwrap();
    assert_eq!(network.made(), 3, "only the first was sent again");
}
