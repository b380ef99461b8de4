//! An HTTP client on which discovery never completes.

use super::decorator::{HandleRequest, HttpClientDecorator};
use aws_smithy_runtime_api::client::http::{
    HttpConnector as _, HttpConnectorFuture, SharedHttpConnector,
};
use aws_smithy_runtime_api::client::orchestrator::HttpRequest;
use std::future::pending;

/// Forwards operations, and never responds to discovery.
pub(crate) type UnresponsiveClient = HttpClientDecorator<UnresponsiveDiscovery>;

#[derive(Debug, Default)]
pub(crate) struct UnresponsiveDiscovery;

impl HandleRequest for UnresponsiveDiscovery {
    fn handle(&self, request: HttpRequest, inner: &SharedHttpConnector) -> HttpConnectorFuture {
        match request.method() {
            "GET" => HttpConnectorFuture::new(pending()),
            _ => inner.call(request),
        }
    }
}
