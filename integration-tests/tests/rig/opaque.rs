//! An HTTP client that shows nothing of its connections, as one written by somebody else does.

use super::http_client;
use aws_smithy_runtime_api::client::http::{
    HttpClient, HttpConnector, HttpConnectorFuture, HttpConnectorSettings, SharedHttpClient,
    SharedHttpConnector,
};
use aws_smithy_runtime_api::client::orchestrator::HttpRequest;
use aws_smithy_runtime_api::client::runtime_components::RuntimeComponents;

/// Passes requests on without the extension in which the SDK's client would show the connection.
#[derive(Debug)]
pub(crate) struct Opaque(SharedHttpClient);

impl Opaque {
    pub(crate) fn new() -> Self {
        Self(http_client())
    }
}

impl HttpClient for Opaque {
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
    fn call(&self, mut request: HttpRequest) -> HttpConnectorFuture {
        let mut bare = HttpRequest::new(request.take_body());
        bare.set_method(request.method()).unwrap();
        bare.set_uri(request.uri()).unwrap();
        for (name, value) in request.headers() {
            bare.headers_mut().append(name.to_owned(), value.to_owned());
        }
        self.0.call(bare)
    }
}
