//! A page with metrics, as Prometheus scrapes it, and a scrape of it.

use crate::{Error, verify};
use alternator_lb_sdk::Alternator;
use http_body_util::BodyExt as _;
use hyper::body::Incoming;
use hyper::header::{CONTENT_TYPE, HOST, HeaderValue};
use hyper::service::service_fn;
use hyper::{Request, Response, StatusCode, client, server};
use hyper_util::rt::TokioIo;
use metrics_exporter_prometheus::{PrometheusBuilder, PrometheusHandle};
use metrics_util::MetricKindMask;
use std::convert::Infallible;
use std::io;
use std::net::SocketAddr;
use std::time::Duration;
use tokio::net::{TcpListener, TcpStream};
use tokio::task::JoinSet;

/// Metrics of nodes that have left the list end after this time: longer than the time between two scrapes, and than the
/// restart of a node.
const IDLE_TIMEOUT: Duration = Duration::from_secs(5 * 60);

/// The format of the page.
const TEXT_FORMAT: HeaderValue = HeaderValue::from_static("text/plain; version=0.0.4");

/// The path of the page.
const PATH: &str = "/metrics";

/// The page `/metrics` of a program.
#[derive(Debug)]
pub struct MetricsPage {
    address: SocketAddr,
    // Ends the page when it is dropped.
    _server: JoinSet<io::Result<()>>,
}

impl MetricsPage {
    /// Installs the recorder of the process, and serves its page at this address, as `127.0.0.1:0`.
    ///
    /// # Errors
    ///
    /// If there is a recorder already, or the address cannot be bound.
    pub async fn serve(alternator: &Alternator, address: &str) -> Result<Self, Error> {
        let recorder = PrometheusBuilder::new()
            .with_recommended_naming(true)
            .idle_timeout(MetricKindMask::ALL, Some(IDLE_TIMEOUT))
            .install_recorder()?;
        let listener = TcpListener::bind(address).await?;
        let address = listener.local_addr()?;
        let mut server = JoinSet::new();
        server.spawn(serve(listener, recorder, alternator.clone()));
        Ok(Self {
            address,
            _server: server,
        })
    }

    /// Returns the address of the page.
    #[must_use]
    pub fn address(&self) -> SocketAddr {
        self.address
    }
}

async fn serve(
    listener: TcpListener,
    recorder: PrometheusHandle,
    alternator: Alternator,
) -> io::Result<()> {
    let mut connections = JoinSet::new();
    loop {
        let (stream, _) = listener.accept().await?;
        while connections.try_join_next().is_some() {}
        let (recorder, alternator) = (recorder.clone(), alternator.clone());
        let service = service_fn(move |request| {
            let response = respond(&request, &recorder, &alternator);
            async move { Ok::<_, Infallible>(response) }
        });
        let connection = server::conn::http1::Builder::new();
        connections.spawn(connection.serve_connection(TokioIo::new(stream), service));
    }
}

fn respond(
    request: &Request<Incoming>,
    recorder: &PrometheusHandle,
    alternator: &Alternator,
) -> Response<String> {
    let mut response = Response::new(String::new());
    if request.uri().path() == PATH {
        alternator.publish_metrics(); // <- the one added line, before the page is rendered
        *response.body_mut() = recorder.render();
        response.headers_mut().insert(CONTENT_TYPE, TEXT_FORMAT);
    } else {
        *response.status_mut() = StatusCode::NOT_FOUND;
    }
    response
}

/// Scrapes a page, as Prometheus does.
///
/// # Errors
///
/// If there is no such page.
pub async fn scrape(address: SocketAddr) -> Result<String, Error> {
    let stream = TokioIo::new(TcpStream::connect(address).await?);
    let (mut sender, connection) = client::conn::http1::handshake(stream).await?;
    let mut driver = JoinSet::new();
    driver.spawn(connection);
    let request = Request::get(PATH).header(HOST, address.to_string());
    let response = sender.send_request(request.body(String::new())?).await?;
    verify(response.status().is_success(), "the page cannot be scraped")?;
    let body = response.into_body().collect().await?.to_bytes();
    Ok(String::from_utf8(body.into())?)
}
