//! Routing of requests by method and path.

use std::sync::Arc;

use hyper::body::Incoming;
use hyper::header::{DATE, HOST};
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
) -> Result<Response<ResponseBody>, Disconnected> {
    let (parts, incoming) = request.into_parts();
    let headers = Arc::new(parts.headers);
    if context.connection.has_unread_body() {
        return match context.connection.is_cut_after_unread_body() {
            true => Err(Disconnected::Cut),
            false => Ok(NodeResponse::new(400, TEXT, "Can't parse the request")
                .closing()
                .into_http(None)),
        };
    }
    let path = parts.uri.path();
    let path = path.strip_suffix('/').unwrap_or(path);
    let node = &context.node;
    let is_preflight = parts.method == Method::OPTIONS;
    let is_operation = parts.method == Method::POST && path.is_empty();
    let raw = node.set_response_to(is_operation);
    let response = match (&parts.method, path) {
        (&Method::POST, "") => {
            let name = operations::name(&headers);
            let certificate = context.connection.client_certificate().cloned();
            let _listed = context.connection.begin(Arc::clone(&headers));
            node.recorder
                .record_operation(name, Arc::clone(&headers), certificate);
            if let Some(response) = operations::shed(&context) {
                return Ok(response.into_http(None));
            }
            let body = match body::read(incoming).await {
                Ok(body) => Ok(body),
                Err(body::BodyError::TooLarge) => Err(operations::TooLarge),
                Err(body::BodyError::Broken(error)) => return Err(Disconnected::Broken(error)),
            };
            fault_delay::wait(node, fault_delay::RequestKind::Operation).await;
            match &raw {
                Some(raw) => NodeResponse::of_raw(raw),
                None => operations::respond(&context, name, &headers, body).await,
            }
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
    let response = match raw {
        Some(raw) if !is_operation => NodeResponse::of_raw(&raw),
        Some(_) | None => response,
    };
    let mut response = response.into_http(fault_delay::body_delay(node));
    if let Some(date) = node.wrong_date() {
        response.headers_mut().insert(DATE, date);
    }
    cors::allow(&headers, is_preflight, response.headers_mut());
    Ok(response)
}

/// The reason why a connection ends without a response.
#[derive(Debug, thiserror::Error)]
pub(super) enum Disconnected {
    #[error("the client's connection broke")]
    Broken(#[source] hyper::Error),
    #[error("the connection is cut after an unread body")]
    Cut,
}

const NOT_FOUND: &str = r#"{"message": "Not found", "code": 404}"#;
