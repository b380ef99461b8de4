//! An HTTP client that responds from memory.

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

/// Responds to every `GetItem` with an item of five attributes, to `/localnodes` with three nodes, and to queries of
/// tables with one table that has a tablet on two of these nodes.
#[derive(Clone, Debug)]
pub(super) struct CannedHttpClient {
    connector: SharedHttpConnector,
    head: Arc<AtomicUsize>,
}

impl CannedHttpClient {
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

impl HttpClient for CannedHttpClient {
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
        } else if request.headers().get("x-amz-target") == Some(GET_ITEM) {
            self.head.store(head(&request), Ordering::Relaxed);
            ITEM
        } else {
            table_response(request.body().bytes().unwrap_or_default())
        };
        let response = self
            .response(body)
            .map_err(|error| ConnectorError::other(error.into(), None));
        HttpConnectorFuture::ready(response)
    }
}

impl Connector {
    fn response(
        &self,
        body: &'static str,
    ) -> Result<HttpResponse, aws_smithy_runtime_api::http::HttpError> {
        let mut response = HttpResponse::new(200u16.try_into()?, SdkBody::from(body));
        let headers = response.headers_mut();
        headers.insert("content-type", "application/x-amz-json-1.0");
        headers.insert("date", self.date.clone());
        Ok(response)
    }
}

/// Returns the size of an HTTP/1.1 head: the request line, the headers, the host and an empty line.
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

/// Returns the response to a query of a system table or a description.
fn table_response(question: &[u8]) -> &'static str {
    let asks = |name: &str| {
        let mut parts = question.windows(name.len());
        parts.any(|part| part == name.as_bytes())
    };
    let answer = TABLES.iter().find(|(name, _)| asks(name));
    answer.map_or(DESCRIPTION, |(_, answer)| answer)
}

const GET_ITEM: &str = "DynamoDB_20120810.GetItem";

const TABLES: [(&str, &str); 3] = [
    (
        "system.tablets",
        r#"{"Items":[{"last_token":{"S":"9223372036854775807"},"replicas":{"S":"5e3d8f6c-0000-4000-8000-000000000001:0, 5e3d8f6c-0000-4000-8000-000000000002:1"}}]}"#,
    ),
    (
        "system.peers",
        r#"{"Items":[{"host_id":{"S":"5e3d8f6c-0000-4000-8000-000000000001"},"rpc_address":{"S":"10.0.0.1"}},{"host_id":{"S":"5e3d8f6c-0000-4000-8000-000000000002"},"rpc_address":{"S":"10.0.0.2"}}]}"#,
    ),
    (".scylla.alternator.", r#"{"Items":[]}"#),
];

const DESCRIPTION: &str = r#"{"Table":{"TableName":"customers","TableId":"7a000000-0000-1000-8000-000000000001","KeySchema":[{"AttributeName":"pk","KeyType":"HASH"}]}}"#;

const NODES: &str = r#"["10.0.0.1","10.0.0.2","10.0.0.3"]"#;

const ITEM: &str = r#"{"Item":{"pk":{"S":"customer#4711"},"name":{"S":"Ada Lovelace"},"visits":{"N":"42"},"active":{"BOOL":true},"notes":{"S":"likes engines"}}}"#;
