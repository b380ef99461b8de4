//! Routing of requests by method and path.

use std::sync::Arc;

use hyper::body::Incoming;
use hyper::header::HOST;
use hyper::{Method, Request, Response};

use super::context::Context;
use super::response::{JSON, NodeResponse, ResponseBody, TEXT};
use super::{body, cors, fault_delay, operations};
use crate::Fault;
use crate::listing::LocalNodesQuery;

/// Returns the response to a request. An error ends the connection without a response.
pub(super) async fn respond(
    context: Context,
    request: Request<Incoming>,
) -> Result<Response<ResponseBody>, hyper::Error> {
    let (parts, incoming) = request.into_parts();
    let headers = Arc::new(parts.headers);
    let path = parts.uri.path();
    let path = path.strip_suffix('/').unwrap_or(path);
    let node = &context.node;
    let is_preflight = parts.method == Method::OPTIONS;
    let response = match (&parts.method, path) {
        (&Method::POST, "") => {
            let name = operations::name(&headers);
            node.recorder.record_operation(name, Arc::clone(&headers));
            let body = match body::read(incoming).await {
                Ok(body) => Ok(body),
                Err(body::BodyError::TooLarge) => Err(operations::TooLarge),
                Err(body::BodyError::Broken(error)) => return Err(error),
            };
            fault_delay::wait(node, fault_delay::RequestKind::Operation).await;
            operations::respond(&context, name, &headers, body).await
        }
        (&Method::GET, "") => {
            node.recorder.record_health_check();
            fault_delay::wait(node, fault_delay::RequestKind::Other).await;
            let host = headers.get(HOST).map_or(&b""[..], |host| host.as_bytes());
            NodeResponse::new(200, TEXT, [b"healthy: ", host].concat())
        }
        (&Method::OPTIONS, "") => {
            node.recorder.record_other_request();
            fault_delay::wait(node, fault_delay::RequestKind::Other).await;
            NodeResponse::new(200, TEXT, "")
        }
        (&Method::GET, "/localnodes") => {
            let query = parts.uri.query();
            node.recorder.record_discovery(query, Arc::clone(&headers));
            fault_delay::wait(node, fault_delay::RequestKind::Other).await;
            let (status, body) = context
                .cluster
                .localnodes(node, &LocalNodesQuery::parse(query.unwrap_or_default()));
            NodeResponse::new(status, JSON, body)
        }
        _ => {
            node.recorder.record_other_request();
            fault_delay::wait(node, fault_delay::RequestKind::Other).await;
            NodeResponse::new(404, JSON, NOT_FOUND)
        }
    };
    context.write_limit.set(match node.fault() {
        Some(Fault::CutAfter { bytes }) => Some(bytes),
        _ => None,
    });
    let mut response = response.into_http(fault_delay::body_delay(node));
    cors::allow(&headers, is_preflight, response.headers_mut());
    Ok(response)
}

const NOT_FOUND: &str = r#"{"message": "Not found", "code": 404}"#;
