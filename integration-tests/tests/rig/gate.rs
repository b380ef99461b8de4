//! An HTTP client that holds operations back, so that many are under way at the same moment.

use super::{eventually, http_client};
use aws_smithy_runtime_api::client::http::{
    HttpClient, HttpConnector, HttpConnectorFuture, HttpConnectorSettings, SharedHttpClient,
    SharedHttpConnector,
};
use aws_smithy_runtime_api::client::orchestrator::HttpRequest;
use aws_smithy_runtime_api::client::runtime_components::RuntimeComponents;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use tokio::sync::watch;

/// Lets discovery through, and operations once it is open. A clone is the same gate.
#[derive(Clone, Debug)]
pub(crate) struct Gate {
    inner: SharedHttpClient,
    state: Arc<State>,
}

#[derive(Debug)]
struct State {
    held: AtomicUsize,
    open: watch::Sender<bool>,
}

impl Gate {
    pub(crate) fn new() -> Self {
        let state = State {
            held: AtomicUsize::new(0),
            open: watch::Sender::new(false),
        };
        Self {
            inner: http_client(),
            state: Arc::new(state),
        }
    }

    /// Waits until so many operations have come, then lets all through.
    pub(crate) async fn open_after(&self, operations: usize) {
        eventually("all operations stand at the gate", async || {
            self.state.held.load(Ordering::Relaxed) == operations
        })
        .await;
        self.state.open.send_replace(true);
    }
}

impl HttpClient for Gate {
    fn http_connector(
        &self,
        settings: &HttpConnectorSettings,
        components: &RuntimeComponents,
    ) -> SharedHttpConnector {
        SharedHttpConnector::new(Connector {
            inner: self.inner.http_connector(settings, components),
            state: Arc::clone(&self.state),
        })
    }
}

#[derive(Debug)]
struct Connector {
    inner: SharedHttpConnector,
    state: Arc<State>,
}

impl HttpConnector for Connector {
    fn call(&self, request: HttpRequest) -> HttpConnectorFuture {
        if request.method() != "POST" {
            return self.inner.call(request);
        }
        let (inner, state) = (self.inner.clone(), Arc::clone(&self.state));
        HttpConnectorFuture::new(async move {
            let mut open = state.open.subscribe();
            state.held.fetch_add(1, Ordering::Relaxed);
            let _ = open.wait_for(|open| *open).await;
            inner.call(request).await
        })
    }
}
