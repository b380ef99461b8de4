//! An HTTP client that holds operations back until many are in flight at the same time.

use super::decorator::{HandleRequest, HttpClientDecorator};
use super::eventually;
use aws_smithy_runtime_api::client::http::{
    HttpConnector as _, HttpConnectorFuture, SharedHttpConnector,
};
use aws_smithy_runtime_api::client::orchestrator::HttpRequest;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use tokio::sync::watch;

/// Forwards discovery at once, and operations after their release. Clones share the barrier.
pub(crate) type BarrierClient = HttpClientDecorator<Barrier>;

#[derive(Debug, Default)]
pub(crate) struct Barrier {
    held: Arc<AtomicUsize>,
    is_released: watch::Sender<bool>,
}

impl BarrierClient {
    /// Waits until this many operations are held, then releases all of them.
    pub(crate) async fn release_after(&self, operations: usize) {
        eventually("all operations are held", async || {
            self.handler.held.load(Ordering::Relaxed) == operations
        })
        .await;
        self.handler.is_released.send_replace(true);
    }
}

impl HandleRequest for Barrier {
    fn handle(&self, request: HttpRequest, inner: &SharedHttpConnector) -> HttpConnectorFuture {
        if request.method() != "POST" {
            return inner.call(request);
        }
        let (inner, held) = (inner.clone(), Arc::clone(&self.held));
        let mut is_released = self.is_released.subscribe();
        HttpConnectorFuture::new(async move {
            held.fetch_add(1, Ordering::Relaxed);
            let _ = is_released.wait_for(|is_released| *is_released).await;
            inner.call(request).await
        })
    }
}
