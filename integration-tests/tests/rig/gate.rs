//! An HTTP client that holds operations back, so that many are under way at the same moment.

use super::decorated::{Decorated, Handle};
use super::eventually;
use aws_smithy_runtime_api::client::http::{
    HttpConnector as _, HttpConnectorFuture, SharedHttpConnector,
};
use aws_smithy_runtime_api::client::orchestrator::HttpRequest;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use tokio::sync::watch;

/// Lets discovery through, and operations once it is open. A clone is the same gate.
pub(crate) type Gate = Decorated<State>;

#[derive(Debug, Default)]
pub(crate) struct State {
    held: Arc<AtomicUsize>,
    open: watch::Sender<bool>,
}

impl Gate {
    /// Waits until so many operations have come, then lets all through.
    pub(crate) async fn open_after(&self, operations: usize) {
        eventually("all operations stand at the gate", async || {
            self.handler.held.load(Ordering::Relaxed) == operations
        })
        .await;
        self.handler.open.send_replace(true);
    }
}

impl Handle for State {
    fn handle(&self, request: HttpRequest, inner: &SharedHttpConnector) -> HttpConnectorFuture {
        if request.method() != "POST" {
            return inner.call(request);
        }
        let (inner, held) = (inner.clone(), Arc::clone(&self.held));
        let mut open = self.open.subscribe();
        HttpConnectorFuture::new(async move {
            held.fetch_add(1, Ordering::Relaxed);
            let _ = open.wait_for(|open| *open).await;
            inner.call(request).await
        })
    }
}
