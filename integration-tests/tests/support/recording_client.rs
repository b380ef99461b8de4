//! An HTTP client that records the destinations of requests.

use super::decorator::{HandleRequest, HttpClientDecorator};
use aws_smithy_runtime_api::client::http::{
    HttpConnector as _, HttpConnectorFuture, SharedHttpConnector,
};
use aws_smithy_runtime_api::client::orchestrator::HttpRequest;
use std::collections::BTreeMap;
use std::sync::Mutex;

/// Records requests and forwards them to another client. Clones share the record.
pub(crate) type RecordingClient = HttpClientDecorator<RecordedRequests>;

#[derive(Debug, Default)]
pub(crate) struct RecordedRequests(Mutex<Vec<Destination>>);

#[derive(Clone, Debug)]
struct Destination {
    method: String,
    /// Scheme, host and port.
    node: String,
    /// Path and query.
    path: String,
}

impl RecordingClient {
    /// Returns the nodes that operations went to, one entry per attempt, in order.
    pub(crate) fn operations(&self) -> Vec<String> {
        self.nodes("POST")
    }

    /// Returns the nodes that discovery requests went to.
    pub(crate) fn discoveries(&self) -> Vec<String> {
        self.nodes("GET")
    }

    /// Returns the paths and queries of discovery requests.
    pub(crate) fn discovery_paths(&self) -> Vec<String> {
        let seen = self.handler.0.lock().unwrap();
        let discoveries = seen.iter().filter(|request| request.method == "GET");
        discoveries.map(|request| request.path.clone()).collect()
    }

    /// Returns the number of attempts per node.
    pub(crate) fn attempts_per_node(&self) -> BTreeMap<String, usize> {
        let mut attempts = BTreeMap::new();
        for node in self.operations() {
            *attempts.entry(node).or_default() += 1;
        }
        attempts
    }

    /// Forgets all requests.
    pub(crate) fn clear(&self) {
        self.handler.0.lock().unwrap().clear();
    }

    fn nodes(&self, method: &str) -> Vec<String> {
        let seen = self.handler.0.lock().unwrap();
        let matching = seen.iter().filter(|request| request.method == method);
        matching.map(|request| request.node.clone()).collect()
    }
}

impl HandleRequest for RecordedRequests {
    fn handle(&self, request: HttpRequest, inner: &SharedHttpConnector) -> HttpConnectorFuture {
        let (scheme, after_scheme) = request.uri().split_once("://").unwrap();
        let (authority, path) =
            after_scheme.split_at(after_scheme.find(['/', '?']).unwrap_or(after_scheme.len()));
        self.0.lock().unwrap().push(Destination {
            method: request.method().to_owned(),
            node: format!("{scheme}://{authority}"),
            path: path.to_owned(),
        });
        inner.call(request)
    }
}
