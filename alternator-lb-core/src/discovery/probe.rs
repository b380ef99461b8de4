//! Probes: requests that find out whether a node responds at all.

use super::error::NodeFailure;
use super::{ConnectionPool, DiscoveryClient, QueryError};
use crate::topology::NodeUrl;
use futures_util::stream::{self, FuturesUnordered, StreamExt as _};
use std::collections::HashSet;
use std::sync::Arc;
use std::time::Duration;
use tokio::time::{Instant, timeout, timeout_at};

/// How many nodes are probed at a time. Where more are ejected or new, the others follow when these have responded.
pub const MAX_PROBES: usize = 16;

/// The shortest timeout: a lost packet (sent again after 200 ms at the earliest) must not look like a dead node.
pub(super) const MIN_TIMEOUT: Duration = Duration::from_millis(250);

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

/// The results of probes of several nodes.
#[derive(Debug, Default)]
pub(super) struct ProbeResults {
    pub(super) responding: HashSet<NodeUrl>,
    pub(super) failures: Vec<NodeFailure>,
}

/// Probes nodes that have not been used so far, and waits until `end` for a first response. Once there is one, waits
/// for the others only as long as a node that listens takes: one that does not must not delay the refresh.
pub(super) async fn probe_all(
    client: &dyn DiscoveryClient,
    nodes: HashSet<NodeUrl>,
    end: Instant,
) -> ProbeResults {
    let soon = Instant::now() + MIN_TIMEOUT;
    let limit = end.saturating_duration_since(Instant::now());
    let probes = nodes.into_iter().map(|node| async move {
        let probe = client.probe(&node, ConnectionPool::Shared);
        let result = timeout_at(end, probe).await;
        (node, result.unwrap_or(Err(QueryError::TimedOut(limit))))
    });
    let mut running = stream::iter(probes).buffer_unordered(MAX_PROBES);
    let mut results = ProbeResults::default();
    loop {
        let next = match results.responding.is_empty() {
            // Each probe ends by itself.
            true => running.next().await,
            false => timeout_at(soon, running.next()).await.ok().flatten(),
        };
        match next {
            Some((node, Ok(()))) => {
                results.responding.insert(node);
            }
            Some((node, Err(error))) => results.failures.push((node, Arc::new(error))),
            None => return results,
        }
    }
}
