//! An HTTP client behind which an operation is not allowed.

use super::decorated::{Decorated, Handle};
use aws_smithy_runtime_api::client::http::{
    HttpConnector as _, HttpConnectorFuture, SharedHttpConnector,
};
use aws_smithy_runtime_api::client::orchestrator::{HttpRequest, HttpResponse};
use aws_smithy_types::body::SdkBody;
use std::sync::atomic::{AtomicUsize, Ordering};

/// Answers one operation as a role is answered that may not make it, and passes the others on. A clone is the same.
pub(crate) type Refusing = Decorated<Refused>;

#[derive(Debug)]
pub(crate) struct Refused {
    operation: &'static str,
    count: AtomicUsize,
}

impl Refusing {
    pub(crate) fn of(operation: &'static str) -> Self {
        let count = AtomicUsize::new(0);
        Self::with(Refused { operation, count })
    }

    /// How often the operation was tried.
    pub(crate) fn count(&self) -> usize {
        self.handler.count.load(Ordering::Relaxed)
    }
}

impl Handle for Refused {
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
