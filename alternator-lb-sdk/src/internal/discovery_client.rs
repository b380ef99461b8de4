//! Discovery requests and health checks, over the HTTP client of the application's requests.

use super::raw_response::{RawResponse, RawResponseDeserializer};
use crate::request::user_agent;
use crate::retry::connection_evidence;
use alternator_lb_core::discovery::{ClientFuture, ConnectionPool, DiscoveryClient, QueryError};
use alternator_lb_core::topology::NodeUrl;
use aws_smithy_runtime::client::orchestrator::operation::Operation;
use aws_smithy_runtime_api::client::http::SharedHttpClient;
use aws_smithy_runtime_api::client::orchestrator::{HttpRequest, HttpResponse};
use aws_smithy_runtime_api::client::result::SdkError;
use aws_smithy_runtime_api::http::HttpError;
use aws_smithy_types::timeout::TimeoutConfig;
use serde_json::{Value, json};
use std::convert::Infallible;
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
}

/// The connect timeout that the SDK has by default. The SDK keeps a pool of connections for each pair of connect and
/// read timeouts, so discovery shares the application's connections by using the application's timeouts.
const CONNECT_TIMEOUT: Duration = Duration::from_millis(3100);

/// Added to the connect timeout, selects another pool of connections.
const POOL_OFFSET: Duration = Duration::from_millis(1);

/// The number of bytes of a health check's response that are read. It is `healthy: ` and the node's address; a longer
/// response shows a node that is reachable, too.
const PROBE_LIMIT: usize = 1024;

/// The number of bytes of a response with the name of a cluster that are read.
const NAME_LIMIT: usize = 4096;

impl SdkDiscoveryClient {
    /// A client that sends over `http_client`. `timeouts` are those of the application's requests, where they are set.
    pub(crate) fn new(http_client: SharedHttpClient, timeouts: Option<&TimeoutConfig>) -> Self {
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
            shared_pool: pool(connect),
            // Of the longest duration there is, none is longer.
            separate_pool: pool(connect.checked_add(POOL_OFFSET).unwrap_or(CONNECT_TIMEOUT)),
        }
    }

    async fn send_get(
        &self,
        node: &NodeUrl,
        path_and_query: String,
        pool: ConnectionPool,
    ) -> Result<RawResponse, QueryError> {
        let request = HttpRequest::get(path_and_query);
        let request = request.map_err(|error| QueryError::NotSent(error.into()))?;
        self.send(node, request, pool).await
    }

    async fn send(
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
        operation.invoke(request).await.map_err(unreachable)
    }
}

impl DiscoveryClient for SdkDiscoveryClient {
    fn get<'a>(
        &'a self,
        node: &'a NodeUrl,
        path_and_query: String,
        limit: usize,
    ) -> ClientFuture<'a, Vec<u8>, QueryError> {
        let sending = self.send_get(node, path_and_query, ConnectionPool::Shared);
        Box::pin(async move {
            let response = sending.await?;
            if response.status != 200 {
                return Err(QueryError::Status(response.status));
            }
            let body = response.read(limit).await;
            body.map_err(QueryError::Unreachable)?
                .ok_or(QueryError::TooLong(limit))
        })
    }

    fn probe<'a>(
        &'a self,
        node: &'a NodeUrl,
        pool: ConnectionPool,
    ) -> ClientFuture<'a, (), QueryError> {
        Box::pin(async move {
            let response = self.send_get(node, "/".to_owned(), pool).await?;
            let body = response.read(PROBE_LIMIT).await;
            body.map(drop).map_err(QueryError::Unreachable)
        })
    }

    fn cluster_name<'a>(&'a self, node: &'a NodeUrl) -> ClientFuture<'a, Option<String>> {
        Box::pin(async move {
            let request = cluster_name_query();
            let request = request.map_err(|error| QueryError::NotSent(error.into()))?;
            let response = self.send(node, request, ConnectionPool::Shared).await?;
            let body = response.read(NAME_LIMIT).await;
            let body = body.map_err(QueryError::Unreachable)?;
            Ok(body.and_then(|body| cluster_name(&body)))
        })
    }
}

/// Returns the request that reads the name of a node's cluster. It is unsigned: where the server enforces
/// authorization, the name stays unknown.
fn cluster_name_query() -> Result<HttpRequest, HttpError> {
    let query = json!({
        "TableName": ".scylla.alternator.system.local",
        "ProjectionExpression": "cluster_name",
    });
    let body = query.to_string();
    let length = body.len().to_string();
    let mut request = HttpRequest::new(body.into());
    request.set_method("POST")?;
    request.set_uri("/")?;
    let headers = request.headers_mut();
    headers.insert("x-amz-target", "DynamoDB_20120810.Scan");
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

/// The cause of the SDK's error, without the outer layers that only say "dispatch failure".
fn unreachable(error: SdkError<Infallible, HttpResponse>) -> QueryError {
    let source = error.into_source().unwrap_or_else(Into::into);
    match connection_evidence::is_local(source.as_ref()) {
        true => QueryError::NotSent(source),
        false => QueryError::Unreachable(source),
    }
}
