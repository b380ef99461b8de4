//! An HTTP client that remembers what goes over the wire, as far as clients know it.

use super::http_client;
use aws_smithy_runtime_api::client::http::{
    HttpClient, HttpConnector, HttpConnectorFuture, HttpConnectorSettings, SharedHttpClient,
    SharedHttpConnector,
};
use aws_smithy_runtime_api::client::orchestrator::HttpRequest;
use aws_smithy_runtime_api::client::runtime_components::RuntimeComponents;
use aws_smithy_runtime_api::http::Headers;
use std::sync::{Arc, Mutex};

/// Passes operations on to another client. A clone is the same tap.
#[derive(Clone, Debug)]
pub(crate) struct Tap {
    inner: SharedHttpClient,
    seen: Arc<Mutex<Vec<Exchange>>>,
}

/// An attempt of an operation.
#[derive(Clone, Debug)]
pub(crate) struct Exchange {
    pub(crate) request: Headers,
    pub(crate) body: Vec<u8>,
    /// None until the head of the answer is there.
    pub(crate) answer: Option<Headers>,
}

impl Exchange {
    pub(crate) fn content_encoding(&self) -> Option<&str> {
        self.request.get("content-encoding")
    }

    pub(crate) fn accept_encoding(&self) -> Option<&str> {
        self.request.get("accept-encoding")
    }

    pub(crate) fn answer_encoding(&self) -> Option<&str> {
        self.answer.as_ref()?.get("content-encoding")
    }
}

impl Tap {
    pub(crate) fn new() -> Self {
        Self {
            inner: http_client(),
            seen: Arc::default(),
        }
    }

    /// The attempts since the last time.
    pub(crate) fn take(&self) -> Vec<Exchange> {
        std::mem::take(&mut *self.seen.lock().unwrap())
    }

    /// The only one since the last time.
    pub(crate) fn take_one(&self) -> Exchange {
        let [only] = self.take().try_into().unwrap();
        only
    }
}

impl HttpClient for Tap {
    fn http_connector(
        &self,
        settings: &HttpConnectorSettings,
        components: &RuntimeComponents,
    ) -> SharedHttpConnector {
        SharedHttpConnector::new(Connector {
            inner: self.inner.http_connector(settings, components),
            seen: Arc::clone(&self.seen),
        })
    }
}

#[derive(Debug)]
struct Connector {
    inner: SharedHttpConnector,
    seen: Arc<Mutex<Vec<Exchange>>>,
}

impl HttpConnector for Connector {
    fn call(&self, request: HttpRequest) -> HttpConnectorFuture {
        if request.method() != "POST" {
            return self.inner.call(request);
        }
        let exchange = Exchange {
            request: request.headers().clone(),
            // It is wrapped by what the SDK measures with, and is in memory below.
            body: body(&request),
            answer: None,
        };
        let index = {
            let mut seen = self.seen.lock().unwrap();
            seen.push(exchange);
            seen.len() - 1
        };
        let seen = Arc::clone(&self.seen);
        let answer = self.inner.call(request);
        HttpConnectorFuture::new(async move {
            let answer = answer.await?;
            if let Some(exchange) = seen.lock().unwrap().get_mut(index) {
                exchange.answer = Some(answer.headers().clone());
            }
            Ok(answer)
        })
    }
}

fn body(request: &HttpRequest) -> Vec<u8> {
    request
        .body()
        .bytes()
        .map(<[u8]>::to_vec)
        .unwrap_or_default()
}
