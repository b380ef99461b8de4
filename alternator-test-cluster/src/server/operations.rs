//! DynamoDB operations: from the body as received to the response, in the order in which Alternator checks.

use bytes::Bytes;
use hyper::HeaderMap;
use hyper::header::{ACCEPT_ENCODING, CONTENT_ENCODING, HOST};

use super::context::Context;
use super::coordination::Coordination;
use super::response::{NodeResponse, TEXT};
use crate::api_error::ApiError;
use crate::compression::{self, Encoding};
use crate::operation::Operation;
use crate::{Fault, auth, document, internal};

/// The body is over the limit.
#[derive(Debug)]
pub(super) struct TooLarge;

/// Returns the name of the operation of a request, or the empty string if it names none.
pub(super) fn name(headers: &HeaderMap) -> &str {
    let target = headers
        .get("x-amz-target")
        .and_then(|target| target.to_str().ok());
    // The version of the API, before the first dot, is ignored.
    target
        .and_then(|target| target.split_once('.'))
        .map_or("", |(_, name)| name)
}

/// Returns the response to an operation.
pub(super) async fn respond(
    context: &Context,
    name: &str,
    headers: &HeaderMap,
    body: Result<Bytes, TooLarge>,
) -> NodeResponse {
    let version = context.cluster.version;
    let Ok(body) = body else {
        return if version.rejects_large_bodies_in_json() {
            NodeResponse::of_operation(Err(ApiError::too_large())).closing()
        } else {
            NodeResponse::new(413, TEXT, "Content length limit (16777216) exceeded").closing()
        };
    };
    context.node.recorder.record_body(body.len());
    let response = match admit(context, headers, body) {
        Ok(body) => execute(context, name, headers, body).await,
        Err(refusal) => NodeResponse::of_operation(Err(refusal)),
    };
    if version.supports_compression() && response.status == 200 {
        compress(response, headers)
    } else {
        response
    }
}

/// Checks what does not depend on the operation. Returns the decompressed body.
fn admit(context: &Context, headers: &HeaderMap, body: Bytes) -> Result<Bytes, ApiError> {
    let cluster = &context.cluster;
    if !cluster.users.is_empty() && !is_authenticated_by_certificate(context) {
        auth::verify(
            context.node.now(),
            headers,
            &body,
            &cluster.users,
            cluster.version,
        )?;
    }
    if !sheds_before_the_body(context)
        && let Some(fault) = context.node.failure()
    {
        return Err(injected(fault));
    }
    if cluster.version.supports_compression() {
        decompress(headers, body)
    } else {
        Ok(body)
    }
}

/// Returns whether the certificate of the client stands for a signature.
fn is_authenticated_by_certificate(context: &Context) -> bool {
    #[cfg(feature = "tls")]
    if let Some(tls) = &context.cluster.tls {
        let certificate = context.connection.client_certificate();
        return tls.authenticates(certificate.map(|it| &**it));
    }
    let _ = context;
    false
}

/// Returns the response to a request that is shed with its body unread, if the release does so.
pub(super) fn shed(context: &Context) -> Option<NodeResponse> {
    if !sheds_before_the_body(context) {
        return None;
    }
    let fault = context.node.failure()?;
    context.connection.leave_body_unread();
    Some(NodeResponse::of_operation(Err(injected(fault))))
}

fn sheds_before_the_body(context: &Context) -> bool {
    context.cluster.version.sheds_before_the_body()
        && matches!(context.node.fault(), Some(Fault::Throttle { .. }))
}

async fn execute(context: &Context, name: &str, headers: &HeaderMap, body: Bytes) -> NodeResponse {
    let coordination = Coordination::begin(context, name, &body);
    let operation = |body| outcome(context, name, headers, body);
    NodeResponse::of_operation(match coordination {
        Some(coordination) => coordination.run(context, body, operation).await,
        None => operation(body).await,
    })
}

async fn outcome(
    context: &Context,
    name: &str,
    headers: &HeaderMap,
    body: Bytes,
) -> Result<Bytes, ApiError> {
    let cluster = &context.cluster;
    if let Some(fixed) = cluster.fixed_responses.get(name) {
        return Ok(fixed.clone());
    }
    let Some(operation) = Operation::from_name(name) else {
        return Err(ApiError::bad_request(
            "UnknownOperationException",
            format!("Unsupported operation {name}"),
        ));
    };
    document::check(&body, cluster.version)?;
    if operation == Operation::DescribeEndpoints {
        return describe_endpoints(headers);
    }
    let request = internal::Request {
        operation,
        body: &body,
        headers,
    };
    if let Some(outcome) = internal::respond(cluster, &context.node, &request) {
        return outcome;
    }
    cluster.engine.run(operation, body).await
}

fn injected(fault: Fault) -> ApiError {
    if let Fault::Throttle { .. } = fault {
        ApiError::bad_request(
            "RequestLimitExceeded",
            "too many in-flight requests (configured via max_concurrent_requests_per_shard): 0",
        )
    } else {
        ApiError::internal("Internal server error: injected by the test cluster")
    }
}

fn decompress(headers: &HeaderMap, body: Bytes) -> Result<Bytes, ApiError> {
    let mut encodings = headers.get_all(CONTENT_ENCODING).iter();
    let Some(encoding) = encodings.next() else {
        return Ok(body);
    };
    let encoding = encoding.to_str().unwrap_or_default();
    let supported = Encoding::from_name(encoding).filter(|_| encodings.next().is_none());
    let Some(supported) = supported else {
        return Err(ApiError::internal("Unsupported Content-Encoding"));
    };
    compression::decompress(supported, &body)
}

fn compress(mut response: NodeResponse, headers: &HeaderMap) -> NodeResponse {
    let accepted = headers.get_all(ACCEPT_ENCODING).iter();
    let accepted = accepted.filter_map(|value| value.to_str().ok());
    if response.body.len() >= compression::THRESHOLD
        && let Some(encoding) = compression::negotiate(accepted)
    {
        response.body = compression::compress(encoding, &response.body);
        response.encoding = Some(encoding.name());
    }
    response
}

/// Returns the address to which the client sent the request, so that clients which follow it stay with this node.
fn describe_endpoints(headers: &HeaderMap) -> Result<Bytes, ApiError> {
    let host = headers.get(HOST).and_then(|host| host.to_str().ok());
    let Some(host) = host else {
        return Err(ApiError::validation(
            "DescribeEndpoints needs a 'Host:' header in the request",
        ));
    };
    let response =
        serde_json::json!({"Endpoints": [{"Address": host, "CachePeriodInMinutes": 1440}]});
    Ok(Bytes::from(response.to_string()))
}
