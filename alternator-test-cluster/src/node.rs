//! The handle of a node.

use std::fmt::Display;
use std::net::{IpAddr, SocketAddr};
use std::sync::{Arc, Weak};
use std::time::Duration;

use crate::client_route::ClientRoute;
use crate::cluster_state::ClusterState;
use crate::listing::Listing;
use crate::node_state::NodeState;
use crate::server;
use crate::sync::lock;
use crate::{Counters, Fault, RawResponse, StartError};

/// One node of a cluster: its faults, its entries in `/localnodes` and its counters.
///
/// A cheap handle. It does not keep the cluster alive; when that has ended, methods that change the node do nothing.
#[derive(Clone, Debug)]
pub struct Node {
    state: Arc<NodeState>,
    cluster: Weak<ClusterState>,
}

impl Node {
    pub(crate) fn new(state: Arc<NodeState>, cluster: &Arc<ClusterState>) -> Self {
        Self {
            state,
            cluster: Arc::downgrade(cluster),
        }
    }

    /// Stops the node as a crash does: the port is closed, and open connections are closed without a response, all
    /// before this returns. Does nothing if the node is stopped.
    ///
    /// Other nodes list it as before, as they would until they notice; see [`set_listed`](Self::set_listed). Operations
    /// under way may or may not have been executed.
    pub fn stop(&self) {
        self.state.stop();
    }

    /// Starts a stopped node again, at its old address. Does nothing if the node runs.
    ///
    /// # Errors
    ///
    /// [`StartError::Removed`] or [`StartError::Ended`] if there is nothing to start any more. Outside Linux, another
    /// program may have taken the port in the meantime.
    pub fn start(&self) -> Result<(), StartError> {
        match self.cluster.upgrade() {
            Some(cluster) => self.state.start(server::starter(&cluster, &self.state)),
            None => Err(StartError::Ended),
        }
    }

    /// Stops the node, and starts it again at another free port, as a container that gets a new mapped port.
    ///
    /// # Errors
    ///
    /// As [`start`](Self::start).
    pub fn restart_at_another_port(&self) -> Result<(), StartError> {
        self.stop();
        self.state.move_to_free_port()?;
        self.start()
    }

    /// Adds a row to `system.client_routes`: the node is reached through this connection at this host, an IP address or
    /// a DNS name, and at this port.
    ///
    /// # Default
    ///
    /// There are no rows, as without PrivateLink.
    pub fn add_client_route(
        &self,
        connection_id: impl Into<String>,
        host: impl Display,
        port: u16,
    ) {
        let route = ClientRoute {
            connection_id: connection_id.into(),
            host: host.to_string(),
            port,
        };
        lock(&self.state.client_routes).push(route);
    }

    /// Removes the rows of this node from `system.client_routes`.
    pub fn clear_client_routes(&self) {
        lock(&self.state.client_routes).clear();
    }

    /// Injects a fault, which replaces the previous one.
    ///
    /// # Default
    ///
    /// A node begins without one.
    pub fn inject(&self, fault: Fault) {
        self.state.set_fault(Some(fault));
    }

    /// Removes the node's fault. Requests that wait because of it proceed.
    pub fn recover(&self) {
        self.state.set_fault(None);
    }

    /// Sets a response in place of the node's own. A fault that delays or cuts responses does the same to this one.
    pub fn set_response(&self, response: RawResponse) {
        self.state.set_response(Some(response));
    }

    /// Undoes [`set_response`](Self::set_response).
    pub fn restore_responses(&self) {
        self.state.set_response(None);
    }

    /// Shows clients this certificate chain, with its private key, from their next handshake with this node on, as a
    /// node does whose certificate has expired, or is that of another CA. Both are PEM text. Open connections stay open:
    /// [`stop`](Self::stop) and [`start`](Self::start) end them.
    ///
    /// # Default
    ///
    /// The certificate of the [cluster](crate::Builder::tls), also again after
    /// [`TestCluster::replace_certificate`](crate::TestCluster::replace_certificate).
    ///
    /// # Errors
    ///
    /// [`StartError::Tls`] for what is no PEM, or is no pair; the former certificate stays. Also on a cluster without
    /// [`Builder::tls`](crate::Builder::tls). [`StartError::Ended`] if the cluster has ended.
    #[cfg(feature = "tls")]
    pub fn replace_certificate(
        &self,
        cert_chain_pem: impl Into<Vec<u8>>,
        private_key_pem: impl Into<Vec<u8>>,
    ) -> Result<(), StartError> {
        let cluster = self.cluster.upgrade().ok_or(StartError::Ended)?;
        let identity = crate::tls::Identity::new(cert_chain_pem.into(), private_key_pem.into());
        cluster.tls()?.replace_of(&self.state, &identity)
    }

    /// Sets the clock of the node ahead, by whole seconds: the dates of its responses, and the time by which it checks
    /// signatures. Zero sets it right again.
    ///
    /// # Default
    ///
    /// The clock of this machine.
    pub fn set_clock_ahead(&self, by: Duration) {
        self.state.set_clock_offset(whole_seconds(by));
    }

    /// Sets the clock of the node back, as [`set_clock_ahead`](Self::set_clock_ahead) does in the other direction.
    pub fn set_clock_behind(&self, by: Duration) {
        self.state.set_clock_offset(-whole_seconds(by));
    }

    /// Loses the connections that are open now, as a NAT or a firewall does that has forgotten them: they stay open,
    /// and no request on them gets a response any more. New connections work.
    pub fn lose_connections(&self) {
        self.state.lose_connections();
    }

    /// Sets whether the other nodes list this one. It always lists itself.
    ///
    /// # Default
    ///
    /// Listed, whether it runs or not.
    pub fn set_listed(&self, listed: bool) {
        self.state.set_listed(listed);
    }

    /// Makes `/localnodes` of this node list itself only, as that of a node that lost contact to all others. They list
    /// it as before. With [`Builder::tokens`](crate::Builder::tokens) it reaches no replicas on other nodes, and they
    /// reach none on it.
    pub fn partition(&self) {
        self.set_listing(Listing::OnlyItself);
    }

    /// Makes `/localnodes` of this node list these entries, whatever the query, and whether or not they are addresses.
    pub fn set_localnodes_entries(&self, entries: impl IntoIterator<Item = impl Into<String>>) {
        self.set_listing(Listing::Entries(
            entries.into_iter().map(Into::into).collect(),
        ));
    }

    /// Sets the response of this node to `/localnodes`: a status and a body, which need not be JSON. A status outside
    /// 100 to 999 counts as 500.
    pub fn set_localnodes_response(&self, status: u16, body: impl Into<String>) {
        self.set_listing(Listing::Raw {
            status,
            body: body.into(),
        });
    }

    /// Undoes [`partition`](Self::partition), [`set_localnodes_entries`](Self::set_localnodes_entries) and
    /// [`set_localnodes_response`](Self::set_localnodes_response).
    pub fn restore_listing(&self) {
        self.set_listing(Listing::Cluster);
    }

    /// Keeps the internal tables of this node as they are now, as those of a node that sees changes of nodes, tables and
    /// tablets later than others. Its operations are not affected.
    ///
    /// # Default
    ///
    /// All nodes see all changes at once.
    pub fn freeze_internal_tables(&self) {
        if let Some(cluster) = self.cluster.upgrade() {
            let contents = cluster.catalog.contents().clone();
            self.state.set_frozen_contents(Some(contents));
        }
    }

    /// Undoes [`freeze_internal_tables`](Self::freeze_internal_tables): the node sees all changes.
    pub fn unfreeze_internal_tables(&self) {
        self.state.set_frozen_contents(None);
    }

    /// Resets the counters to zero, except that of open connections.
    pub fn reset_counters(&self) {
        self.state.recorder.reset();
    }

    /// Returns the counters of the node.
    pub fn counters(&self) -> Counters {
        self.state.recorder.snapshot()
    }

    /// Returns the node's fault, if it has one.
    pub fn fault(&self) -> Option<Fault> {
        self.state.fault()
    }

    /// Returns whether the node listens: it was neither stopped nor removed.
    pub fn is_running(&self) -> bool {
        self.state.is_running()
    }

    /// Returns the URL, such as `http://127.0.0.1:16000` or `http://[::1]:16000`.
    pub fn url(&self) -> String {
        self.state.url()
    }

    /// Returns the address at which the node listens, or did until it was stopped.
    pub fn address(&self) -> SocketAddr {
        self.state.address()
    }

    /// Returns the address that `/localnodes` has of the node: that at which it listens, unless
    /// [`NodeConfig::listed_address`](crate::NodeConfig::listed_address) sets another.
    pub fn listed_address(&self) -> IpAddr {
        self.state.listed_address
    }

    /// Returns the datacenter.
    pub fn datacenter(&self) -> &str {
        &self.state.datacenter
    }

    /// Returns the rack.
    pub fn rack(&self) -> &str {
        &self.state.rack
    }

    pub(crate) fn state(&self) -> &NodeState {
        &self.state
    }

    fn set_listing(&self, listing: Listing) {
        self.state.set_listing(listing);
    }
}

fn whole_seconds(duration: Duration) -> i64 {
    duration.as_secs().try_into().unwrap_or(i64::MAX)
}
