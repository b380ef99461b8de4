//! An HTTP client over which nobody ever learns who is in the cluster.

use super::decorated::{Decorated, Handle};
use aws_smithy_runtime_api::client::http::{
    HttpConnector as _, HttpConnectorFuture, SharedHttpConnector,
};
use aws_smithy_runtime_api::client::orchestrator::HttpRequest;
use std::future::pending;

/// Lets operations through, and leaves discovery without an answer for ever.
pub(crate) type Mute = Decorated<Silence>;

#[derive(Debug, Default)]
pub(crate) struct Silence;

impl Handle for Silence {
    fn handle(&self, request: HttpRequest, inner: &SharedHttpConnector) -> HttpConnectorFuture {
        match request.method() {
            "GET" => HttpConnectorFuture::new(pending()),
            _ => inner.call(request),
        }
    }
}
