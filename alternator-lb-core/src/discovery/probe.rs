//! Probes: requests that find out whether a node responds at all.

use super::{ConnectionPool, DiscoveryClient, QueryError};
use crate::topology::NodeUrl;
use futures_util::future;
use futures_util::stream::{self, FuturesUnordered, StreamExt as _};
use std::collections::HashSet;
use std::time::Duration;
use tokio::time::{sleep, timeout};

/// How many nodes are probed at a time. Where more are ejected or new, the others follow when these have responded.
pub const MAX_PROBES: usize = 16;

/// The shortest timeout: a lost packet (sent again after 200 ms at the earliest) must not look like a dead node.
const MIN_TIMEOUT: Duration = Duration::from_millis(250);

/// The longest timeout: a lost packet of a new connection, which is sent again after one second (RFC 6298), has a
/// second try.
pub const MAX_PROBE_TIMEOUT: Duration = Duration::from_secs(2);

/// The timeout of a probe, in usual response times of the node. A probe is about the cheapest request that there is.
const TIMEOUT_FACTOR: u32 = 4;

/// Returns the timeout of a probe of a node with this usual response time, if it is known.
pub fn probe_timeout(usual: Option<Duration>) -> Duration {
    usual
        .unwrap_or_default()
        .saturating_mul(TIMEOUT_FACTOR)
        .clamp(MIN_TIMEOUT, MAX_PROBE_TIMEOUT)
}

/// Returns whether a node responds within `limit`. `None` if this process could not send the probe.
pub(super) async fn responds(
    client: &dyn DiscoveryClient,
    node: &NodeUrl,
    pool: ConnectionPool,
    limit: Duration,
) -> Option<bool> {
    match timeout(limit, client.probe(node, pool)).await {
        Ok(Ok(())) => Some(true),
        Ok(Err(QueryError::NotSent(_))) => None,
        Ok(Err(_)) | Err(_) => Some(false),
    }
}

/// Returns whether any of these nodes responds within `limit`.
pub(super) async fn any_responds(
    client: &dyn DiscoveryClient,
    nodes: impl Iterator<Item = &NodeUrl>,
    pool: ConnectionPool,
    limit: Duration,
) -> bool {
    let probes = nodes.map(|node| responds(client, node, pool, limit));
    let mut results = probes.collect::<FuturesUnordered<_>>();
    while let Some(result) = results.next().await {
        if result == Some(true) {
            return true;
        }
    }
    false
}

/// Returns those of the new `nodes` that respond at once: a node that listens does, and one that does not must not
/// delay the refresh.
pub(super) async fn responding(
    client: &dyn DiscoveryClient,
    nodes: HashSet<NodeUrl>,
) -> HashSet<NodeUrl> {
    let probes = nodes.into_iter().map(|node| async move {
        let result = client.probe(&node, ConnectionPool::Shared).await;
        result.is_ok().then_some(node)
    });
    stream::iter(probes)
        .buffer_unordered(MAX_PROBES)
        .take_until(sleep(MIN_TIMEOUT))
        .filter_map(future::ready)
        .collect()
        .await
}
