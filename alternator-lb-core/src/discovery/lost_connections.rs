//! Finds connections that lead nowhere although their node responds.
//!
//! A firewall or an address translation forgets connections, a laptop resumes elsewhere: what is sent on such a
//! connection gets no response, and no error either. New connections work, and so does a probe over one. Two things
//! tell:
//!
//! * A probe over the connection pool gets no response, where one over a new connection does. The pool has lost
//!   connections then, and requests that wait on the node are taken to wait on one. A probe that gets no response is
//!   dropped, which closes its connection; this is repeated until the pool responds.
//! * A request waits much longer than any response has taken, on a node that responds to a probe. That is all there is
//!   to see where the connection of the request was the only one.

use super::probe::{ProbeResult, Prober};
use super::{ConnectionPool, RequestControl};
use crate::routing::Endpoint;
use futures_util::future::join_all;
use std::sync::Arc;
use std::time::Duration;

/// The interval at which the waits of requests are compared with the limit, and so the precision of the comparison.
pub(super) const GENERATION: Duration = Duration::from_millis(500);

/// The wait without a response after which a request may wait on a lost connection, while none is known to take longer:
/// about the time that the SDK gives a connection attempt.
const MIN_LIMIT: Duration = Duration::from_secs(3);

/// The same in durations of the slowest response so far. An operation that takes longer than any before is sent again
/// in vain, and once it has its response the limit is longer.
const LIMIT_FACTOR: u32 = 2;

/// How many probes over the pool are made at a time, once one has got no response.
const PROBES_AT_A_TIME: usize = 8;

/// How many rounds of such probes are made: enough for five hundred lost connections. Those of later requests are found
/// by the next check.
const MAX_ROUNDS: usize = 64;

/// Returns the wait after which a request of one of these nodes may wait on a lost connection.
pub(super) fn overdue_limit<'n, E: 'n>(
    nodes: impl Iterator<Item = &'n Arc<Endpoint<E>>>,
) -> Duration {
    let slowest = nodes.map(|node| node.slowest_response()).max();
    let limit = slowest.unwrap_or_default().saturating_mul(LIMIT_FACTOR);
    limit.max(MIN_LIMIT)
}

/// Finds requests that have waited too long.
#[derive(Debug, Default)]
pub(super) struct OverdueDetector {
    next_generation: Duration,
}

impl OverdueDetector {
    /// Returns the nodes with requests that have waited for longer than `limit`, at every [`GENERATION`].
    pub(super) fn tick<'n, E: 'n>(
        &mut self,
        nodes: impl Iterator<Item = &'n Arc<Endpoint<E>>> + Clone,
        requests: &RequestControl<E>,
        now: Duration,
    ) -> Vec<Arc<Endpoint<E>>> {
        if now < self.next_generation {
            return Vec::new();
        }
        self.next_generation = now + GENERATION;
        let limit = overdue_limit(nodes.clone());
        let mut overdue = Vec::new();
        for node in nodes.filter(|node| node.in_flight() > 0) {
            (requests.begin_generation)(node.extension(), now);
            let oldest = (requests.oldest)(node.extension());
            if oldest.is_some_and(|since| now.saturating_sub(since) >= limit) {
                overdue.push(Arc::clone(node));
            }
        }
        overdue
    }
}

/// Returns whether the pool has a lost connection to a node: a probe over it gets no response, and one over a new
/// connection does.
pub(super) async fn are_in_pool<E>(prober: Prober<'_>, node: &Endpoint<E>) -> bool {
    let probe = |pool| prober.probe(node.url(), pool);
    probe(ConnectionPool::Shared).await == ProbeResult::Unresponsive
        && probe(ConnectionPool::Separate).await == ProbeResult::Responded
}

/// Closes the lost connections in the pool to a node, of which one was found: those on which a probe gets no response.
/// Calls `found` before the first round of probes, and after each that has found more.
pub(super) async fn close<E>(
    prober: Prober<'_>,
    node: &Endpoint<E>,
    found: &mut (impl FnMut() + Send),
) {
    for _ in 0..MAX_ROUNDS {
        found();
        let probe = |_| prober.probe(node.url(), ConnectionPool::Shared);
        let results = join_all((0..PROBES_AT_A_TIME).map(probe)).await;
        if !results.contains(&ProbeResult::Unresponsive) {
            return;
        }
    }
}
