//! An HTTP client with client certificates: hyper's, over `rustls`, in the versions that the SDK's is made of.
//!
//! It behaves as the SDK's own in everything that the SDK and this plugin rely on: the timeouts, the protocols
//! that it offers, the kinds of errors, the connection of a request that it
//! shows (`CaptureSmithyConnection`) and lets the SDK close. It lacks proxies. In contrast to the SDK's, all of its
//! pools share their TLS sessions, so that a probe on a connection of its own costs no full handshake either.

mod config;
mod connect;
mod connector;
mod error_kind;
mod server_verifier;

pub(super) use config::client_config;

use crate::transport::listed_nodes::ListedNodes;
use crate::transport::node_pools::NodePools;
use aws_smithy_async::rt::sleep::SharedAsyncSleep;
use aws_smithy_runtime_api::client::http::{SharedHttpClient, SharedHttpConnector};
use connector::Connector;
use rustls::ClientConfig;
use std::sync::Arc;
use std::time::Duration;

/// A timeout, and the timer that it takes.
type Timer = Option<(SharedAsyncSleep, Duration)>;

/// Returns the HTTP client of a cluster with these nodes.
pub(super) fn own_client(tls: ClientConfig, nodes: &Arc<ListedNodes>) -> SharedHttpClient {
    let tls = Arc::new(tls);
    NodePools::http_client(nodes, move |_, settings| {
        SharedHttpConnector::new(Connector::new(Arc::clone(&tls), settings))
    })
}
