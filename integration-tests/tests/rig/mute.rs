//! An HTTP client over which nobody ever learns who is in the cluster.

use super::http_client;
use aws_smithy_runtime_api::client::http::{
    HttpClient, HttpConnector, HttpConnectorFuture, HttpConnectorSettings, SharedHttpClient,
    SharedHttpConnector,
};
use aws_smithy_runtime_api::client::orchestrator::HttpRequest;
use aws_smithy_runtime_api::client::runtime_components::RuntimeComponents;
use std::future::pending;

/// Lets operations through, and leaves discovery without an answer for ever.
#[derive(Debug)]
pub(crate) struct Mute(SharedHttpClient);

impl Mute {
    pub(crate) fn new() -> Self {
        Self(http_client())
    }
}

impl HttpClient for Mute {
    fn http_connector(
        &self,
        settings: &HttpConnectorSettings,
        components: &RuntimeComponents,
    ) -> SharedHttpConnector {
        SharedHttpConnector::new(Connector(self.0.http_connector(settings, components)))
    }
}

#[derive(Debug)]
struct Connector(SharedHttpConnector);

impl HttpConnector for Connector {
    fn call(&self, request: HttpRequest) -> HttpConnectorFuture {
        match request.method() {
            "GET" => HttpConnectorFuture::new(pending()),
            _ => self.0.call(request),
        }
    }
}
