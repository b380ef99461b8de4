//! An HTTP client with client certificates: hyper's, over `rustls`, in the versions that the SDK's is made of.
//!
//! It behaves as the SDK's own in everything that the SDK and this plugin rely on: a pool of connections for each pair
//! of connect and read timeouts, the protocols that it offers, the kinds of errors, the connection of a request that it
//! shows (`CaptureSmithyConnection`) and lets the SDK close. It lacks proxies. In contrast to the SDK's, all of its
//! pools share their TLS sessions, so that a probe on a connection of its own costs no full handshake either.

mod config;
mod connect;
mod connector;
mod error_kind;
mod server_verifier;

pub(super) use config::client_config;

use arc_swap::ArcSwap;
use aws_smithy_async::rt::sleep::{SharedAsyncSleep, default_async_sleep};
use aws_smithy_runtime_api::client::connector_metadata::ConnectorMetadata;
use aws_smithy_runtime_api::client::http::{
    HttpClient, HttpConnectorSettings, SharedHttpConnector,
};
use aws_smithy_runtime_api::client::runtime_components::RuntimeComponents;
use connector::Connector;
use rustls::ClientConfig;
use std::borrow::Cow;
use std::fmt;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

/// The HTTP client.
pub(super) struct OwnHttpClient {
    tls: Arc<ClientConfig>,
    /// One for each pair of timeouts, of which there are few. Read by every request, so that this takes no lock.
    connectors: ArcSwap<Vec<(Timeouts, SharedHttpConnector)>>,
    /// Held while a connector is added.
    adding: Mutex<()>,
}

/// The timeouts that requests over the same pool of connections have.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Timeouts {
    connect: Option<Duration>,
    read: Option<Duration>,
}

/// A timeout, and the timer that it takes.
type Timer = Option<(SharedAsyncSleep, Duration)>;

impl OwnHttpClient {
    pub(super) fn new(tls: ClientConfig) -> Self {
        Self {
            tls: Arc::new(tls),
            connectors: ArcSwap::default(),
            adding: Mutex::new(()),
        }
    }

    fn known(&self, timeouts: Timeouts) -> Option<SharedHttpConnector> {
        let connectors = self.connectors.load();
        let known = connectors.iter().find(|(of, _)| *of == timeouts);
        known.map(|(_, connector)| connector.clone())
    }

    fn add(&self, timeouts: Timeouts, components: &RuntimeComponents) -> SharedHttpConnector {
        // Nothing that holds the lock can panic.
        let _adding = self.adding.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(known) = self.known(timeouts) {
            return known;
        }
        let sleep = components.sleep_impl().or_else(default_async_sleep);
        let timer = |timeout: Option<Duration>| sleep.clone().zip(timeout);
        let tls = Arc::clone(&self.tls);
        let connector = Connector::new(tls, timer(timeouts.connect), timer(timeouts.read));
        let connector = SharedHttpConnector::new(connector);
        let mut connectors = Vec::clone(&self.connectors.load());
        connectors.push((timeouts, connector.clone()));
        self.connectors.store(Arc::new(connectors));
        connector
    }
}

impl HttpClient for OwnHttpClient {
    fn http_connector(
        &self,
        settings: &HttpConnectorSettings,
        components: &RuntimeComponents,
    ) -> SharedHttpConnector {
        let timeouts = Timeouts {
            connect: settings.connect_timeout(),
            read: settings.read_timeout(),
        };
        let known = self.known(timeouts);
        known.unwrap_or_else(|| self.add(timeouts, components))
    }

    fn connector_metadata(&self) -> Option<ConnectorMetadata> {
        Some(ConnectorMetadata::new("hyper", Some(Cow::Borrowed("1.x"))))
    }
}

/// Without the TLS settings, of which a key is one.
impl fmt::Debug for OwnHttpClient {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("OwnHttpClient").finish_non_exhaustive()
    }
}
