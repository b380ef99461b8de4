//! An HTTP client with a pool of connections for each node, which is closed when its node leaves the list.
//!
//! The SDK's HTTP client has one pool for all addresses, closes nothing but what has been idle for 90 s, and cannot be
//! told of a node that has left. A shorter idle timeout would close the connections of the nodes that stay, too, and an
//! application with few requests would open a connection for each. So every listed node has an HTTP connector of the
//! SDK's to itself, and the pool goes with it.
//!
//! Addresses that are not listed (a seed that is no node, a node that has left while a request was on its way to it)
//! share one connector, with a short idle timeout, so that there are no more pools than nodes.

use super::connectors::Connectors;
use super::listed_nodes::ListedNodes;
use super::origin::origin;
use super::pool_settings::{IDLE_TIMEOUT, PoolSettings, Timeouts, UNLISTED_IDLE_TIMEOUT};
use arc_swap::ArcSwap;
use aws_smithy_async::rt::sleep::default_async_sleep;
use aws_smithy_runtime_api::box_error::BoxError;
use aws_smithy_runtime_api::client::connector_metadata::ConnectorMetadata;
use aws_smithy_runtime_api::client::http::{
    HttpClient, HttpConnector, HttpConnectorFuture, HttpConnectorSettings, SharedHttpClient,
    SharedHttpConnector,
};
use aws_smithy_runtime_api::client::orchestrator::HttpRequest;
use aws_smithy_runtime_api::client::runtime_components::{
    RuntimeComponents, RuntimeComponentsBuilder,
};
use aws_smithy_types::config_bag::ConfigBag;
use std::borrow::Cow;
use std::collections::HashMap;
use std::fmt;
use std::sync::{Arc, Mutex, PoisonError};

/// The HTTP client.
#[derive(Debug)]
pub(crate) struct NodePools {
    pools: Arc<Pools>,
}

/// Marks the request of discovery to a node that may be listed next: it has a pool of its own until the end of the
/// refresh, and then if it is listed. So the connection of the probe serves the first request.
#[derive(Clone, Copy, Debug)]
pub(crate) struct ProbedNode;

/// Makes the connector of a node, or without one that of all other addresses.
pub(crate) type MakeConnector =
    Box<dyn Fn(Option<&str>, &PoolSettings) -> SharedHttpConnector + Send + Sync>;

impl NodePools {
    /// Returns the HTTP client of a cluster with these nodes.
    pub(crate) fn http_client(
        listed: &Arc<ListedNodes>,
        make: impl Fn(Option<&str>, &PoolSettings) -> SharedHttpConnector + Send + Sync + 'static,
    ) -> SharedHttpClient {
        let pools = Arc::new(Pools {
            of_nodes: ArcSwap::default(),
            of_others: Connectors::default(),
            adding: Mutex::new(()),
            listed: Arc::clone(listed),
            make: Box::new(make),
        });
        listed.register(&pools);
        SharedHttpClient::new(Self { pools })
    }
}

impl HttpClient for NodePools {
    fn http_connector(
        &self,
        settings: &HttpConnectorSettings,
        components: &RuntimeComponents,
    ) -> SharedHttpConnector {
        SharedHttpConnector::new(Connector {
            pools: Arc::clone(&self.pools),
            settings: PoolSettings {
                timeouts: Timeouts::from(settings),
                sleep: components.sleep_impl().or_else(default_async_sleep),
                idle_timeout: IDLE_TIMEOUT,
            },
        })
    }

    /// Loads the certificates of the system before the first request, as the SDK's HTTP client does, if they are
    /// needed.
    fn validate_base_client_config(
        &self,
        _: &RuntimeComponentsBuilder,
        _: &ConfigBag,
    ) -> Result<(), BoxError> {
        if self.pools.listed.may_use_tls() {
            let settings = PoolSettings {
                timeouts: Timeouts {
                    connect: None,
                    read: None,
                },
                sleep: None,
                idle_timeout: IDLE_TIMEOUT,
            };
            drop((self.pools.make)(None, &settings));
        }
        Ok(())
    }

    fn connector_metadata(&self) -> Option<ConnectorMetadata> {
        Some(ConnectorMetadata::new("hyper", Some(Cow::Borrowed("1.x"))))
    }
}

/// The pools of an HTTP client.
pub(crate) struct Pools {
    /// By the scheme and authority of their requests. Read by every request, so that this takes no lock.
    of_nodes: ArcSwap<HashMap<Box<str>, Arc<Connectors>>>,
    of_others: Connectors,
    /// Held while nodes are added or removed.
    adding: Mutex<()>,
    listed: Arc<ListedNodes>,
    make: MakeConnector,
}

impl Pools {
    /// Closes the pools of nodes that are not listed any more. A request that has begun keeps its connection to its
    /// end.
    pub(super) fn retain_listed(&self) {
        let _adding = self.adding.lock().unwrap_or_else(PoisonError::into_inner);
        let nodes = self.of_nodes.load();
        let mut listed = HashMap::clone(&nodes);
        listed.retain(|origin, _| self.listed.contains(origin));
        if listed.len() < nodes.len() {
            self.of_nodes.store(Arc::new(listed));
        }
    }

    fn connector(
        &self,
        origin: &str,
        is_probed: bool,
        settings: &PoolSettings,
    ) -> SharedHttpConnector {
        let of_node = |connectors: &Connectors| {
            connectors.get_or_add(settings.timeouts, || (self.make)(Some(origin), settings))
        };
        if let Some(connectors) = self.of_nodes.load().get(origin) {
            return of_node(connectors);
        }
        if let Some(connectors) = self.add(origin, is_probed) {
            return of_node(&connectors);
        }
        let settings = PoolSettings {
            idle_timeout: UNLISTED_IDLE_TIMEOUT,
            ..settings.clone()
        };
        let of_others = &self.of_others;
        of_others.get_or_add(settings.timeouts, || (self.make)(None, &settings))
    }

    /// Adds a node that is listed, or is about to be.
    fn add(&self, origin: &str, is_probed: bool) -> Option<Arc<Connectors>> {
        let is_node = || is_probed || self.listed.contains(origin);
        if !is_node() {
            return None;
        }
        let _adding = self.adding.lock().unwrap_or_else(PoisonError::into_inner);
        // Again, since the list may have been replaced: from here on that waits for the lock.
        if !is_node() {
            return None;
        }
        let nodes = self.of_nodes.load();
        if let Some(known) = nodes.get(origin) {
            return Some(Arc::clone(known));
        }
        let connectors = Arc::<Connectors>::default();
        let mut nodes = HashMap::clone(&nodes);
        nodes.insert(origin.into(), Arc::clone(&connectors));
        self.of_nodes.store(Arc::new(nodes));
        Some(connectors)
    }
}

impl fmt::Debug for Pools {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Pools")
            .field("nodes", &self.of_nodes.load().len())
            .finish_non_exhaustive()
    }
}

/// Sends each request over the pool of its node.
#[derive(Debug)]
struct Connector {
    pools: Arc<Pools>,
    settings: PoolSettings,
}

impl HttpConnector for Connector {
    fn call(&self, request: HttpRequest) -> HttpConnectorFuture {
        let is_probed = request.extension::<ProbedNode>().is_some();
        let origin = origin(request.uri());
        let connector = self.pools.connector(origin, is_probed, &self.settings);
        connector.call(request)
    }
}

#[cfg(test)]
mod tests;
