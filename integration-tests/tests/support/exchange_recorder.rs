//! An HTTP client that records the headers and bodies of requests, and the headers of responses.

use super::decorator::{HandleRequest, HttpClientDecorator};
use aws_smithy_runtime_api::client::http::{
    HttpConnector as _, HttpConnectorFuture, SharedHttpConnector,
};
use aws_smithy_runtime_api::client::orchestrator::HttpRequest;
use aws_smithy_runtime_api::http::Headers;
use std::sync::{Arc, Mutex};

/// Records operations and forwards them to another client. Clones share the record.
pub(crate) type ExchangeRecorder = HttpClientDecorator<RecordedExchanges>;

#[derive(Debug, Default)]
pub(crate) struct RecordedExchanges(Arc<Mutex<Vec<Exchange>>>);

/// One attempt of an operation.
#[derive(Clone, Debug)]
pub(crate) struct Exchange {
    pub(crate) request: Headers,
    pub(crate) body: Vec<u8>,
    /// `None` until the response head has arrived.
    pub(crate) response: Option<Headers>,
}

impl Exchange {
    pub(crate) fn content_encoding(&self) -> Option<&str> {
        self.request.get("content-encoding")
    }

    pub(crate) fn accept_encoding(&self) -> Option<&str> {
        self.request.get("accept-encoding")
    }

    pub(crate) fn response_encoding(&self) -> Option<&str> {
        self.response.as_ref()?.get("content-encoding")
    }
}

impl ExchangeRecorder {
    /// Returns and clears the recorded attempts.
    pub(crate) fn take(&self) -> Vec<Exchange> {
        std::mem::take(&mut *self.handler.0.lock().unwrap())
    }

    /// Returns and clears the only recorded attempt.
    pub(crate) fn take_one(&self) -> Exchange {
        let [only] = self.take().try_into().unwrap();
        only
    }
}

impl HandleRequest for RecordedExchanges {
    fn handle(&self, request: HttpRequest, inner: &SharedHttpConnector) -> HttpConnectorFuture {
        if request.method() != "POST" {
            return inner.call(request);
        }
        let exchange = Exchange {
            request: request.headers().clone(),
            // The SDK wraps the body to measure throughput; the inner body is in memory.
            body: body(&request),
            response: None,
        };
        let index = {
            let mut seen = self.0.lock().unwrap();
            seen.push(exchange);
            seen.len() - 1
        };
        let seen = Arc::clone(&self.0);
        let response = inner.call(request);
        HttpConnectorFuture::new(async move {
            let response = response.await?;
            if let Some(exchange) = seen.lock().unwrap().get_mut(index) {
                exchange.response = Some(response.headers().clone());
            }
            Ok(response)
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
