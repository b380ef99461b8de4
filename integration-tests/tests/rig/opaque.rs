//! An HTTP client that shows nothing of its connections, as one written by somebody else does.

use super::decorated::{Decorated, Handle};
use aws_smithy_runtime_api::client::http::{
    HttpConnector as _, HttpConnectorFuture, SharedHttpConnector,
};
use aws_smithy_runtime_api::client::orchestrator::HttpRequest;

/// Passes requests on without the extension in which the SDK's client would show the connection.
pub(crate) type Opaque = Decorated<Bare>;

#[derive(Debug, Default)]
pub(crate) struct Bare;

impl Handle for Bare {
    fn handle(&self, mut request: HttpRequest, inner: &SharedHttpConnector) -> HttpConnectorFuture {
        let mut bare = HttpRequest::new(request.take_body());
        bare.set_method(request.method()).unwrap();
        bare.set_uri(request.uri()).unwrap();
        for (name, value) in request.headers() {
            bare.headers_mut().append(name.to_owned(), value.to_owned());
        }
        inner.call(bare)
    }
}
