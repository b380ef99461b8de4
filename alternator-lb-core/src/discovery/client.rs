//! The network as discovery needs it.

use super::RouteTable;
use crate::topology::NodeUrl;
use futures_util::future::BoxFuture;
use std::error::Error;
use std::fmt;
use std::io;
use std::net::IpAddr;
use std::time::Duration;

/// Sends requests to nodes and name servers. The caller bounds the time: dropping a future ends its work.
pub trait DiscoveryClient: Send + Sync + fmt::Debug {
    /// Returns the body of a node's response to `GET path_and_query`, if its status is 200 and it has at most `limit`
    /// bytes.
    fn get<'a>(
        &'a self,
        node: &'a NodeUrl,
        path_and_query: String,
        limit: usize,
    ) -> ClientFuture<'a, Vec<u8>>;

    /// Sends `GET /` to a node.
    fn probe<'a>(&'a self, node: &'a NodeUrl, pool: ConnectionPool) -> Probe<'a>;

    /// Returns the name of a node's cluster, if the node tells it to everybody.
    fn cluster_name<'a>(&'a self, node: &'a NodeUrl) -> ClientFuture<'a, Option<String>>;

    /// Reads `system.client_routes` through a node: the routes by these connections, of which an earlier one counts
    /// more. The table of a server that has none is empty.
    fn client_routes<'a>(
        &'a self,
        node: &'a NodeUrl,
        connection_ids: &'a [String],
    ) -> ClientFuture<'a, RouteTable, Box<dyn Error + Send + Sync>>;

    /// Returns all addresses of a host.
    fn look_up<'a>(&'a self, host: &'a str) -> ClientFuture<'a, Vec<IpAddr>, io::Error> {
        Box::pin(async move {
            let addresses = tokio::net::lookup_host((host, 0)).await?;
            Ok(addresses.map(|address| address.ip()).collect())
        })
    }
}

/// The connections that a probe uses.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ConnectionPool {
    /// Those of the application's requests: a connection that the probe opens serves requests afterwards.
    Shared,
    /// None: the probe opens a connection of its own, and closes it. Those of the application's requests may be what
    /// hangs, or all be in use.
    Separate,
}

/// A probe under way. It is sent when its response is awaited.
pub struct Probe<'a> {
    response: ClientFuture<'a, ()>,
    is_connected: IsConnected<'a>,
}

type IsConnected<'a> = Box<dyn Fn() -> bool + Send + Sync + 'a>;

impl<'a> Probe<'a> {
    /// A probe whose `response` succeeds when the node has sent all of it, whatever it is. `is_connected` returns
    /// whether the probe has a connection: from then on it is the node that does not respond. It returns true as well
    /// where the client cannot tell.
    pub fn new(
        response: ClientFuture<'a, ()>,
        is_connected: impl Fn() -> bool + Send + Sync + 'a,
    ) -> Self {
        Self {
            response,
            is_connected: Box::new(is_connected),
        }
    }

    /// Sends the probe, and waits for the response.
    pub fn response(&mut self) -> &mut ClientFuture<'a, ()> {
        &mut self.response
    }

    /// Returns whether the probe has a connection, or the client cannot tell.
    pub fn is_connected(&self) -> bool {
        (self.is_connected)()
    }
}

impl fmt::Debug for Probe<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Probe")
            .field("is_connected", &self.is_connected())
            .finish_non_exhaustive()
    }
}

/// The futures that the methods of a [`DiscoveryClient`] return.
pub type ClientFuture<'a, T, E = QueryError> = BoxFuture<'a, Result<T, E>>;

/// Why a node gave no usable response. Each message follows the address of the node.
#[derive(Debug, thiserror::Error)]
pub enum QueryError {
    /// No connection, or a connection that broke.
    #[error("it could not be reached")]
    Unreachable(#[source] Box<dyn Error + Send + Sync>),
    /// The node and this client do not come to terms over TLS. The text says why, and what to change.
    #[error("{0}")]
    Tls(String, #[source] Box<dyn Error + Send + Sync>),
    /// The failure is one of this process, as when it has no file descriptor left.
    #[error("no request was sent, since this process cannot open connections at the moment")]
    NotSent(#[source] Box<dyn Error + Send + Sync>),
    /// No response within this time.
    #[error("it did not respond within {0:?}")]
    TimedOut(Duration),
    /// An HTTP status other than 200.
    #[error("it responded with status {0}")]
    Status(u16),
    /// A response longer than this many bytes.
    #[error("its response is longer than {0} bytes")]
    TooLong(usize),
    /// A response that is no list.
    #[error("its response is not a JSON list of addresses")]
    Malformed(#[source] serde_json::Error),
    /// A list of so many nodes, and the limit.
    #[error("it listed {0} nodes, which is more than {1}")]
    TooMany(usize, usize),
    /// An empty list where the node itself should be in it.
    #[error("it listed no node, not even itself")]
    Empty,
    /// A list of nodes, none of which has a URL.
    #[error("none of the nodes that it listed could be translated")]
    Untranslated,
    /// The response of a server that does not know the parameters `dc` and `rack`.
    #[error("it ignores the parameters `dc` and `rack`")]
    ScopeUnsupported,
    /// The name server's error.
    #[error("its name could not be resolved")]
    Unresolved(#[source] io::Error),
}
