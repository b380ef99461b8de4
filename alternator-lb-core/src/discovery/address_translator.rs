//! The translation of listed addresses into URLs that this host can reach.
//!
//! `/localnodes` lists bare addresses. Behind mapped ports, address translation or PrivateLink a client reaches none of
//! them, or all at ports of their own. An [`AddressTranslator`], as the drivers of ScyllaDB call it, knows the URL of
//! each.

use super::DiscoveryClient;
use crate::topology::{NodeUrl, Scheme};
use std::error::Error;
use std::fmt;
use std::net::IpAddr;
use std::pin::Pin;
use std::sync::Arc;
use std::time::Duration;

/// Turns the address of a listed node into the URL that requests are sent to.
///
/// Use it where `/localnodes` lists addresses that this host cannot reach, or where the nodes have ports of their own:
/// containers with mapped ports, address translation, PrivateLink. Where a table of addresses is enough, take
/// [`AddressMap`](super::AddressMap); for PrivateLink take [`ClientRoutes`](super::ClientRoutes).
///
/// # When it is called
///
/// In the background task of discovery only, never in a request, and for all nodes that are due at the same time. The
/// result is kept. A node is translated
///
/// * when it is listed and was not before,
/// * again, before nodes are queried, when it is ejected or has not responded to a query: its port may be another one
///   after a restart,
/// * again after an error, with the next refresh.
///
/// Between two calls for one address there are 1 s, then 2 s, 4 s and so on up to 30 s, until the node responds. A node
/// that is no longer listed is forgotten, and translated anew when it comes back.
///
/// # Errors
///
/// A call that fails, panics or takes longer than 2 s leaves the node as it was: at its last URL, or out of the list of
/// nodes if it has none. So does a URL that has another scheme than the seeds, names no host that can be connected, is
/// outside of the allowed addresses, or is that of another node. The listed address itself is refused where a list may
/// not name it without a translator either: an address of the own link, or a loopback address that another host lists.
/// The event `translation_failed` says which; other nodes are not affected.
///
/// ```
/// # use alternator_lb_core::discovery::{AddressTranslator, TranslationFuture, UntranslatedNode};
/// /// Nodes whose ports follow from their addresses: 10.0.0.7 is behind port 8007 of a gateway.
/// struct Gateway;
///
/// impl AddressTranslator for Gateway {
///     fn translate_address<'a>(&'a self, node: &'a UntranslatedNode<'a>) -> TranslationFuture<'a> {
///         Box::pin(async move {
///             let address = node.address().to_string();
///             let last: u16 = address.rsplit('.').next().unwrap_or_default().parse()?;
///             Ok(format!("http://gateway.example:{}", 8000 + last))
///         })
///     }
/// }
/// ```
pub trait AddressTranslator: Send + Sync + 'static {
    /// Returns the URL of a node, as `http(s)://host[:port]`. A port that is omitted is the scheme's: 80 or 443. A DNS
    /// name stands for one node, and is resolved by the HTTP client.
    ///
    /// # Errors
    ///
    /// Any error that says why the node has no URL.
    ///
    /// # Cancel safety
    ///
    /// The future is dropped after 2 s, and when discovery ends.
    fn translate_address<'a>(&'a self, node: &'a UntranslatedNode<'a>) -> TranslationFuture<'a>;
}

/// The future that [`AddressTranslator::translate_address`] returns.
pub type TranslationFuture<'a> =
    Pin<Box<dyn Future<Output = Result<String, Box<dyn Error + Send + Sync>>> + Send + 'a>>;

/// A node as the cluster lists it.
pub struct UntranslatedNode<'a> {
    address: IpAddr,
    url: NodeUrl,
    pub(super) network: Network<'a>,
}

/// The means to ask the cluster about a node.
#[derive(Clone, Copy)]
pub(super) struct Network<'a> {
    pub(super) client: &'a dyn DiscoveryClient,
    /// Nodes to query, the most likely to respond first.
    pub(super) nodes: &'a [NodeUrl],
}

impl<'a> UntranslatedNode<'a> {
    /// A node listed by this address; `origin` is a seed.
    pub(super) fn new(address: IpAddr, origin: &NodeUrl, network: Network<'a>) -> Self {
        Self {
            address,
            url: origin.at(address),
            network,
        }
    }

    /// Returns the address, as in `/localnodes`.
    #[must_use]
    pub fn address(&self) -> IpAddr {
        self.address
    }

    /// Returns the URL that the node has without a translation: the scheme and port of the first seed, at the listed
    /// address. A translator that translates only some nodes returns it for the others.
    #[must_use]
    pub fn url(&self) -> &str {
        self.url.as_str()
    }

    pub(super) fn scheme(&self) -> Scheme {
        self.url.scheme()
    }
}

impl fmt::Debug for UntranslatedNode<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("UntranslatedNode")
            .field("address", &self.address)
            .field("url", &self.url)
            .finish_non_exhaustive()
    }
}

/// The reason for which a listed node has no URL. Each message follows the address of the node.
#[derive(Debug, thiserror::Error)]
pub enum TranslationError {
    /// The error of the translator.
    #[error("the address translator failed ({0})")]
    Failed(#[source] Box<dyn Error + Send + Sync>),
    /// The translator has panicked, with this message.
    #[error("the address translator panicked ({0})")]
    Panicked(String),
    /// The translator has returned nothing within this time.
    #[error("the address translator returned nothing within {0:?}")]
    TimedOut(Duration),
    /// The translator has returned what is no URL of a node.
    #[error(
        "the address translator returned `{0}`, which is not the URL of a node; return it as `http://10.0.0.1:8000`"
    )]
    Invalid(String),
    /// The translator has returned an endpoint of AWS.
    #[error("the address translator returned `{0}`, which is AWS's own DynamoDB")]
    Aws(String),
    /// The translator has returned a URL with another scheme than the seeds.
    #[error(
        "the address translator returned `{0}`, but the scheme of the seeds is that of every node"
    )]
    Scheme(String),
    /// The translator has returned a URL that the allowed addresses exclude.
    #[error(
        "the address translator returned `{0}`, which is in none of the networks of `.allowed_addresses(..)`, or over `http` \
         a name, whose address is not known; add its network there, or return an address"
    )]
    NotAllowed(String),
    /// The translator has returned the listed address itself, which no list may name.
    #[error(
        "the address translator returned `{0}`, the listed address itself, which leads to this host or link only; set \
         `broadcast_rpc_address` in the node's `scylla.yaml`, or return the address at which this host reaches the node"
    )]
    Listed(String),
    /// The translator has returned the URL of another listed node.
    #[error(
        "the address translator returned `{url}`, which is the URL of {other} already: each node needs a URL of its own, and a \
         load balancer is named as a seed, with `.without_discovery()`"
    )]
    Taken {
        /// The URL.
        url: NodeUrl,
        /// The listed address of the other node.
        other: IpAddr,
    },
}

/// A translator that clones share.
#[derive(Clone)]
pub struct SharedAddressTranslator(Arc<dyn AddressTranslator>);

impl SharedAddressTranslator {
    /// Shares a translator.
    pub fn new(translator: impl AddressTranslator) -> Self {
        Self(Arc::new(translator))
    }

    pub(super) fn translator(&self) -> &dyn AddressTranslator {
        self.0.as_ref()
    }
}

impl fmt::Debug for SharedAddressTranslator {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("AddressTranslator")
    }
}
