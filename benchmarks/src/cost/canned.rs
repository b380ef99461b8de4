//! An HTTP client without a network.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use aws_smithy_runtime_api::client::http::{
    HttpClient, HttpConnector, HttpConnectorFuture, HttpConnectorSettings, SharedHttpConnector,
};
use aws_smithy_runtime_api::client::orchestrator::{HttpRequest, HttpResponse};
use aws_smithy_runtime_api::client::result::ConnectorError;
use aws_smithy_runtime_api::client::runtime_components::RuntimeComponents;
use aws_smithy_types::DateTime;
use aws_smithy_types::body::SdkBody;
use aws_smithy_types::date_time::Format;

/// Answers every `GetItem` with an item of five attributes, and every question for nodes with three.
#[derive(Clone, Debug)]
pub(super) struct Canned {
    connector: SharedHttpConnector,
    head: Arc<AtomicUsize>,
}

impl Canned {
    pub(super) fn new(now: DateTime) -> Self {
        let head = Arc::default();
        let connector = Connector {
            date: now.fmt(Format::HttpDate).unwrap_or_default(),
            head: Arc::clone(&head),
        };
        Self {
            connector: SharedHttpConnector::new(connector),
            head,
        }
    }

    /// The bytes of the head of the last operation's request, as they would be sent.
    pub(super) fn head(&self) -> usize {
        self.head.load(Ordering::Relaxed)
    }
}

impl HttpClient for Canned {
    fn http_connector(
        &self,
        _: &HttpConnectorSettings,
        _: &RuntimeComponents,
    ) -> SharedHttpConnector {
        self.connector.clone()
    }
}

#[derive(Debug)]
struct Connector {
    date: String,
    head: Arc<AtomicUsize>,
}

impl HttpConnector for Connector {
    fn call(&self, request: HttpRequest) -> HttpConnectorFuture {
        let body = if request.method() == "GET" {
            NODES
        } else {
            self.head.store(head(&request), Ordering::Relaxed);
            ITEM
        };
        let answer = self
            .answer(body)
            .map_err(|error| ConnectorError::other(error.into(), None));
        HttpConnectorFuture::ready(answer)
    }
}

impl Connector {
    fn answer(
        &self,
        body: &'static str,
    ) -> Result<HttpResponse, aws_smithy_runtime_api::http::HttpError> {
        let mut answer = HttpResponse::new(200u16.try_into()?, SdkBody::from(body));
        let headers = answer.headers_mut();
        headers.insert("content-type", "application/x-amz-json-1.0");
        headers.insert("date", self.date.clone());
        Ok(answer)
    }
}

/// As HTTP/1.1 has it: a line for the request, one for each header and one for the host, and an empty one.
fn head(request: &HttpRequest) -> usize {
    let line = |name: &str, value: &str| name.len() + ": ".len() + value.len() + "\r\n".len();
    let headers: usize = request
        .headers()
        .iter()
        .map(|(name, value)| line(name, value))
        .sum();
    let host = request.uri().split('/').nth(2).unwrap_or_default();
    "POST / HTTP/1.1\r\n".len() + headers + line("host", host) + "\r\n".len()
}

const NODES: &str = r#"["10.0.0.1","10.0.0.2","10.0.0.3"]"#;

const ITEM: &str = r#"{"Item":{"pk":{"S":"customer#4711"},"name":{"S":"Ada Lovelace"},"visits":{"N":"42"},"active":{"BOOL":true},"notes":{"S":"likes engines"}}}"#;
