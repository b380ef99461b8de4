//! The addresses that nodes may have.

use crate::topology::NodeUrl;
use ipnet::IpNet;
use std::net::IpAddr;

/// Networks in which the nodes are.
///
/// Without any, lists of nodes may name every address but those that only lead to the own host or link, where the
/// metadata services of clouds are (169.254.0.0/16, fe80::/10), and those that are no host's: unspecified, broadcast
/// and multicast ones.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct AllowedAddresses(Option<Box<[IpNet]>>);

/// The reason why networks are invalid.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum NetworkError {
    /// There is none.
    Missing,
    /// This text is neither a network nor an address.
    Unparsable(String),
}

impl AllowedAddresses {
    /// Parses networks such as `10.0.0.0/8`, and single addresses.
    ///
    /// # Errors
    /// The first text that is neither, or none at all.
    pub fn in_networks(networks: &[String]) -> Result<Self, NetworkError> {
        let parsed: Result<Box<[IpNet]>, _> = networks.iter().map(|text| parse(text)).collect();
        match parsed? {
            networks if networks.is_empty() => Err(NetworkError::Missing),
            networks => Ok(Self(Some(networks))),
        }
    }

    /// Returns whether there are networks.
    pub(super) fn are_limited(&self) -> bool {
        self.0.is_some()
    }

    /// Returns whether a list of nodes may name this address.
    pub(super) fn allows_node(&self, address: IpAddr) -> bool {
        match self.0 {
            Some(_) => self.allows_seed(address),
            None => is_host(address) && !is_link_local(address),
        }
    }

    /// Returns whether a seed may have this address. The application names the seeds, so they may be on the own link.
    pub fn allows_seed(&self, address: IpAddr) -> bool {
        let networks = self.0.as_deref();
        is_host(address)
            && networks.is_none_or(|networks| networks.iter().any(|each| each.contains(&address)))
    }
}

/// Parses a network or an address. The address is parsed as anywhere else: with leading zeros, which some programs take
/// for octal numbers, it is refused.
fn parse(text: &str) -> Result<IpNet, NetworkError> {
    let network = || {
        let (address, length) = match text.trim().split_once('/') {
            Some((address, length)) => (address, Some(length.parse().ok()?)),
            None => (text.trim(), None),
        };
        let address: IpAddr = address.parse().ok()?;
        let canonical = address.to_canonical();
        match length {
            None => Some(canonical.into()),
            // A network of mapped addresses is one of IPv4, unless there are others in it.
            Some(length) if address != canonical && length >= MAPPED => {
                IpNet::new(canonical, length - MAPPED).ok()
            }
            Some(length) => IpNet::new(address, length).ok(),
        }
    };
    network().ok_or_else(|| NetworkError::Unparsable(text.trim().to_owned()))
}

/// The length of the prefix that all IPv4 addresses have which are mapped to IPv6.
const MAPPED: u8 = 96;

/// Returns whether an address can be that of a host: `0.0.0.0`, a common mistake in `scylla.yaml`, leads to this one.
pub(super) fn is_host(address: IpAddr) -> bool {
    let is_broadcast = matches!(address, IpAddr::V4(ip) if ip.is_broadcast());
    !address.is_unspecified() && !address.is_multicast() && !is_broadcast
}

/// Returns whether an address that this node lists is a mistake in its configuration: a loopback address that another
/// host lists, which would lead to this one.
pub(super) fn leads_to_own_host(listed: IpAddr, listed_by: &NodeUrl) -> bool {
    let is_remote = listed_by.ip().is_some_and(|ip| !ip.is_loopback());
    is_remote && listed.is_loopback()
}

fn is_link_local(address: IpAddr) -> bool {
    match address {
        IpAddr::V4(ip) => ip.is_link_local(),
        IpAddr::V6(ip) => ip.is_unicast_link_local(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn in_networks(networks: &[&str]) -> Result<AllowedAddresses, NetworkError> {
        let networks: Vec<_> = networks.iter().map(|&network| network.to_owned()).collect();
        AllowedAddresses::in_networks(&networks)
    }

    fn address(text: &str) -> IpAddr {
        text.parse().unwrap()
    }

    #[test]
    fn addresses_of_the_link_and_of_no_host_are_refused_by_default() {
        let allowed = AllowedAddresses::default();
        for refused in [
            "169.254.169.254",
            "169.254.0.1",
            "fe80::1",
            "febf:ffff::1",
            "0.0.0.0",
            "::",
            "255.255.255.255",
            "224.0.0.1",
            "ff02::1",
        ] {
            assert!(!allowed.allows_node(address(refused)), "{refused}");
        }
        for node in [
            "10.0.0.1",
            "127.0.0.1",
            "169.253.0.1",
            "2001:db8::1",
            "fd00::1",
            "fec0::1",
        ] {
            assert!(allowed.allows_node(address(node)), "{node}");
        }
        assert!(allowed.allows_seed(address("169.254.0.1")));
        assert!(!allowed.allows_seed(address("0.0.0.0")));
    }

    #[test]
    fn only_addresses_in_the_networks_are_allowed() {
        let allowed = in_networks(&["10.1.0.0/16", " 192.168.7.9", "169.254.0.0/16", "fd00::/8"]);
        let allowed = allowed.unwrap();
        for node in ["10.1.255.1", "192.168.7.9", "169.254.3.4", "fd12::1"] {
            assert!(allowed.allows_node(address(node)) && allowed.allows_seed(address(node)));
        }
        for other in ["10.2.0.1", "192.168.7.8", "2001:db8::1", "127.0.0.1"] {
            assert!(!allowed.allows_node(address(other)) && !allowed.allows_seed(address(other)));
        }
        let all = in_networks(&["0.0.0.0/0", "::/0"]).unwrap();
        assert!(!all.allows_node(address("0.0.0.0")) && !all.allows_node(address("ff02::1")));
    }

    #[test]
    fn network_of_mapped_addresses_is_one_of_ipv4() {
        let allowed = in_networks(&["::ffff:10.0.0.0/104", "::ffff:192.168.7.9"]).unwrap();
        assert!(allowed.allows_node(address("10.1.2.3")));
        assert!(allowed.allows_node(address("192.168.7.9")));
        assert!(!allowed.allows_node(address("11.0.0.1")));
        let wider = in_networks(&["::ffff:0:0/95"]).unwrap();
        assert!(!wider.allows_node(address("10.1.2.3")));
    }

    #[test]
    fn invalid_networks_are_refused() {
        assert_eq!(in_networks(&[]), Err(NetworkError::Missing));
        for text in [
            "",
            "10.0.0.0/33",
            "010.0.0.0/8",
            "010.0.0.1",
            "10.0.0.0/",
            "node-a",
            "10.0.0",
            "10.0.0.0/8,10.1.0.0/16",
        ] {
            let error = Err(NetworkError::Unparsable(text.to_owned()));
            assert_eq!(in_networks(&["10.0.0.1", text]), error);
        }
    }
}
