//! A decorator of an HTTP client that intercepts requests.

use super::http_client;
use aws_smithy_runtime_api::client::http::{
    HttpClient, HttpConnector, HttpConnectorFuture, HttpConnectorSettings, SharedHttpClient,
    SharedHttpConnector,
};
use aws_smithy_runtime_api::client::orchestrator::HttpRequest;
use aws_smithy_runtime_api::client::runtime_components::RuntimeComponents;
use std::fmt::Debug;
use std::sync::Arc;

/// An HTTP client whose requests are handled by an `H`. Clones share the handler.
#[derive(Debug)]
pub(crate) struct HttpClientDecorator<H> {
    inner: SharedHttpClient,
    pub(super) handler: Arc<H>,
}

/// Handles each request, and decides whether to forward it to the inner connector.
pub(crate) trait HandleRequest: Debug + Send + Sync + 'static {
    fn handle(&self, request: HttpRequest, inner: &SharedHttpConnector) -> HttpConnectorFuture;
}

impl<H> HttpClientDecorator<H> {
    /// Decorates the SDK's own HTTP client.
    pub(super) fn with_handler(handler: H) -> Self {
        Self {
            inner: http_client(),
            handler: Arc::new(handler),
        }
    }
}

impl<H: Default> HttpClientDecorator<H> {
    pub(crate) fn new() -> Self {
        Self::with_handler(H::default())
    }

    pub(crate) fn decorating(inner: SharedHttpClient) -> Self {
        Self {
            inner,
            handler: Arc::default(),
        }
    }
}

impl<H> Clone for HttpClientDecorator<H> {
    fn clone(&self) -> Self {
        Self {
            inner: self.inner.clone(),
            handler: Arc::clone(&self.handler),
        }
    }
}

impl<H: HandleRequest> HttpClient for HttpClientDecorator<H> {
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

impl<H: HandleRequest> HttpConnector for Connector<H> {
    fn call(&self, request: HttpRequest) -> HttpConnectorFuture {
        self.handler.handle(request, &self.inner)
    }
}
