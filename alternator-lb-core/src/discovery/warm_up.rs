//! Opens connections to nodes before they get requests.

use super::probe::{MAX_PROBE_TIMEOUT, MAX_PROBES};
use super::{ConnectionPool, DiscoveryClient};
use crate::topology::NodeUrl;
use futures_util::stream::{self, StreamExt as _};
use std::iter::repeat_n;
use tokio::time::{Instant, timeout_at};

/// The number of connections to a node that are opened at most. The listen backlog of a node is 100, and a node that
/// returns is warmed up by all processes of a fleet at about the same time.
pub const MAX_WARM_CONNECTIONS: usize = 8;

/// Opens this many connections to each of these nodes, or as many as are missing: by probes at the same time, each of
/// which needs a connection. Ends at `end`, and after two seconds at the latest, whatever has become of them, since they are
/// there to save time.
pub(super) async fn warm_up(
    client: &dyn DiscoveryClient,
    nodes: impl IntoIterator<Item = &NodeUrl>,
    connections: usize,
    end: Instant,
) {
    let connections = connections.min(MAX_WARM_CONNECTIONS);
    let end = end.min(Instant::now() + MAX_PROBE_TIMEOUT);
    let nodes = nodes.into_iter().cloned();
    let opened = nodes.flat_map(|node| repeat_n(node, connections));
    let probes: Vec<_> = opened.map(|node| open(client, node, end)).collect();
    let running = stream::iter(probes).buffer_unordered(MAX_PROBES);
    running.for_each(|()| async {}).await;
}

async fn open(client: &dyn DiscoveryClient, node: NodeUrl, end: Instant) {
    let mut probe = client.probe(&node, ConnectionPool::Shared);
    // A node that does not respond after all is found by its first request.
    let _ = timeout_at(end, probe.response()).await;
}
