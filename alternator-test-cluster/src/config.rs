//! Configuration of the nodes of a cluster.

use std::fmt::Display;
use std::net::IpAddr;

use crate::StartError;

/// The configuration of a node: its datacenter, rack and addresses.
///
/// ```
/// use alternator_test_cluster::NodeConfig;
///
/// let node = NodeConfig::new().datacenter("dc2").rack("r1").address("127.0.0.9");
/// # drop(node);
/// ```
#[derive(Clone, Debug)]
pub struct NodeConfig {
    datacenter: String,
    rack: String,
    address: Option<String>,
    internal_address: Option<IpAddr>,
    listed_address: Option<IpAddr>,
    has_own_port: bool,
    shards: usize,
}

impl NodeConfig {
    /// Creates the configuration of a node in datacenter `dc1` and rack `r1`, at an address that the cluster chooses.
    pub fn new() -> Self {
        Self {
            datacenter: "dc1".to_owned(),
            rack: "r1".to_owned(),
            address: None,
            internal_address: None,
            listed_address: None,
            has_own_port: false,
            shards: 1,
        }
    }

    /// Sets the datacenter, by which `/localnodes?dc=` selects nodes.
    ///
    /// # Default
    ///
    /// `dc1`.
    #[must_use]
    pub fn datacenter(mut self, name: impl Into<String>) -> Self {
        self.datacenter = name.into();
        self
    }

    /// Sets the rack, by which `/localnodes?rack=` selects nodes.
    ///
    /// # Default
    ///
    /// `r1`.
    #[must_use]
    pub fn rack(mut self, name: impl Into<String>) -> Self {
        self.rack = name.into();
        self
    }

    /// Sets the IP address, as text or as [`IpAddr`]. It must be an address of this machine; `::1` gives the node an
    /// IPv6 address. An invalid address is reported when the node starts.
    ///
    /// # Default
    ///
    /// The next address out of 127.0.0.1, 127.0.0.2, 127.0.0.3 … that no node of the cluster has used.
    #[must_use]
    pub fn address(mut self, address: impl Display) -> Self {
        self.address = Some(address.to_string());
        self
    }

    /// Sets the node's address in the internal tables, as in a cluster whose nodes communicate over a separate network.
    /// `/localnodes` and the column `rpc_address` still contain the address for clients. Nothing listens on the
    /// internal address.
    ///
    /// # Default
    ///
    /// The address for clients.
    #[must_use]
    pub fn internal_address(mut self, address: impl Into<IpAddr>) -> Self {
        self.internal_address = Some(address.into());
        self
    }

    /// Sets the address that `/localnodes` and the column `rpc_address` contain, as that of a container behind a mapped
    /// port, or of a node behind address translation. Nothing listens there.
    ///
    /// # Default
    ///
    /// The address at which the node listens.
    #[must_use]
    pub fn listed_address(mut self, address: impl Into<IpAddr>) -> Self {
        self.listed_address = Some(address.into());
        self
    }

    /// Gives the node a free port of its own, as a container with a mapped port has. Its [`address`](Self::address) may
    /// be that of other such nodes.
    ///
    /// # Default
    ///
    /// The port of the cluster.
    #[must_use]
    pub fn own_port(mut self) -> Self {
        self.has_own_port = true;
        self
    }

    /// Sets the number of shards. A connection is served by one of them, that with the fewest connections when it was
    /// made, which the internal table `system.clients` shows while an operation is under way.
    ///
    /// # Default
    ///
    /// One. Zero counts as one.
    #[must_use]
    pub fn shards(mut self, count: usize) -> Self {
        self.shards = count.max(1);
        self
    }

    /// Validates the names and parses the address.
    pub(crate) fn validate(self) -> Result<ValidNodeConfig, StartError> {
        if self.datacenter.is_empty() {
            return Err(StartError::EmptyName { what: "datacenter" });
        }
        if self.rack.is_empty() {
            return Err(StartError::EmptyName { what: "rack" });
        }
        let address = match self.address {
            None => None,
            Some(value) => match value.parse() {
                Ok(address) => Some(address),
                Err(source) => return Err(StartError::InvalidAddress { value, source }),
            },
        };
        Ok(ValidNodeConfig {
            datacenter: self.datacenter,
            rack: self.rack,
            address,
            internal_address: self.internal_address,
            listed_address: self.listed_address,
            has_own_port: self.has_own_port,
            shards: self.shards,
        })
    }
}

impl Default for NodeConfig {
    fn default() -> Self {
        Self::new()
    }
}

/// A validated [`NodeConfig`], with the address parsed.
#[derive(Debug)]
pub(crate) struct ValidNodeConfig {
    pub(crate) datacenter: String,
    pub(crate) rack: String,
    pub(crate) address: Option<IpAddr>,
    pub(crate) internal_address: Option<IpAddr>,
    pub(crate) listed_address: Option<IpAddr>,
    pub(crate) has_own_port: bool,
    pub(crate) shards: usize,
}
