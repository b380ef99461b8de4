//! An HTTP client that denies one operation.

use super::decorator::{HandleRequest, HttpClientDecorator};
use aws_smithy_runtime_api::client::http::{
    HttpConnector as _, HttpConnectorFuture, SharedHttpConnector,
};
use aws_smithy_runtime_api::client::orchestrator::{HttpRequest, HttpResponse};
use aws_smithy_types::body::SdkBody;
use std::sync::atomic::{AtomicUsize, Ordering};

/// Returns an access-denied error for one operation, and forwards the others. Clones share the counter.
pub(crate) type AccessDeniedClient = HttpClientDecorator<DeniedOperation>;

#[derive(Debug)]
pub(crate) struct DeniedOperation {
    operation: &'static str,
    count: AtomicUsize,
}

impl AccessDeniedClient {
    pub(crate) fn denying(operation: &'static str) -> Self {
        let count = AtomicUsize::new(0);
        Self::with_handler(DeniedOperation { operation, count })
    }

    /// Returns the number of attempts of the operation.
    pub(crate) fn count(&self) -> usize {
        self.handler.count.load(Ordering::Relaxed)
    }
}

impl HandleRequest for DeniedOperation {
    fn handle(&self, request: HttpRequest, inner: &SharedHttpConnector) -> HttpConnectorFuture {
        let target = request.headers().get("x-amz-target").unwrap_or_default();
        if !target.ends_with(&format!(".{}", self.operation)) {
            return inner.call(request);
        }
        self.count.fetch_add(1, Ordering::Relaxed);
        let body = r##"{"__type": "x#AccessDeniedException", "message": "not for you"}"##;
        let status = u16::try_into(400).unwrap();
        HttpConnectorFuture::ready(Ok(HttpResponse::new(status, SdkBody::from(body))))
    }
}
