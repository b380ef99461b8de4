//! Makes requests over one pool of connections.

use super::Timer;
use super::connect::{Connect, TimeoutElapsed};
use super::error_kind::connector_error;
use crate::transport::pool_settings::PoolSettings;
use aws_smithy_async::future::timeout::Timeout;
use aws_smithy_async::rt::sleep::AsyncSleep as _;
use aws_smithy_runtime_api::client::connection::{CaptureSmithyConnection, ConnectionMetadata};
use aws_smithy_runtime_api::client::http::{HttpConnector, HttpConnectorFuture};
use aws_smithy_runtime_api::client::orchestrator::{HttpRequest, HttpResponse};
use aws_smithy_runtime_api::client::result::ConnectorError;
use aws_smithy_types::body::SdkBody;
use http::Extensions;
use hyper_util::client::legacy::Client;
use hyper_util::client::legacy::connect::{CaptureConnection, HttpInfo, capture_connection};
use hyper_util::rt::{TokioExecutor, TokioTimer};
use rustls::ClientConfig;
use std::sync::Arc;
use std::time::Duration;

/// A pool of connections.
#[derive(Debug)]
pub(super) struct Connector {
    client: Client<Connect, SdkBody>,
    read_timer: Timer,
}

impl Connector {
    pub(super) fn new(tls: Arc<ClientConfig>, settings: &PoolSettings) -> Self {
        let timer = |timeout: Option<Duration>| settings.sleep.clone().zip(timeout);
        let mut builder = Client::builder(TokioExecutor::new());
        // Without a timer, idle connections would stay for ever.
        builder
            .pool_timer(TokioTimer::new())
            .pool_idle_timeout(settings.idle_timeout);
        Self {
            client: builder.build(Connect::new(tls, timer(settings.timeouts.connect))),
            read_timer: timer(settings.timeouts.read),
        }
    }
}

impl HttpConnector for Connector {
    fn call(&self, request: HttpRequest) -> HttpConnectorFuture {
        let mut request = match request.try_into_http1x() {
            Ok(request) => request,
            Err(error) => {
                return HttpConnectorFuture::ready(Err(ConnectorError::user(error.into())));
            }
        };
        let connection = capture_connection(&mut request);
        if let Some(capture) = request.extensions().get::<CaptureSmithyConnection>() {
            capture.set_connection_retriever(move || metadata(&connection));
        }
        let timer = self.read_timer.as_ref();
        let timer = timer.map(|(sleep, duration)| (sleep.sleep(*duration), *duration));
        let response = self.client.request(request);
        HttpConnectorFuture::new(async move {
            let response = match timer {
                None => response.await,
                Some((elapsed, duration)) => match Timeout::new(response, elapsed).await {
                    Ok(response) => response,
                    Err(_) => {
                        let elapsed = TimeoutElapsed::new("read", duration);
                        return Err(ConnectorError::timeout(elapsed.into()));
                    }
                },
            };
            let response = response.map_err(|error| connector_error(error.into()))?;
            HttpResponse::try_from(response.map(SdkBody::from_body_1_x))
                .map_err(|error| ConnectorError::other(error.into(), None))
        })
    }
}

/// Returns the connection of a request as the SDK sees it, once there is one.
fn metadata(connection: &CaptureConnection) -> Option<ConnectionMetadata> {
    let of_request = connection.clone();
    let current = connection.connection_metadata();
    let connected = current.as_ref()?;
    let mut extras = Extensions::new();
    connected.get_extras(&mut extras);
    let info = extras.get::<HttpInfo>();
    let mut builder = ConnectionMetadata::builder()
        .proxied(connected.is_proxied())
        .poison_fn(move || {
            if let Some(connected) = of_request.connection_metadata().as_ref() {
                connected.poison();
            }
        });
    builder
        .set_local_addr(info.map(HttpInfo::local_addr))
        .set_remote_addr(info.map(HttpInfo::remote_addr));
    Some(builder.build())
}
