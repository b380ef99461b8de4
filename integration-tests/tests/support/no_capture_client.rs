//! An HTTP client without connection capture, like one that is not the SDK's.

use super::decorator::{HandleRequest, HttpClientDecorator};
use aws_smithy_runtime_api::client::http::{
    HttpConnector as _, HttpConnectorFuture, SharedHttpConnector,
};
use aws_smithy_runtime_api::client::orchestrator::HttpRequest;

/// Forwards requests without the extension in which the SDK's client would expose the connection.
pub(crate) type NoCaptureClient = HttpClientDecorator<StripExtensions>;

#[derive(Debug, Default)]
pub(crate) struct StripExtensions;

impl HandleRequest for StripExtensions {
    fn handle(&self, mut request: HttpRequest, inner: &SharedHttpConnector) -> HttpConnectorFuture {
        let mut stripped = HttpRequest::new(request.take_body());
        stripped.set_method(request.method()).unwrap();
        stripped.set_uri(request.uri()).unwrap();
        for (name, value) in request.headers() {
            stripped
                .headers_mut()
                .append(name.to_owned(), value.to_owned());
        }
        inner.call(stripped)
    }
}
