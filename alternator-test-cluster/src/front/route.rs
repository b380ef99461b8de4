//! Which request gets which answer.

use std::sync::Arc;

use hyper::body::Incoming;
use hyper::header::HOST;
use hyper::{Method, Request, Response};

use super::answer::{Answer, AnswerBody, JSON, TEXT};
use super::cut::Allowance;
use super::{body, cors, gate, operations};
use crate::Fault;
use crate::cluster_state::ClusterState;
use crate::listing::Query;
use crate::node_state::NodeState;

/// What a connection needs to answer.
#[derive(Clone, Debug)]
pub(super) struct Front {
    pub(super) cluster: Arc<ClusterState>,
    pub(super) node: Arc<NodeState>,
    pub(super) allowance: Allowance,
}

/// Answers a request. An error ends the connection without an answer.
pub(super) async fn answer(
    front: Front,
    request: Request<Incoming>,
) -> Result<Response<AnswerBody>, hyper::Error> {
    let (parts, incoming) = request.into_parts();
    let headers = Arc::new(parts.headers);
    let path = parts.uri.path();
    let path = path.strip_suffix('/').unwrap_or(path);
    let node = &front.node;
    let is_preflight = parts.method == Method::OPTIONS;
    let answer = match (&parts.method, path) {
        (&Method::POST, "") => {
            let name = operations::name(&headers);
            node.recorder.operation(name, Arc::clone(&headers));
            let body = match body::read(incoming).await {
                Ok(body) => Ok(body),
                Err(body::BodyError::TooLarge) => Err(operations::TooLarge),
                Err(body::BodyError::Broken(error)) => return Err(error),
            };
            gate::pass(node, gate::Request::Operation).await;
            operations::answer(&front, name, &headers, body).await
        }
        (&Method::GET, "") => {
            node.recorder.health_check();
            gate::pass(node, gate::Request::Other).await;
            let host = headers.get(HOST).map_or(&b""[..], |host| host.as_bytes());
            Answer::new(200, TEXT, [b"healthy: ", host].concat())
        }
        (&Method::OPTIONS, "") => {
            node.recorder.other_request();
            gate::pass(node, gate::Request::Other).await;
            Answer::new(200, TEXT, "")
        }
        (&Method::GET, "/localnodes") => {
            let query = parts.uri.query();
            node.recorder.discovery(query, Arc::clone(&headers));
            gate::pass(node, gate::Request::Other).await;
            let (status, body) = front
                .cluster
                .localnodes(node, &Query::parse(query.unwrap_or_default()));
            Answer::new(status, JSON, body)
        }
        _ => {
            node.recorder.other_request();
            gate::pass(node, gate::Request::Other).await;
            Answer::new(404, JSON, NOT_FOUND)
        }
    };
    front.allowance.set(match node.fault() {
        Some(Fault::CutAfter { bytes }) => Some(bytes),
        _ => None,
    });
    let mut response = answer.into_response(gate::hold(node));
    cors::allow(&headers, is_preflight, response.headers_mut());
    Ok(response)
}

const NOT_FOUND: &str = r#"{"message": "Not found", "code": 404}"#;
