//! DynamoDB operations: from the body as received to the answer, in the order in which Alternator checks.

use bytes::Bytes;
use hyper::HeaderMap;
use hyper::header::{ACCEPT_ENCODING, CONTENT_ENCODING, HOST};

use super::answer::{Answer, TEXT};
use super::coordination::Coordination;
use super::route::Front;
use crate::api_error::ApiError;
use crate::compression::{self, Encoding};
use crate::operation::Operation;
use crate::{Fault, auth, document, internal};

/// The body is over the limit.
#[derive(Debug)]
pub(super) struct TooLarge;

/// Returns the name of the operation that a request asks for, empty if for none.
pub(super) fn name(headers: &HeaderMap) -> &str {
    let target = headers
        .get("x-amz-target")
        .and_then(|target| target.to_str().ok());
    // What is before the first dot says which version of the API is meant, and is not looked at.
    target
        .and_then(|target| target.split_once('.'))
        .map_or("", |(_, name)| name)
}

/// Answers an operation.
pub(super) async fn answer(
    front: &Front,
    name: &str,
    headers: &HeaderMap,
    body: Result<Bytes, TooLarge>,
) -> Answer {
    let version = front.cluster.version;
    let Ok(body) = body else {
        return if version.refuses_large_bodies_in_json() {
            Answer::of_operation(Err(ApiError::too_large())).closing()
        } else {
            Answer::new(413, TEXT, "Content length limit (16777216) exceeded").closing()
        };
    };
    front.node.recorder.body(body.len());
    let answer = match admit(front, headers, body) {
        Ok(body) => execute(front, name, headers, body).await,
        Err(refusal) => Answer::of_operation(Err(refusal)),
    };
    if version.compresses() && answer.status == 200 {
        compress(answer, headers)
    } else {
        answer
    }
}

/// What is checked before it matters what is asked for. Returns the decompressed body.
fn admit(front: &Front, headers: &HeaderMap, body: Bytes) -> Result<Bytes, ApiError> {
    let cluster = &front.cluster;
    if !cluster.users.is_empty() {
        auth::verify(headers, &body, &cluster.users, cluster.version)?;
    }
    if let Some(fault) = front.node.failure() {
        return Err(injected(fault));
    }
    if cluster.version.compresses() {
        decompress(headers, body)
    } else {
        Ok(body)
    }
}

async fn execute(front: &Front, name: &str, headers: &HeaderMap, body: Bytes) -> Answer {
    let coordination = Coordination::begin(front, name, &body);
    let outcome = outcome(front, name, headers, body).await;
    if let Some(coordination) = coordination {
        coordination.end(front, &outcome);
    }
    Answer::of_operation(outcome)
}

async fn outcome(
    front: &Front,
    name: &str,
    headers: &HeaderMap,
    body: Bytes,
) -> Result<Bytes, ApiError> {
    let cluster = &front.cluster;
    if let Some(fixed) = cluster.fixed_answers.get(name) {
        return Ok(fixed.clone());
    }
    let Some(operation) = Operation::named(name) else {
        return Err(ApiError::refused(
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
    if let Some(outcome) = internal::answer(cluster, &front.node, &request) {
        return outcome;
    }
    cluster.engine.run(operation, body).await
}

fn injected(fault: Fault) -> ApiError {
    if let Fault::Throttle { .. } = fault {
        ApiError::refused(
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
    let supported = Encoding::named(encoding).filter(|_| encodings.next().is_none());
    let Some(supported) = supported else {
        return Err(ApiError::internal(format!(
            "Unsupported Content-Encoding: {encoding}"
        )));
    };
    compression::decompress(supported, &body)
}

fn compress(mut answer: Answer, headers: &HeaderMap) -> Answer {
    let accepted = headers.get_all(ACCEPT_ENCODING).iter();
    let accepted = accepted.filter_map(|value| value.to_str().ok());
    if answer.body.len() >= compression::THRESHOLD
        && let Some(encoding) = compression::negotiate(accepted)
    {
        answer.body = compression::compress(encoding, &answer.body);
        answer.encoding = Some(encoding.name());
    }
    answer
}

/// Names the very address that the client asked, so that clients which follow it stay where they are.
fn describe_endpoints(headers: &HeaderMap) -> Result<Bytes, ApiError> {
    let host = headers.get(HOST).and_then(|host| host.to_str().ok());
    let Some(host) = host else {
        return Err(ApiError::validation(
            "DescribeEndpoints needs a 'Host:' header in the request",
        ));
    };
    let answer =
        serde_json::json!({"Endpoints": [{"Address": host, "CachePeriodInMinutes": 1440}]});
    Ok(Bytes::from(answer.to_string()))
}
