//! What discovery needs of the world.

use crate::topology::NodeUrl;
use std::error::Error;
use std::fmt;
use std::future::Future;
use std::io;
use std::net::IpAddr;
use std::pin::Pin;
use std::time::Duration;

/// Asks nodes and name servers.
///
/// Bounding the time is the caller's business: dropping a future ends what it does.
pub trait DiscoveryClient: Send + Sync + fmt::Debug {
    /// The body of a node's answer to `GET path_and_query`, if its status was 200 and it is not longer than `limit` bytes.
    fn get<'a>(
        &'a self,
        node: &'a NodeUrl,
        path_and_query: String,
        limit: usize,
    ) -> ClientFuture<'a, Vec<u8>, QueryError>;

    /// Asks a node whether it is there (`GET /`). Any answer will do, whatever it says, once it is there as a whole.
    fn probe<'a>(
        &'a self,
        node: &'a NodeUrl,
        over: ConnectionPool,
    ) -> ClientFuture<'a, (), QueryError>;

    /// All addresses of a host.
    fn look_up<'a>(&'a self, host: &'a str) -> ClientFuture<'a, Vec<IpAddr>, io::Error> {
        Box::pin(async move {
            let addresses = tokio::net::lookup_host((host, 0)).await?;
            Ok(addresses.map(|address| address.ip()).collect())
        })
    }
}

/// What a question goes over.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ConnectionPool {
    /// Those that the data takes: one that the question opens serves the data afterwards.
    Shared,
    /// Others: those of the data may be what hangs, or all be taken.
    Separate,
}

pub type ClientFuture<'a, T, E> = Pin<Box<dyn Future<Output = Result<T, E>> + Send + 'a>>;

/// Why a node gave no usable answer.
#[derive(Debug, thiserror::Error)]
pub enum QueryError {
    #[error("it could not be reached")]
    Unreachable(#[source] Box<dyn Error + Send + Sync>),
    #[error("it was not asked, since this process cannot connect to anybody at the moment")]
    NotAsked(#[source] Box<dyn Error + Send + Sync>),
    #[error("it did not answer within {0:?}")]
    TimedOut(Duration),
    #[error("it answered with status {0}")]
    Status(u16),
    #[error("its answer is longer than {0} bytes")]
    TooLong(usize),
    #[error("its answer is not a JSON list of addresses")]
    Malformed(#[source] serde_json::Error),
    #[error("it named {0} nodes, which is more than {1}")]
    TooMany(usize, usize),
    #[error("it named no node, not even itself")]
    Empty,
    #[error("it ignores the question for a datacenter or rack")]
    ScopeUnsupported,
    #[error("its name could not be looked up")]
    Unresolved(#[source] io::Error),
}
