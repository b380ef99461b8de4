//! Requests that are no operations of the SDK: `GET /`, `/localnodes`, and an unsigned operation.

use super::{Failure, MeteredClient, USER_AGENT, timeouts};
use aws_smithy_runtime::client::orchestrator::operation::Operation;
use aws_smithy_runtime_api::client::interceptors::context::{Error, Output};
use aws_smithy_runtime_api::client::orchestrator::{HttpRequest, HttpResponse, OrchestratorError};
use aws_smithy_runtime_api::client::ser_de::DeserializeResponse;
use aws_smithy_runtime_api::http::HttpError;
use aws_smithy_types::body::SdkBody;
use aws_smithy_types::byte_stream::ByteStream;
use aws_smithy_types::config_bag::ConfigBag;
use serde_json::Value;
use std::convert::Infallible;
use std::time::Duration;
use tokio::time::timeout;

/// Sends unsigned requests, each once, with a time limit.
#[derive(Clone, Debug)]
pub(crate) struct PlainClient {
    http_client: MeteredClient,
    limit: Duration,
}

/// A response of any status.
#[derive(Clone, Debug)]
pub(crate) struct PlainResponse {
    pub(crate) status: u16,
    pub(crate) body: String,
}

/// The number of bytes of a response that are read: the addresses of 60,000 nodes.
const BODY_LIMIT: usize = 1 << 20;

impl PlainClient {
    pub(crate) fn new(http_client: MeteredClient, limit: Duration) -> Self {
        Self { http_client, limit }
    }

    /// Sends a GET request to a node, given by its URL.
    pub(crate) async fn get(&self, node: &str, path: &str) -> Result<PlainResponse, Failure> {
        let request = HttpRequest::get(path).map_err(|error| Failure::of(&error))?;
        self.send(node, request).await
    }

    /// Makes an operation with this input.
    pub(crate) async fn operate(
        &self,
        node: &str,
        operation: &str,
        input: &Value,
    ) -> Result<PlainResponse, Failure> {
        let request = post(operation, input).map_err(|error| Failure::of(&error))?;
        self.send(node, request).await
    }

    async fn send(&self, node: &str, request: HttpRequest) -> Result<PlainResponse, Failure> {
        let operation = Operation::builder()
            .service_name("Alternator")
            .operation_name("Check")
            .http_client(self.http_client.clone())
            .endpoint_url(node)
            .no_auth()
            .no_retry()
            .timeout_config(timeouts(self.limit))
            .serializer(|mut request: HttpRequest| {
                request.headers_mut().insert("user-agent", USER_AGENT);
                Ok(request)
            })
            .deserializer_impl::<UnreadResponse, Infallible>(Deserializer)
            .build();
        let sending = async {
            let response = operation.invoke(request).await;
            let response = response.map_err(|error| Failure::of(&error))?;
            response.read().await
        };
        let result = timeout(self.limit, sending).await;
        result.unwrap_or_else(|_| Err(Failure::timed_out()))
    }
}

fn post(operation: &str, input: &Value) -> Result<HttpRequest, HttpError> {
    let body = input.to_string();
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

/// A response whose body is not read yet.
#[derive(Debug)]
struct UnreadResponse {
    status: u16,
    body: SdkBody,
}

impl UnreadResponse {
    async fn read(self) -> Result<PlainResponse, Failure> {
        let mut stream = ByteStream::new(self.body);
        let mut body = Vec::new();
        while let Some(chunk) = stream.next().await {
            let chunk = chunk.map_err(|error| Failure::of(&error))?;
            if body.len() + chunk.len() > BODY_LIMIT {
                return Err(Failure::foreign(self.status, "a response of over 1 MiB"));
            }
            body.extend_from_slice(&chunk);
        }
        Ok(PlainResponse {
            status: self.status,
            body: String::from_utf8_lossy(&body).into_owned(),
        })
    }
}

/// Hands over the body unread, so that it is read up to a limit.
#[derive(Debug)]
struct Deserializer;

impl DeserializeResponse for Deserializer {
    fn deserialize_streaming_with_config(
        &self,
        response: &mut HttpResponse,
        _: &ConfigBag,
    ) -> Option<Result<Output, OrchestratorError<Error>>> {
        let status = response.status().as_u16();
        let body = std::mem::replace(response.body_mut(), SdkBody::taken());
        Some(Ok(Output::erase(UnreadResponse { status, body })))
    }
}
