//! Opens connections.

use super::Timer;
use aws_smithy_async::future::timeout::Timeout;
use aws_smithy_async::rt::sleep::AsyncSleep as _;
use aws_smithy_runtime_api::box_error::BoxError;
use http::Uri;
use hyper_rustls::{HttpsConnector, MaybeHttpsStream};
use hyper_util::client::legacy::connect::HttpConnector;
use hyper_util::rt::TokioIo;
use rustls::ClientConfig;
use std::fmt;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll};
use std::time::Duration;
use tokio::net::TcpStream;
use tower_service::Service;

/// Opens a connection with TLS, within the connect timeout.
#[derive(Clone)]
pub(super) struct Connect {
    https: HttpsConnector<HttpConnector>,
    timer: Timer,
}

/// The time without data after which the kernel probes a connection. Firewalls and address translation forget a silent
/// connection after minutes, load balancers after 60 s.
const KEEPALIVE_TIME: Duration = Duration::from_secs(15);

const KEEPALIVE_INTERVAL: Duration = Duration::from_secs(5);

/// With the others, a connection to a host that has vanished ends within 30 s of its last packet.
const KEEPALIVE_RETRIES: u32 = 3;

impl Connect {
    pub(super) fn new(tls: Arc<ClientConfig>, timer: Timer) -> Self {
        let mut tcp = HttpConnector::new();
        tcp.enforce_http(false);
        // A request in two packets would wait for the acknowledgement of the first, which servers delay.
        tcp.set_nodelay(true);
        tcp.set_keepalive(Some(KEEPALIVE_TIME));
        tcp.set_keepalive_interval(Some(KEEPALIVE_INTERVAL));
        tcp.set_keepalive_retries(Some(KEEPALIVE_RETRIES));
        Self {
            https: HttpsConnector::from((tcp, tls)),
            timer,
        }
    }
}

impl Service<Uri> for Connect {
    type Response = MaybeHttpsStream<TokioIo<TcpStream>>;
    type Error = BoxError;
    type Future = Pin<Box<dyn Future<Output = Result<Self::Response, BoxError>> + Send>>;

    fn poll_ready(&mut self, context: &mut Context<'_>) -> Poll<Result<(), BoxError>> {
        self.https.poll_ready(context)
    }

    fn call(&mut self, uri: Uri) -> Self::Future {
        let connecting = self.https.call(uri);
        match &self.timer {
            None => connecting,
            Some((sleep, duration)) => {
                let (duration, elapsed) = (*duration, sleep.sleep(*duration));
                Box::pin(async move {
                    let connected = Timeout::new(connecting, elapsed).await;
                    connected
                        .unwrap_or_else(|_| Err(TimeoutElapsed::new("connect", duration).into()))
                })
            }
        }
    }
}

/// A connect or read timeout of the application has elapsed.
#[derive(Debug, thiserror::Error)]
#[error("HTTP {timeout} timeout occurred after {duration:?}")]
pub(super) struct TimeoutElapsed {
    timeout: &'static str,
    duration: Duration,
}

impl TimeoutElapsed {
    pub(super) fn new(timeout: &'static str, duration: Duration) -> Self {
        Self { timeout, duration }
    }
}

impl fmt::Debug for Connect {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Connect").finish_non_exhaustive()
    }
}
