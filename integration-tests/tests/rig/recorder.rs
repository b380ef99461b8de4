//! An HTTP client that remembers where requests went.

use super::decorated::{Decorated, Handle};
use aws_smithy_runtime_api::client::http::{
    HttpConnector as _, HttpConnectorFuture, SharedHttpConnector,
};
use aws_smithy_runtime_api::client::orchestrator::HttpRequest;
use std::collections::BTreeMap;
use std::sync::Mutex;

/// Passes requests on to another client. A clone is the same recorder.
pub(crate) type Recorder = Decorated<Requests>;

#[derive(Debug, Default)]
pub(crate) struct Requests(Mutex<Vec<Request>>);

/// What is remembered of a request.
#[derive(Clone, Debug)]
struct Request {
    method: String,
    /// Scheme, host and port.
    node: String,
    /// Path and query.
    path: String,
}

impl Recorder {
    /// Where the operations went, one entry for each attempt, in order.
    pub(crate) fn operations(&self) -> Vec<String> {
        self.nodes("POST")
    }

    /// Who was asked for the list of nodes.
    pub(crate) fn discoveries(&self) -> Vec<String> {
        self.nodes("GET")
    }

    /// What was asked for the list of nodes.
    pub(crate) fn questions(&self) -> Vec<String> {
        let seen = self.handler.0.lock().unwrap();
        let asked = seen.iter().filter(|request| request.method == "GET");
        asked.map(|request| request.path.clone()).collect()
    }

    /// How many attempts each node got.
    pub(crate) fn spread(&self) -> BTreeMap<String, usize> {
        let mut spread = BTreeMap::new();
        for node in self.operations() {
            *spread.entry(node).or_default() += 1;
        }
        spread
    }

    fn nodes(&self, method: &str) -> Vec<String> {
        let seen = self.handler.0.lock().unwrap();
        let wanted = seen.iter().filter(|request| request.method == method);
        wanted.map(|request| request.node.clone()).collect()
    }
}

impl Handle for Requests {
    fn handle(&self, request: HttpRequest, inner: &SharedHttpConnector) -> HttpConnectorFuture {
        let (scheme, rest) = request.uri().split_once("://").unwrap();
        let (authority, path) = rest.split_at(rest.find(['/', '?']).unwrap_or(rest.len()));
        self.0.lock().unwrap().push(Request {
            method: request.method().to_owned(),
            node: format!("{scheme}://{authority}"),
            path: path.to_owned(),
        });
        inner.call(request)
    }
}
