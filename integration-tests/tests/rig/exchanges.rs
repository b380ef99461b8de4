//! An HTTP client that remembers what goes over the wire, as far as clients know it.

use super::decorated::{Decorated, Handle};
use aws_smithy_runtime_api::client::http::{
    HttpConnector as _, HttpConnectorFuture, SharedHttpConnector,
};
use aws_smithy_runtime_api::client::orchestrator::HttpRequest;
use aws_smithy_runtime_api::http::Headers;
use std::sync::{Arc, Mutex};

/// Passes operations on to another client. A clone is the same tap.
pub(crate) type Tap = Decorated<Exchanges>;

#[derive(Debug, Default)]
pub(crate) struct Exchanges(Arc<Mutex<Vec<Exchange>>>);

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
    /// The attempts since the last time.
    pub(crate) fn take(&self) -> Vec<Exchange> {
        std::mem::take(&mut *self.handler.0.lock().unwrap())
    }

    /// The only one since the last time.
    pub(crate) fn take_one(&self) -> Exchange {
        let [only] = self.take().try_into().unwrap();
        only
    }
}

impl Handle for Exchanges {
    fn handle(&self, request: HttpRequest, inner: &SharedHttpConnector) -> HttpConnectorFuture {
        if request.method() != "POST" {
            return inner.call(request);
        }
        let exchange = Exchange {
            request: request.headers().clone(),
            // It is wrapped by what the SDK measures with, and is in memory below.
            body: body(&request),
            answer: None,
        };
        let index = {
            let mut seen = self.0.lock().unwrap();
            seen.push(exchange);
            seen.len() - 1
        };
        let seen = Arc::clone(&self.0);
        let answer = inner.call(request);
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
