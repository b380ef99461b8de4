//! Probes: requests that find out whether a node responds at all.

use super::error::NodeFailure;
use super::running_time::{RunningTime, TICK};
use super::{ConnectionPool, DiscoveryClient, QueryError};
use crate::clock::Clock;
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

/// The shortest timeout of a probe that has no connection yet: the first packet of a connection, if it is lost, is sent
/// again after one second (RFC 6298).
const CONNECT_TIMEOUT: Duration = Duration::from_millis(1_300);

/// The timeout of a probe, in usual response times of the node. A probe is about the cheapest request that there is.
const TIMEOUT_FACTOR: u32 = 4;

/// Returns the timeout of a probe that has a connection to a node with this usual response time, if it is known.
pub fn probe_timeout(usual: Option<Duration>) -> Duration {
    usual
        .unwrap_or_default()
        .saturating_mul(TIMEOUT_FACTOR)
        .clamp(MIN_TIMEOUT, MAX_PROBE_TIMEOUT)
}

/// How long a node has for its response.
#[derive(Clone, Copy, Debug)]
pub(super) struct ProbeTimeouts {
    /// From the connection on.
    pub(super) response: Duration,
    /// While there is no connection.
    connect: Duration,
}

impl ProbeTimeouts {
    /// Those of a node from which nothing better is expected.
    pub(super) const LONGEST: Self = Self {
        response: MAX_PROBE_TIMEOUT,
        connect: MAX_PROBE_TIMEOUT,
    };

    /// Those of a node with this usual response time, if it is known.
    pub(super) fn of(usual: Option<Duration>) -> Self {
        let response = probe_timeout(usual);
        Self {
            response,
            connect: response.max(CONNECT_TIMEOUT),
        }
    }
}

/// The result of a probe.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum ProbeResult {
    Responded,
    /// There was a connection, and no response in time.
    Unresponsive,
    /// There was no connection in time, or an error.
    Failed,
    /// This process could not send the probe.
    NotSent,
}

/// Sends probes. The timeouts count only [time in which this process runs](RunningTime).
#[derive(Clone, Copy, Debug)]
pub(super) struct Prober<'a> {
    pub(super) client: &'a dyn DiscoveryClient,
    pub(super) timeouts: ProbeTimeouts,
    pub(super) clock: Clock,
}

impl Prober<'_> {
    /// Probes a node.
    pub(super) async fn probe(self, node: &NodeUrl, pool: ConnectionPool) -> ProbeResult {
        let mut probe = self.client.probe(node, pool);
        let mut running_time = RunningTime::new(self.clock);
        let (mut waited, mut connected) = (Duration::ZERO, Duration::ZERO);
        loop {
            match timeout(TICK, probe.response()).await {
                Ok(Ok(())) => return ProbeResult::Responded,
                Ok(Err(QueryError::NotSent(_))) => return ProbeResult::NotSent,
                Ok(Err(_)) => return ProbeResult::Failed,
                Err(_elapsed) => {}
            }
            let lap = running_time.lap();
            waited += lap;
            connected = match probe.is_connected() {
                true => connected + lap,
                false => Duration::ZERO,
            };
            if connected >= self.timeouts.response {
                return ProbeResult::Unresponsive;
            }
            if connected.is_zero() && waited >= self.timeouts.connect {
                return ProbeResult::Failed;
            }
        }
    }

    /// Returns whether any of these nodes responds.
    pub(super) async fn any_responds(
        self,
        nodes: impl Iterator<Item = &NodeUrl>,
        pool: ConnectionPool,
    ) -> bool {
        let probes = nodes.map(|node| self.probe(node, pool));
        let mut results = probes.collect::<FuturesUnordered<_>>();
        while let Some(result) = results.next().await {
            if result == ProbeResult::Responded {
                return true;
            }
        }
        false
    }
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
        let result = {
            let mut probe = client.probe(&node, ConnectionPool::Shared);
            timeout_at(end, probe.response()).await
        };
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
