//! Asks nodes over the HTTP client that the data takes.

use super::raw_response::{ReadError, TakeBody, Unread};
use crate::request::user_agent;
use crate::retry::connection_evidence;
use alternator_lb_core::discovery::{ClientFuture, ConnectionPool, DiscoveryClient, QueryError};
use alternator_lb_core::topology::NodeUrl;
use aws_smithy_runtime::client::orchestrator::operation::Operation;
use aws_smithy_runtime_api::client::http::SharedHttpClient;
use aws_smithy_runtime_api::client::orchestrator::{HttpRequest, HttpResponse};
use aws_smithy_runtime_api::client::result::SdkError;
use aws_smithy_types::timeout::TimeoutConfig;
use std::convert::Infallible;
use std::time::Duration;

/// `GET`, as an operation that no service models.
///
/// By the SDK's own orchestrator, since only that can drive any HTTP client of the SDK. No retries and no signature:
/// the question is open to everybody, and discovery knows better whom to ask next.
#[derive(Debug)]
pub(crate) struct Localnodes {
    http_client: SharedHttpClient,
    /// With which the HTTP client takes the data's connections.
    timeouts: TimeoutConfig,
    /// With which it takes others.
    timeouts_apart: TimeoutConfig,
}

/// The connect timeout that the SDK has by default. The SDK keeps a pool of connections for each pair of connect and
/// read timeouts, so to share the data's connections discovery takes the data's timeouts.
const CONNECT_TIMEOUT: Duration = Duration::from_millis(3100);

/// What makes a connect timeout another one, and a pool of connections.
const A_BIT: Duration = Duration::from_millis(1);

/// How much of the answer to a probe is read. It is `healthy: ` and the node's address; what is longer is there too.
const PROBE_LIMIT: usize = 1024;

impl Localnodes {
    /// Asks over `http_client`; `timeouts` are those of the data, where they are set.
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
            timeouts: pool(connect),
            timeouts_apart: pool(connect + A_BIT),
        }
    }

    async fn send(
        &self,
        node: &NodeUrl,
        path_and_query: String,
        over: ConnectionPool,
    ) -> Result<Unread, QueryError> {
        let timeouts = match over {
            ConnectionPool::Shared => &self.timeouts,
            ConnectionPool::Separate => &self.timeouts_apart,
        };
        let operation = Operation::builder()
            .service_name("Alternator")
            .operation_name("DiscoveryClient")
            .http_client(self.http_client.clone())
            .endpoint_url(node.as_str())
            .no_auth()
            .no_retry()
            .timeout_config(timeouts.clone())
            .serializer(|path_and_query: String| {
                let mut request = HttpRequest::get(path_and_query)?;
                request.headers_mut().insert("user-agent", user_agent::OWN);
                Ok(request)
            })
            .deserializer_impl::<Unread, Infallible>(TakeBody)
            .build();
        operation.invoke(path_and_query).await.map_err(unreachable)
    }

    async fn fetch(
        &self,
        node: &NodeUrl,
        path_and_query: String,
        limit: usize,
    ) -> Result<Vec<u8>, QueryError> {
        let reply = self
            .send(node, path_and_query, ConnectionPool::Shared)
            .await?;
        if reply.status != 200 {
            return Err(QueryError::Status(reply.status));
        }
        reply.read(limit).await.map_err(|error| match error {
            ReadError::Broken(error) => QueryError::Unreachable(error),
            ReadError::TooLong => QueryError::TooLong(limit),
        })
    }

    async fn knock(&self, node: &NodeUrl, over: ConnectionPool) -> Result<(), QueryError> {
        let reply = self.send(node, "/".to_owned(), over).await?;
        match reply.read(PROBE_LIMIT).await {
            Ok(_) | Err(ReadError::TooLong) => Ok(()),
            Err(ReadError::Broken(error)) => Err(QueryError::Unreachable(error)),
        }
    }
}

impl DiscoveryClient for Localnodes {
    fn get<'a>(
        &'a self,
        node: &'a NodeUrl,
        path_and_query: String,
        limit: usize,
    ) -> ClientFuture<'a, Vec<u8>, QueryError> {
        Box::pin(self.fetch(node, path_and_query, limit))
    }

    fn probe<'a>(
        &'a self,
        node: &'a NodeUrl,
        over: ConnectionPool,
    ) -> ClientFuture<'a, (), QueryError> {
        Box::pin(self.knock(node, over))
    }
}

/// The SDK's error, without the layers that say no more than "dispatch failure".
fn unreachable(error: SdkError<Infallible, HttpResponse>) -> QueryError {
    let source = error.into_source().unwrap_or_else(Into::into);
    match connection_evidence::is_local(source.as_ref()) {
        true => QueryError::NotAsked(source),
        false => QueryError::Unreachable(source),
    }
}
