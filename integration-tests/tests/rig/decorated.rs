//! An HTTP client that does more with requests, or less, than to pass them on.

use super::http_client;
use aws_smithy_runtime_api::client::http::{
    HttpClient, HttpConnector, HttpConnectorFuture, HttpConnectorSettings, SharedHttpClient,
    SharedHttpConnector,
};
use aws_smithy_runtime_api::client::orchestrator::HttpRequest;
use aws_smithy_runtime_api::client::runtime_components::RuntimeComponents;
use std::fmt::Debug;
use std::sync::Arc;

/// Another client, whose requests an `H` handles. A clone is the same one.
#[derive(Debug)]
pub(crate) struct Decorated<H> {
    inner: SharedHttpClient,
    pub(super) handler: Arc<H>,
}

/// What is done with a request.
pub(crate) trait Handle: Debug + Send + Sync + 'static {
    fn handle(&self, request: HttpRequest, inner: &SharedHttpConnector) -> HttpConnectorFuture;
}

impl<H> Decorated<H> {
    /// Over the SDK's own.
    pub(super) fn with(handler: H) -> Self {
        Self {
            inner: http_client(),
            handler: Arc::new(handler),
        }
    }
}

impl<H: Default> Decorated<H> {
    pub(crate) fn new() -> Self {
        Self::with(H::default())
    }

    pub(crate) fn over(inner: SharedHttpClient) -> Self {
        Self {
            inner,
            handler: Arc::default(),
        }
    }
}

impl<H> Clone for Decorated<H> {
    fn clone(&self) -> Self {
        Self {
            inner: self.inner.clone(),
            handler: Arc::clone(&self.handler),
        }
    }
}

impl<H: Handle> HttpClient for Decorated<H> {
    fn http_connector(
        &self,
        settings: &HttpConnectorSettings,
        components: &RuntimeComponents,
    ) -> SharedHttpConnector {
        SharedHttpConnector::new(Connector {
            inner: self.inner.http_connector(settings, components),
            handler: Arc::clone(&self.handler),
        })
    }
}

#[derive(Debug)]
struct Connector<H> {
    inner: SharedHttpConnector,
    handler: Arc<H>,
}

impl<H: Handle> HttpConnector for Connector<H> {
    fn call(&self, request: HttpRequest) -> HttpConnectorFuture {
        self.handler.handle(request, &self.inner)
    }
}
