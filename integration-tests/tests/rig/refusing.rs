//! An HTTP client behind which an operation is not allowed.

use super::http_client;
use aws_smithy_runtime_api::client::http::{
    HttpClient, HttpConnector, HttpConnectorFuture, HttpConnectorSettings, SharedHttpClient,
    SharedHttpConnector,
};
use aws_smithy_runtime_api::client::orchestrator::{HttpRequest, HttpResponse};
use aws_smithy_runtime_api::client::runtime_components::RuntimeComponents;
use aws_smithy_types::body::SdkBody;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

/// Answers one operation as a role is answered that may not make it, and passes the others on. A clone is the same.
#[derive(Clone, Debug)]
pub(crate) struct Refusing {
    inner: SharedHttpClient,
    refused: Refused,
}

#[derive(Clone, Debug)]
struct Refused {
    operation: &'static str,
    count: Arc<AtomicUsize>,
}

impl Refusing {
    pub(crate) fn new(operation: &'static str) -> Self {
        let count = Arc::default();
        Self {
            inner: http_client(),
            refused: Refused { operation, count },
        }
    }

    /// How often the operation was tried.
    pub(crate) fn count(&self) -> usize {
        self.refused.count.load(Ordering::Relaxed)
    }
}

impl HttpClient for Refusing {
    fn http_connector(
        &self,
        settings: &HttpConnectorSettings,
        components: &RuntimeComponents,
    ) -> SharedHttpConnector {
        SharedHttpConnector::new(Connector {
            inner: self.inner.http_connector(settings, components),
            refused: self.refused.clone(),
        })
    }
}

#[derive(Debug)]
struct Connector {
    inner: SharedHttpConnector,
    refused: Refused,
}

impl HttpConnector for Connector {
    fn call(&self, request: HttpRequest) -> HttpConnectorFuture {
        let target = request.headers().get("x-amz-target").unwrap_or_default();
        if !target.ends_with(&format!(".{}", self.refused.operation)) {
            return self.inner.call(request);
        }
        self.refused.count.fetch_add(1, Ordering::Relaxed);
        let body = r##"{"__type": "x#AccessDeniedException", "message": "not for you"}"##;
        let status = u16::try_into(400).unwrap();
        HttpConnectorFuture::ready(Ok(HttpResponse::new(status, SdkBody::from(body))))
    }
}
