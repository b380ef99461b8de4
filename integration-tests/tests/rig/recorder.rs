//! An HTTP client that remembers where requests went.

use super::http_client;
use aws_smithy_runtime_api::client::http::{
    HttpClient, HttpConnector, HttpConnectorFuture, HttpConnectorSettings, SharedHttpClient,
    SharedHttpConnector,
};
use aws_smithy_runtime_api::client::orchestrator::HttpRequest;
use aws_smithy_runtime_api::client::runtime_components::RuntimeComponents;
use std::collections::BTreeMap;
use std::sync::{Arc, Mutex};

/// Passes requests on to another client. A clone is the same recorder.
#[derive(Clone, Debug)]
pub(crate) struct Recorder {
    inner: SharedHttpClient,
    seen: Arc<Mutex<Vec<Request>>>,
}

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
    pub(crate) fn new() -> Self {
        Self::over(http_client())
    }

    pub(crate) fn over(inner: SharedHttpClient) -> Self {
        Self {
            inner,
            seen: Arc::default(),
        }
    }

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
        let seen = self.seen.lock().unwrap();
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
        let seen = self.seen.lock().unwrap();
        let wanted = seen.iter().filter(|request| request.method == method);
        wanted.map(|request| request.node.clone()).collect()
    }
}

impl HttpClient for Recorder {
    fn http_connector(
        &self,
        settings: &HttpConnectorSettings,
        components: &RuntimeComponents,
    ) -> SharedHttpConnector {
        SharedHttpConnector::new(Connector {
            inner: self.inner.http_connector(settings, components),
            seen: Arc::clone(&self.seen),
        })
    }
}

#[derive(Debug)]
struct Connector {
    inner: SharedHttpConnector,
    seen: Arc<Mutex<Vec<Request>>>,
}

impl HttpConnector for Connector {
    fn call(&self, request: HttpRequest) -> HttpConnectorFuture {
        let (scheme, rest) = request.uri().split_once("://").unwrap();
        let (authority, path) = rest.split_at(rest.find(['/', '?']).unwrap_or(rest.len()));
        self.seen.lock().unwrap().push(Request {
            method: request.method().to_owned(),
            node: format!("{scheme}://{authority}"),
            path: path.to_owned(),
        });
        self.inner.call(request)
    }
}
