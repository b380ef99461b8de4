//! Requests to nodes: one HTTP client for all of them, which records and limits them.

mod failure;
mod http_client;
mod meter;
mod node_client;
mod plain_client;

pub(crate) use failure::{CertificateProblem, Failure, FailureKind};
pub(crate) use http_client::http_client;
pub(crate) use meter::{Exchange, Meter, MeteredClient};
pub(crate) use node_client::{Credentials, NodeClient, auth_mode, compressed, signed};
pub(crate) use plain_client::PlainClient;

use aws_smithy_types::timeout::TimeoutConfig;
use std::time::Duration;

/// The name in `user-agent` and `system.clients`, by which a cluster's operator finds the requests of this program.
pub(crate) const USER_AGENT: &str = concat!("alternator-doctor/", env!("CARGO_PKG_VERSION"));

/// The beginning of each node's response to `GET /`; the host follows.
pub(crate) const HEALTHY: &str = "healthy: ";

/// The time limit of one request, for a run that may take this long in all: a tenth of it, so that nodes which do not
/// respond leave enough time for the others. By default it is 3 s, about what the SDK gives a connection.
pub(crate) fn request_limit(timeout: Duration) -> Duration {
    timeout / 10
}

/// The timeouts of all requests. The HTTP client has a pool of connections for each pair of connect and read timeouts,
/// so equal ones make plain requests and operations share their connections.
fn timeouts(request_limit: Duration) -> TimeoutConfig {
    TimeoutConfig::builder()
        .connect_timeout(request_limit)
        .build()
}
