//! Routes that the cluster itself names, as for PrivateLink.

use super::address_translator::{AddressTranslator, Network, TranslationFuture, UntranslatedNode};
use super::staggered_race::staggered_race;
use super::translations::TRANSLATION_TIMEOUT;
use crate::topology::Scheme;
use std::collections::HashMap;
use std::error::Error;
use std::net::{IpAddr, Ipv6Addr};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;
use tokio::sync::OnceCell;
use tokio::time::Instant;

/// Reads where nodes can be reached from the cluster's own table `system.client_routes`: the [`AddressTranslator`] for
/// PrivateLink.
///
/// From 2026.1 on, a cluster behind PrivateLink has a row there for each connection (the endpoint of a client's
/// network) and each node: the address and ports of the node as seen through that connection. The table is read through
/// a seed, which is written as this host reaches it, and later through the nodes that were found. Where a node has a
/// route by several of the connections, the first one counts.
///
/// The table may be empty, or the server older: then nothing is to be translated, and nodes are at the addresses that
/// `/localnodes` lists, at the port of the first seed. So the same settings fit inside and outside of the network of
/// the cluster. Once the table has rows, a node without a route by one of these connections has no URL.
///
/// # Permissions
///
/// Where authorization is enforced, the table is read with the credentials of a client in which the plugin is
/// installed, from its first operation on. Until then no node has a URL, and the seeds serve. A client that is made of a
/// balanced `SdkConfig` alone lends no credentials. The role needs `SELECT` on `system.client_routes`, `system.local` and
/// `system.peers`.
///
/// # Cost
///
/// Three small queries to one node, when a node is new, does not respond, or lacks a route; at most once a second.
///
/// ```
/// # use alternator_lb_core::discovery::ClientRoutes;
/// let routes = ClientRoutes::new(["6f5bb7d0-0a7c-4f0c-9a3e-0d4f6d3c3d52"]);
/// # drop(routes);
/// ```
#[derive(Debug)]
pub struct ClientRoutes {
    connection_ids: Vec<String>,
    /// Nodes that are translated together share one reading.
    last: Mutex<Option<Arc<Reading>>>,
}

/// A reading of the table. No lock is held while it lasts: the caller that reads may be one that is no longer polled.
#[derive(Debug)]
struct Reading {
    began: Instant,
    routes: OnceCell<RoutesResult>,
}

/// The routes, or why they could not be read.
type RoutesResult = Result<Arc<RouteTable>, Arc<str>>;

/// The rows of `system.client_routes`, by the addresses under which the cluster lists the nodes.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct RouteTable {
    /// True if the table has any row.
    pub is_filled: bool,
    /// The routes by the wanted connections.
    pub routes: HashMap<IpAddr, ClientRoute>,
}

/// One row.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ClientRoute {
    /// The address: an IP address or a DNS name.
    pub host: String,
    /// The port of Alternator over HTTP.
    pub http_port: Option<u16>,
    /// The port of Alternator over HTTPS.
    pub https_port: Option<u16>,
}

/// The time for which a reading counts, from its beginning: as long as the shortest pause between two translations of an
/// address.
const READING_AGE: Duration = Duration::from_secs(1);

impl ClientRoutes {
    /// Takes the routes by these connections, the most wanted first.
    pub fn new(connection_ids: impl IntoIterator<Item = impl Into<String>>) -> Self {
        Self {
            connection_ids: connection_ids.into_iter().map(Into::into).collect(),
            last: Mutex::default(),
        }
    }

    /// Returns the routes, read or being read by any caller just now.
    async fn routes(&self, network: Network<'_>) -> RoutesResult {
        let reading = self.current();
        let routes = reading.routes.get_or_init(|| self.read(network));
        routes.await.clone()
    }

    /// Returns the last reading as long as it counts, or the next.
    fn current(&self) -> Arc<Reading> {
        // Nothing that holds the lock can panic.
        let mut last = self.last.lock().unwrap_or_else(PoisonError::into_inner);
        let current = last.as_ref().filter(|reading| reading.counts());
        let current = current.cloned().unwrap_or_else(Reading::begin);
        *last = Some(Arc::clone(&current));
        current
    }

    async fn read(&self, network: Network<'_>) -> RoutesResult {
        let nodes = network.nodes.iter();
        let readings: Vec<_> = nodes
            .map(|node| network.client.client_routes(node, &self.connection_ids))
            .collect();
        let routes = staggered_race(readings).await;
        routes.map(Arc::new).map_err(|failures| {
            let failures = failures.iter().map(ToString::to_string);
            failures.collect::<Vec<_>>().join("; ").into()
        })
    }

    /// Returns the URL of a node.
    async fn url(
        &self,
        node: &UntranslatedNode<'_>,
    ) -> Result<String, Box<dyn Error + Send + Sync>> {
        let table = self.routes(node.network).await;
        let table = table
            .map_err(|failures| format!("`system.client_routes` cannot be read: {failures}"))?;
        if !table.is_filled {
            return Ok(node.url().to_owned());
        }
        let Some(route) = table.routes.get(&node.address()) else {
            let connections = self.connection_ids.join(", ");
            return Err(format!(
                "`system.client_routes` has no route to it by the connection {connections}"
            )
            .into());
        };
        route.url(node.scheme())
    }
}

impl Reading {
    fn begin() -> Arc<Self> {
        Arc::new(Self {
            began: Instant::now(),
            routes: OnceCell::new(),
        })
    }

    /// Returns whether the reading is recent, or may still end. A caller is dropped after the time of a translation,
    /// unless it is no longer polled.
    fn counts(&self) -> bool {
        let age = self.began.elapsed();
        match self.routes.initialized() {
            true => age < READING_AGE,
            false => age < TRANSLATION_TIMEOUT,
        }
    }
}

impl AddressTranslator for ClientRoutes {
    fn translate_address<'a>(&'a self, node: &'a UntranslatedNode<'a>) -> TranslationFuture<'a> {
        Box::pin(self.url(node))
    }
}

impl ClientRoute {
    fn url(&self, scheme: Scheme) -> Result<String, Box<dyn Error + Send + Sync>> {
        let (port, column) = match scheme {
            Scheme::Http => (self.http_port, "alternator_port"),
            Scheme::Https => (self.https_port, "alternator_https_port"),
        };
        let port = port.ok_or_else(|| {
            format!("its route in `system.client_routes` has no `{column}`, the port of the seeds' scheme")
        })?;
        Ok(match self.host.parse::<Ipv6Addr>() {
            Ok(ip) => format!("{scheme}://[{ip}]:{port}"),
            Err(_) => format!("{scheme}://{}:{port}", self.host),
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::discovery::simulated_network::{SimulatedNetwork, urls};
    use crate::topology::NodeUrl;
    use futures_util::future::join_all;
    use tokio::time::timeout;

    fn route(host: &str) -> ClientRoute {
        ClientRoute {
            host: host.to_owned(),
            http_port: Some(9_001),
            https_port: None,
        }
    }

    #[test]
    fn url_has_the_port_of_the_scheme() {
        let url = |host: &str| route(host).url(Scheme::Http).unwrap();
        assert_eq!(url("10.0.0.1"), "http://10.0.0.1:9001");
        assert_eq!(url("node.example"), "http://node.example:9001");
        assert_eq!(url("fd00::1"), "http://[fd00::1]:9001");
        let error = route("10.0.0.1").url(Scheme::Https).unwrap_err();
        assert!(
            error.to_string().contains("alternator_https_port"),
            "{error}"
        );
        let both = ClientRoute {
            https_port: Some(9_043),
            ..route("node.example")
        };
        let url = both.url(Scheme::Https).unwrap();
        assert_eq!(url, "https://node.example:9043");
    }

    fn network<'a>(client: &'a SimulatedNetwork, nodes: &'a [NodeUrl]) -> Network<'a> {
        Network { client, nodes }
    }

    #[tokio::test(start_paused = true)]
    async fn nodes_that_are_translated_together_share_one_reading() {
        let (simulated, nodes) = (SimulatedNetwork::default(), urls(&[1]));
        simulated.raw(1, "").slow(1, Duration::from_millis(1500));
        let network = network(&simulated, &nodes);
        let routes = ClientRoutes::new(["connection"]);
        let results = join_all((0..10).map(|_| routes.routes(network))).await;
        assert!(results.iter().all(Result::is_ok));
        assert_eq!(simulated.take_queries().len(), 1);

        simulated.slow(1, Duration::ZERO);
        routes.routes(network).await.unwrap();
        assert_eq!(simulated.take_queries().len(), 1, "the first is too old");
        routes.routes(network).await.unwrap();
        assert_eq!(simulated.take_queries().len(), 0);
    }

    #[tokio::test(start_paused = true)]
    async fn reading_that_is_no_longer_polled_does_not_stop_the_next() {
        let (simulated, nodes) = (SimulatedNetwork::default(), urls(&[1]));
        simulated.unresponsive(1);
        let network = network(&simulated, &nodes);
        let routes = ClientRoutes::new(["connection"]);
        let mut stuck = Box::pin(routes.routes(network));
        assert!(timeout(Duration::from_millis(1), &mut stuck).await.is_err());
        assert_eq!(simulated.take_queries().len(), 1, "it reads");

        simulated.raw(1, "");
        tokio::time::advance(TRANSLATION_TIMEOUT).await;
        let next = timeout(TRANSLATION_TIMEOUT, routes.routes(network)).await;
        next.expect("it ends").unwrap();
        drop(stuck);
    }
}
