//! What a node of the cluster is to be.

use std::fmt::Display;
use std::net::IpAddr;

use crate::StartError;

/// Where a node stands: its datacenter, rack and address.
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
}

impl NodeConfig {
    /// Describes a node in datacenter `dc1` and rack `r1`, at an address that the cluster chooses.
    pub fn new() -> Self {
        Self {
            datacenter: "dc1".to_owned(),
            rack: "r1".to_owned(),
            address: None,
            internal_address: None,
        }
    }

    /// Sets the datacenter, which `/localnodes?dc=` selects by.
    ///
    /// # Default
    ///
    /// `dc1`.
    #[must_use]
    pub fn datacenter(mut self, name: impl Into<String>) -> Self {
        self.datacenter = name.into();
        self
    }

    /// Sets the rack, which `/localnodes?rack=` selects by.
    ///
    /// # Default
    ///
    /// `r1`.
    #[must_use]
    pub fn rack(mut self, name: impl Into<String>) -> Self {
        self.rack = name.into();
        self
    }

    /// Sets the IP address, as text or as [`IpAddr`]. Must be one of this machine; `::1` gives the node an IPv6 address.
    /// What is not an address is an error when the node starts.
    ///
    /// # Default
    ///
    /// The next address out of 127.0.0.1, 127.0.0.2, 127.0.0.3 … that no node of the cluster ever had.
    #[must_use]
    pub fn address(mut self, address: impl Display) -> Self {
        self.address = Some(address.to_string());
        self
    }

    /// Sets the address by which the internal tables name the node, as where nodes talk to each other over a network of
    /// their own. `/localnodes` and the column `rpc_address` go on to name the other. Nothing listens there.
    ///
    /// # Default
    ///
    /// The one that clients use.
    #[must_use]
    pub fn internal_address(mut self, address: impl Into<IpAddr>) -> Self {
        self.internal_address = Some(address.into());
        self
    }

    /// Takes the description apart, if it is a valid one.
    pub(crate) fn resolve(self) -> Result<Place, StartError> {
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
        Ok(Place {
            datacenter: self.datacenter,
            rack: self.rack,
            address,
            internal_address: self.internal_address,
        })
    }
}

impl Default for NodeConfig {
    fn default() -> Self {
        Self::new()
    }
}

/// A [`NodeConfig`] that was found valid.
#[derive(Debug)]
pub(crate) struct Place {
    pub(crate) datacenter: String,
    pub(crate) rack: String,
    pub(crate) address: Option<IpAddr>,
    pub(crate) internal_address: Option<IpAddr>,
}
