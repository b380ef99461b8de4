//! A fixed table of addresses.

use super::address_translator::{AddressTranslator, TranslationFuture, UntranslatedNode};
use super::parse_seed;
use crate::topology::NodeUrl;
use std::collections::{HashMap, HashSet};
use std::net::IpAddr;

/// A fixed table of addresses and URLs: the [`AddressTranslator`] for containers with mapped ports.
///
/// Nodes that are not in the table have no URL, so that they get no requests; the event `translation_failed` names
/// them.
///
/// ```
/// # use alternator_lb_core::discovery::AddressMap;
/// let map = AddressMap::new([
///     ("172.17.0.2", "http://127.0.0.1:32768"),
///     ("172.17.0.3", "http://127.0.0.1:32769"),
/// ])?;
/// # drop(map);
/// # Ok::<(), alternator_lb_core::discovery::AddressMapError>(())
/// ```
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct AddressMap(HashMap<IpAddr, NodeUrl>);

/// The entries of an [`AddressMap`] are invalid.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum AddressMapError {
    /// The key of an entry is no IP address.
    #[error(
        "the address map has the key `{address}`, which is not an IP address; write the address that `/localnodes` lists, as \
         in `172.17.0.2`"
    )]
    #[non_exhaustive]
    Address {
        /// The key as given.
        address: String,
    },

    /// The value of an entry is no URL of a node.
    #[error(
        "the address map has `{url}`, which is not the URL of a node; write scheme, host and port, as in \
         `http://127.0.0.1:32768`"
    )]
    #[non_exhaustive]
    Url {
        /// The value as given.
        url: String,
    },

    /// Two addresses have the same URL.
    #[error(
        "the address map has `{url}` for two addresses; give each node a URL of its own, or name a load balancer as a seed, \
         with `.without_discovery()`"
    )]
    #[non_exhaustive]
    SameUrl {
        /// The URL.
        url: String,
    },
}

impl AddressMap {
    /// Makes a table from the addresses that `/localnodes` lists, each with its URL `http(s)://host[:port]`. Of two
    /// entries of one address the later counts.
    ///
    /// # Errors
    ///
    /// A key that is no IP address, a value that is no URL of a node, and two addresses with the same URL.
    pub fn new(
        entries: impl IntoIterator<Item = (impl ToString, impl Into<String>)>,
    ) -> Result<Self, AddressMapError> {
        let mut urls = HashMap::new();
        for (address, url) in entries {
            let (address, url) = (address.to_string(), url.into());
            let Ok(ip) = address.trim().parse::<IpAddr>() else {
                return Err(AddressMapError::Address { address });
            };
            let Ok(node) = parse_seed(&url) else {
                return Err(AddressMapError::Url { url });
            };
            urls.insert(ip.to_canonical(), node);
        }
        let mut seen = HashSet::new();
        let twice = urls.values().find(|url| !seen.insert(*url));
        match twice {
            Some(url) => Err(AddressMapError::SameUrl {
                url: url.to_string(),
            }),
            None => Ok(Self(urls)),
        }
    }
}

impl AddressTranslator for AddressMap {
    fn translate_address<'a>(&'a self, node: &'a UntranslatedNode<'a>) -> TranslationFuture<'a> {
        let url = self.0.get(&node.address()).map(NodeUrl::to_string);
        Box::pin(async move { url.ok_or_else(|| "the address map has no entry for it".into()) })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn addresses_are_found_in_any_notation() {
        let map = AddressMap::new([("::ffff:172.17.0.2", "http://127.0.0.1:32768")]).unwrap();
        let ip: IpAddr = "172.17.0.2".parse().unwrap();
        assert_eq!(map.0[&ip].as_str(), "http://127.0.0.1:32768");
        assert_eq!(AddressMap::new([(ip, "http://127.0.0.1:32768/")]), Ok(map));
    }

    #[test]
    fn invalid_entries_are_refused() {
        let url = "http://127.0.0.1:32768";
        let error =
            |entries: &[(&str, &str)]| AddressMap::new(entries.iter().copied()).unwrap_err();
        for address in ["", "node-a", "172.17.0.2:8000", "172.17.0"] {
            let expected = AddressMapError::Address {
                address: address.to_owned(),
            };
            assert_eq!(error(&[(address, url)]), expected);
        }
        for url in [
            "",
            "127.0.0.1:32768",
            "http://127.0.0.1/path",
            "http://0.0.0.0:1",
        ] {
            let expected = AddressMapError::Url {
                url: url.to_owned(),
            };
            assert_eq!(error(&[("172.17.0.2", url)]), expected);
        }
        let expected = AddressMapError::SameUrl {
            url: url.to_owned(),
        };
        assert_eq!(error(&[("172.17.0.2", url), ("172.17.0.3", url)]), expected);
    }
}
