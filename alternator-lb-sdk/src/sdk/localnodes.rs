//! Asks nodes over the HTTP client that the data takes.

use crate::discovery::{Ask, AskError, AskFuture};
use crate::topology::NodeUrl;
use aws_smithy_runtime::client::orchestrator::operation::Operation;
use aws_smithy_runtime_api::client::http::SharedHttpClient;
use aws_smithy_runtime_api::client::interceptors::context::{Error, Output};
use aws_smithy_runtime_api::client::orchestrator::{HttpRequest, HttpResponse, OrchestratorError};
use aws_smithy_runtime_api::client::result::SdkError;
use aws_smithy_runtime_api::client::ser_de::DeserializeResponse;
use aws_smithy_types::body::SdkBody;
use aws_smithy_types::byte_stream::ByteStream;
use aws_smithy_types::config_bag::ConfigBag;
use aws_smithy_types::timeout::TimeoutConfig;
use std::convert::Infallible;
use std::time::Duration;

/// `GET /localnodes`, as an operation that no service models.
///
/// By the SDK's own orchestrator, since only that can drive any HTTP client of the SDK. No retries and no signature:
/// the question is open to everybody, and discovery knows better whom to ask next.
#[derive(Debug)]
pub(super) struct Localnodes {
    http_client: SharedHttpClient,
    timeouts: TimeoutConfig,
}

/// The connect timeout that the SDK has by default. The SDK keeps a pool of connections for each pair of connect and
/// read timeouts, so to share the data's connections discovery takes the data's timeouts.
const CONNECT_TIMEOUT: Duration = Duration::from_millis(3100);

const USER_AGENT: &str = concat!("alternator-lb-sdk/", env!("CARGO_PKG_VERSION"));

impl Localnodes {
    /// Asks over `http_client`; `timeouts` are those of the data, where they are set.
    pub(super) fn new(http_client: SharedHttpClient, timeouts: Option<&TimeoutConfig>) -> Self {
        let connect = timeouts.and_then(TimeoutConfig::connect_timeout);
        let mut pool = TimeoutConfig::builder().connect_timeout(connect.unwrap_or(CONNECT_TIMEOUT));
        pool.set_read_timeout(timeouts.and_then(TimeoutConfig::read_timeout));
        Self {
            http_client,
            timeouts: pool.build(),
        }
    }

    async fn fetch(
        &self,
        node: &NodeUrl,
        path_and_query: String,
        limit: usize,
    ) -> Result<Vec<u8>, AskError> {
        let operation = Operation::builder()
            .service_name("Alternator")
            .operation_name("LocalNodes")
            .http_client(self.http_client.clone())
            .endpoint_url(node.as_str())
            .no_auth()
            .no_retry()
            .timeout_config(self.timeouts.clone())
            .serializer(|path_and_query: String| {
                let mut request = HttpRequest::get(path_and_query)?;
                request.headers_mut().insert("user-agent", USER_AGENT);
                Ok(request)
            })
            .deserializer_impl::<Reply, Infallible>(TakeBody)
            .build();
        let reply = operation
            .invoke(path_and_query)
            .await
            .map_err(unreachable)?;
        if reply.status != 200 {
            return Err(AskError::Status(reply.status));
        }
        read(reply.body, limit).await
    }
}

impl Ask for Localnodes {
    fn get<'a>(
        &'a self,
        node: &'a NodeUrl,
        path_and_query: String,
        limit: usize,
    ) -> AskFuture<'a, Vec<u8>, AskError> {
        Box::pin(self.fetch(node, path_and_query, limit))
    }
}

/// Reads a body up to `limit`; what comes after that is left unread.
async fn read(body: SdkBody, limit: usize) -> Result<Vec<u8>, AskError> {
    let mut stream = ByteStream::new(body);
    let mut read = Vec::new();
    while let Some(chunk) = stream.next().await {
        let chunk = chunk.map_err(|error| AskError::Unreachable(error.into()))?;
        if read.len() + chunk.len() > limit {
            return Err(AskError::TooLong(limit));
        }
        read.extend_from_slice(&chunk);
    }
    Ok(read)
}

/// The SDK's error, without the layers that say no more than "dispatch failure".
fn unreachable(error: SdkError<Infallible, HttpResponse>) -> AskError {
    AskError::Unreachable(error.into_source().unwrap_or_else(Into::into))
}

#[derive(Debug)]
struct Reply {
    status: u16,
    body: SdkBody,
}

/// Hands over the body unread, so that whoever reads it can stop.
#[derive(Debug)]
struct TakeBody;

impl DeserializeResponse for TakeBody {
    fn deserialize_streaming_with_config(
        &self,
        response: &mut HttpResponse,
        _: &ConfigBag,
    ) -> Option<Result<Output, OrchestratorError<Error>>> {
        let status = response.status().as_u16();
        let body = std::mem::replace(response.body_mut(), SdkBody::taken());
        Some(Ok(Output::erase(Reply { status, body })))
    }
}
