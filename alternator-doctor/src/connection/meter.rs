//! An HTTP client that records all exchanges, and sends no more requests than are allowed.
//!
//! All requests pass it: those of the checks, of the SDK's clients and of discovery. The clocks of nodes, round-trip
//! times, kept connections and compressed responses are read from its record.

use aws_smithy_runtime_api::client::connection::CaptureSmithyConnection;
use aws_smithy_runtime_api::client::http::{
    HttpClient, HttpConnector, HttpConnectorFuture, HttpConnectorSettings, SharedHttpClient,
    SharedHttpConnector,
};
use aws_smithy_runtime_api::client::orchestrator::{HttpRequest, HttpResponse};
use aws_smithy_runtime_api::client::result::ConnectorError;
use aws_smithy_runtime_api::client::runtime_components::RuntimeComponents;
use std::net::SocketAddr;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, SystemTime};
use tokio::time::Instant;

/// A request that got a response.
#[derive(Clone, Debug)]
pub(crate) struct Exchange {
    /// Scheme, host and port.
    pub(crate) node: String,
    /// The name of the operation. `None` for `GET` requests.
    pub(crate) operation: Option<String>,
    /// True if the body of the request was compressed.
    pub(crate) is_compressed: bool,
    /// The times by the clock of this machine.
    pub(crate) sent: SystemTime,
    pub(crate) received: SystemTime,
    pub(crate) round_trip: Duration,
    pub(crate) status: u16,
    /// The header `date`, which is the clock of the node.
    pub(crate) date: Option<SystemTime>,
    /// The encoding of the response.
    pub(crate) content_encoding: Option<String>,
    /// The length of the body as it is sent. `None` if it is sent in chunks, as large bodies are.
    pub(crate) length: Option<u64>,
    /// The address of this end of the connection, which identifies it.
    pub(crate) local_address: Option<SocketAddr>,
}

/// The number of requests that are left, and the record of those that got a response.
#[derive(Debug, Default)]
pub(crate) struct Meter(Mutex<Record>);

#[derive(Debug, Default)]
struct Record {
    allowed: usize,
    sent: usize,
    exchanges: Vec<Exchange>,
}

impl Meter {
    /// Allows this number of further requests.
    pub(crate) fn allow(&self, requests: usize) {
        self.record().allowed += requests;
    }

    /// Returns the number of requests that were sent.
    pub(crate) fn sent(&self) -> usize {
        self.record().sent
    }

    pub(crate) fn exchanges(&self) -> Vec<Exchange> {
        self.record().exchanges.clone()
    }

    /// Takes one of the allowed requests. False if none is left.
    fn take(&self) -> bool {
        let mut record = self.record();
        let is_allowed = record.sent < record.allowed;
        record.sent += usize::from(is_allowed);
        is_allowed
    }

    fn record(&self) -> MutexGuard<'_, Record> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// An HTTP client with a [`Meter`], which clones share.
#[derive(Clone, Debug)]
pub(crate) struct MeteredClient {
    inner: SharedHttpClient,
    meter: Arc<Meter>,
}

impl MeteredClient {
    pub(crate) fn new(inner: SharedHttpClient, meter: Arc<Meter>) -> Self {
        Self { inner, meter }
    }
}

impl HttpClient for MeteredClient {
    fn http_connector(
        &self,
        settings: &HttpConnectorSettings,
        components: &RuntimeComponents,
    ) -> SharedHttpConnector {
        SharedHttpConnector::new(MeteredConnector {
            inner: self.inner.http_connector(settings, components),
            meter: Arc::clone(&self.meter),
        })
    }
}

#[derive(Debug)]
struct MeteredConnector {
    inner: SharedHttpConnector,
    meter: Arc<Meter>,
}

impl HttpConnector for MeteredConnector {
    fn call(&self, mut request: HttpRequest) -> HttpConnectorFuture {
        if !self.meter.take() {
            return HttpConnectorFuture::ready(Err(ConnectorError::other(LIMIT.into(), None)));
        }
        let capture = match request.extension::<CaptureSmithyConnection>() {
            Some(capture) => capture.clone(),
            None => {
                let capture = CaptureSmithyConnection::new();
                request.add_extension(capture.clone());
                capture
            }
        };
        let node = node_of(request.uri()).to_owned();
        let headers = request.headers();
        let operation = headers.get("x-amz-target").map(operation_of);
        let is_compressed = headers.contains_key("content-encoding");
        let meter = Arc::clone(&self.meter);
        let (sent, started) = (wall_clock(), Instant::now());
        let responding = self.inner.call(request);
        HttpConnectorFuture::new(async move {
            let response: HttpResponse = responding.await?;
            let headers = response.headers();
            let date = headers.get("date").map(httpdate::parse_http_date);
            let length = headers.get("content-length").map(str::parse);
            let exchange = Exchange {
                node,
                operation,
                is_compressed,
                sent,
                received: wall_clock(),
                round_trip: started.elapsed(),
                status: response.status().as_u16(),
                date: date.and_then(Result::ok),
                content_encoding: headers.get("content-encoding").map(str::to_owned),
                length: length.and_then(Result::ok),
                local_address: capture.get().and_then(|metadata| metadata.local_addr()),
            };
            meter.record().exchanges.push(exchange);
            Ok(response)
        })
    }
}

const LIMIT: &str = "the limit of requests is reached";

/// The scheme, host and port of a URL.
fn node_of(url: &str) -> &str {
    let authority = url.find("://").map_or(0, |at| at + "://".len());
    let rest = url.get(authority..).unwrap_or_default();
    let end = rest.find(['/', '?']).unwrap_or(rest.len());
    url.get(..authority + end).unwrap_or(url)
}

fn operation_of(target: &str) -> String {
    let name = target.split_once('.').map_or(target, |(_, name)| name);
    name.to_owned()
}

#[expect(
    clippy::disallowed_methods,
    reason = "the wall clock of this machine is what those of the nodes are compared with"
)]
fn wall_clock() -> SystemTime {
    SystemTime::now()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn node_is_the_url_without_its_path() {
        for (url, node) in [
            ("http://10.0.0.1:8000/", "http://10.0.0.1:8000"),
            ("http://[::1]:8000/localnodes?dc=a", "http://[::1]:8000"),
            ("https://db?x", "https://db"),
            ("https://db", "https://db"),
            ("", ""),
        ] {
            assert_eq!(node_of(url), node);
        }
    }

    #[test]
    fn no_more_requests_are_taken_than_are_allowed() {
        let meter = Meter::default();
        assert!(!meter.take());
        meter.allow(2);
        assert_eq!([(); 3].map(|()| meter.take()), [true, true, false]);
        meter.allow(1);
        assert!(meter.take());
        assert_eq!(meter.sent(), 3);
    }
}
