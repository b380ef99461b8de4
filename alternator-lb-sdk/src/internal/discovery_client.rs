//! Discovery requests and health checks, over the HTTP client of the application's requests.

use super::installed_clients::InstalledClients;
use super::node_client::{SignedNode, UnsignedNode};
use super::raw_response::{RawResponse, RawResponseDeserializer};
use crate::metadata::client_routes;
use crate::request::user_agent;
use crate::retry::connection_evidence;
#[cfg(feature = "default-https-client")]
use crate::transport::node_pools::ProbedNode;
use alternator_lb_core::clock::Clock;
use alternator_lb_core::discovery::{
    ClientFuture, ConnectionPool, DiscoveryClient, Probe, QueryError, RouteTable,
};
use alternator_lb_core::topology::NodeUrl;
use aws_smithy_runtime::client::orchestrator::operation::Operation;
use aws_smithy_runtime_api::box_error::BoxError;
use aws_smithy_runtime_api::client::connection::CaptureSmithyConnection;
use aws_smithy_runtime_api::client::http::SharedHttpClient;
use aws_smithy_runtime_api::client::orchestrator::{HttpRequest, HttpResponse};
use aws_smithy_runtime_api::client::result::SdkError;
use aws_smithy_runtime_api::http::HttpError;
use aws_smithy_types::timeout::TimeoutConfig;
use serde_json::{Value, json};
use std::convert::Infallible;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

/// Sends requests as operations that no service models.
///
/// Uses the SDK's own orchestrator, since only that can drive any HTTP client of the SDK. Neither retries nor signs:
/// the server accepts these requests unsigned, and discovery chooses the next node itself.
#[derive(Debug)]
pub(crate) struct SdkDiscoveryClient {
    http_client: SharedHttpClient,
    /// Select the connection pool of the application's requests.
    shared_pool: TimeoutConfig,
    /// Select another pool.
    separate_pool: TimeoutConfig,
    /// Sign what the server does not accept unsigned.
    clients: Arc<InstalledClients>,
    /// True once a node has responded, whatever it was.
    has_responded: AtomicBool,
}

/// The connect timeout that the SDK has by default. The SDK keeps a pool of connections for each pair of connect and
/// read timeouts, so discovery shares the application's connections by using the application's timeouts.
const CONNECT_TIMEOUT: Duration = Duration::from_millis(3100);

/// Added to the connect timeout, selects another pool of connections.
const POOL_OFFSET: Duration = Duration::from_millis(1);

/// The number of bytes of a health check's response that are read. It is `healthy: ` and the node's address; a longer
/// response shows a node that is reachable, too.
const PROBE_LIMIT: usize = 1024;

/// The number of clients whose credentials are tried: they may have different roles.
const MAX_CLIENTS: usize = 4;

/// The number of bytes of a response with the name of a cluster that are read.
const NAME_LIMIT: usize = 4096;

impl SdkDiscoveryClient {
    /// A client that sends over `http_client`. `timeouts` are those of the application's requests, where they are set.
    pub(crate) fn new(
        http_client: SharedHttpClient,
        timeouts: Option<&TimeoutConfig>,
        clients: Arc<InstalledClients>,
    ) -> Self {
        let connect = timeouts.and_then(TimeoutConfig::connect_timeout);
        let connect = connect.unwrap_or(CONNECT_TIMEOUT);
        let read = timeouts.and_then(TimeoutConfig::read_timeout);
        let pool = |connect| {
            let mut pool = TimeoutConfig::builder().connect_timeout(connect);
            pool.set_read_timeout(read);
            pool.build()
        };
        Self {
            http_client,
            clients,
            shared_pool: pool(connect),
            // Long enough for a first packet that is sent again. Of the longest duration there is, none is longer.
            separate_pool: pool(
                connect
                    .max(CONNECT_TIMEOUT)
                    .checked_add(POOL_OFFSET)
                    .unwrap_or(CONNECT_TIMEOUT),
            ),
            has_responded: AtomicBool::new(false),
        }
    }

    pub(super) async fn send(
        &self,
        node: &NodeUrl,
        request: HttpRequest,
        pool: ConnectionPool,
    ) -> Result<RawResponse, QueryError> {
        let timeouts = match pool {
            ConnectionPool::Shared => &self.shared_pool,
            ConnectionPool::Separate => &self.separate_pool,
        };
        let operation = Operation::builder()
            .service_name("Alternator")
            .operation_name("DiscoveryClient")
            .http_client(self.http_client.clone())
            .endpoint_url(node.as_str())
            .no_auth()
            .no_retry()
            .timeout_config(timeouts.clone())
            .serializer(move |mut request: HttpRequest| {
                let headers = request.headers_mut();
                headers.insert("user-agent", user_agent::OWN);
                if pool == ConnectionPool::Separate {
                    // The next probe must not meet a connection that has been lost since.
                    headers.insert("connection", "close");
                }
                Ok(request)
            })
            .deserializer_impl::<RawResponse, Infallible>(RawResponseDeserializer)
            .build();
        let response = operation.invoke(request).await;
        match response {
            Ok(response) => {
                self.has_responded.store(true, Ordering::Relaxed);
                Ok(response)
            }
            Err(error) => Err(self.failure(node, error)),
        }
    }

    /// The cause of the SDK's error, without the outer layers that only say "dispatch failure".
    #[cfg_attr(
        not(feature = "default-https-client"),
        expect(
            unused_variables,
            reason = "the errors of other HTTP clients are unknown"
        )
    )]
    fn failure(&self, node: &NodeUrl, error: SdkError<Infallible, HttpResponse>) -> QueryError {
        let source = error.into_source().unwrap_or_else(Into::into);
        if connection_evidence::is_local(source.as_ref()) {
            return QueryError::NotSent(source);
        }
        #[cfg(feature = "default-https-client")]
        {
            use crate::tls::{TlsError, TlsProblem};

            let has_responded = self.has_responded.load(Ordering::Relaxed);
            if let Some(problem) = TlsProblem::of(node.scheme(), has_responded, source.as_ref()) {
                let text = problem.to_string();
                return QueryError::Tls(text, TlsError::new(node, problem, source.into()).into());
            }
        }
        QueryError::Unreachable(source)
    }
}

impl DiscoveryClient for SdkDiscoveryClient {
    fn get<'a>(
        &'a self,
        node: &'a NodeUrl,
        path_and_query: String,
        limit: usize,
    ) -> ClientFuture<'a, Vec<u8>, QueryError> {
        Box::pin(async move {
            let request = get(path_and_query)?;
            let response = self.send(node, request, ConnectionPool::Shared).await?;
            if response.status != 200 {
                return Err(QueryError::Status(response.status));
            }
            let body = response.read(limit).await;
            body.map_err(QueryError::Unreachable)?
                .ok_or(QueryError::TooLong(limit))
        })
    }

    fn probe<'a>(&'a self, node: &'a NodeUrl, pool: ConnectionPool) -> Probe<'a> {
        let capture = CaptureSmithyConnection::new();
        // A client that shows no connections leaves the marker.
        connection_evidence::mark(&capture);
        let captured = capture.clone();
        let response = async move {
            let mut request = get("/")?;
            request.add_extension(captured);
            #[cfg(feature = "default-https-client")]
            if pool == ConnectionPool::Shared {
                request.add_extension(ProbedNode);
            }
            let response = self.send(node, request, pool).await?;
            let body = response.read(PROBE_LIMIT).await;
            body.map(drop).map_err(QueryError::Unreachable)
        };
        Probe::new(Box::pin(response), move || capture.get().is_some())
    }

    fn cluster_name<'a>(&'a self, node: &'a NodeUrl) -> ClientFuture<'a, Option<String>> {
        Box::pin(async move {
            let request = post("Scan", cluster_name_query().to_string());
            let request = request.map_err(|error| QueryError::NotSent(error.into()))?;
            let response = self.send(node, request, ConnectionPool::Shared).await?;
            let body = response.read(NAME_LIMIT).await;
            let body = body.map_err(QueryError::Unreachable)?;
            Ok(body.and_then(|body| cluster_name(&body)))
        })
    }

    fn client_routes<'a>(
        &'a self,
        node: &'a NodeUrl,
        connection_ids: &'a [String],
    ) -> ClientFuture<'a, RouteTable, BoxError> {
        Box::pin(async move {
            let clock = Clock::new();
            let mut clients = self.clients.all().into_iter().take(MAX_CLIENTS).peekable();
            if clients.peek().is_none() {
                let node = UnsignedNode { client: self, node };
                return client_routes::read(&node, connection_ids, clock).await;
            }
            let mut result = Ok(RouteTable::default());
            for client in clients {
                let node = SignedNode {
                    client: &client,
                    node,
                };
                result = client_routes::read(&node, connection_ids, clock).await;
                if result.is_ok() {
                    break;
                }
            }
            result
        })
    }
}

fn get(path_and_query: impl Into<String>) -> Result<HttpRequest, QueryError> {
    let request = HttpRequest::get(path_and_query.into());
    request.map_err(|error| QueryError::NotSent(error.into()))
}

/// Returns the query for the name of a node's cluster. It is not signed: where the server enforces authorization, the
/// name stays unknown.
fn cluster_name_query() -> Value {
    json!({
        "TableName": ".scylla.alternator.system.local",
        "ProjectionExpression": "cluster_name",
    })
}

/// Returns the unsigned request of an operation.
pub(super) fn post(operation: &str, body: String) -> Result<HttpRequest, HttpError> {
    let length = body.len().to_string();
    let mut request = HttpRequest::new(body.into());
    request.set_method("POST")?;
    request.set_uri("/")?;
    let headers = request.headers_mut();
    headers.insert("x-amz-target", format!("DynamoDB_20120810.{operation}"));
    headers.insert("content-type", "application/x-amz-json-1.0");
    headers.insert("content-length", length);
    Ok(request)
}

/// Returns the name in the response to [`cluster_name_query`].
fn cluster_name(body: &[u8]) -> Option<String> {
    let response: Value = serde_json::from_slice(body).ok()?;
    let name = response.pointer("/Items/0/cluster_name/S")?;
    Some(name.as_str()?.to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;
    use alternator_lb_core::topology::{Host, Scheme};
    use aws_smithy_runtime_api::client::connection::ConnectionMetadata;
    use aws_smithy_runtime_api::client::http::{
        HttpClient, HttpConnector, HttpConnectorFuture, HttpConnectorSettings, SharedHttpConnector,
    };
    use aws_smithy_runtime_api::client::runtime_components::RuntimeComponents;
    use std::sync::Arc;
    use std::sync::atomic::{AtomicBool, Ordering};
    use tokio::time::timeout;

    /// Never responds. Shows whether it has a connection, if it has a flag for that.
    #[derive(Clone, Debug)]
    struct UnresponsiveClient(Option<Arc<AtomicBool>>);

    impl HttpConnector for UnresponsiveClient {
        fn call(&self, request: HttpRequest) -> HttpConnectorFuture {
            let capture = request.extension::<CaptureSmithyConnection>();
            if let (Some(is_connected), Some(capture)) = (self.0.clone(), capture) {
                capture.set_connection_retriever(move || {
                    let connection = ConnectionMetadata::builder()
                        .proxied(false)
                        .poison_fn(|| {});
                    let is_connected = is_connected.load(Ordering::Relaxed);
                    is_connected.then(|| connection.build())
                });
            }
            HttpConnectorFuture::new(std::future::pending())
        }
    }

    impl HttpClient for UnresponsiveClient {
        fn http_connector(
            &self,
            _: &HttpConnectorSettings,
            _: &RuntimeComponents,
        ) -> SharedHttpConnector {
            SharedHttpConnector::new(self.clone())
        }
    }

    #[tokio::test(start_paused = true)]
    async fn probe_is_connected_from_the_connection_on_or_always_where_that_is_unknown() {
        let node = NodeUrl::new(Scheme::Http, Host::Ip([127, 0, 0, 1].into()), 8000);
        let flag = Arc::new(AtomicBool::new(false));
        for flag in [Some(flag), None] {
            let http_client = SharedHttpClient::new(UnresponsiveClient(flag.clone()));
            let client = SdkDiscoveryClient::new(http_client, None, Arc::default());
            let mut probe = client.probe(&node, ConnectionPool::Separate);
            let sent = timeout(Duration::from_millis(1), probe.response()).await;
            assert!(sent.is_err(), "there is no response");
            assert_eq!(probe.is_connected(), flag.is_none());
            if let Some(flag) = flag {
                flag.store(true, Ordering::Relaxed);
                assert!(probe.is_connected());
            }
        }
    }
}
