//! Asking a node whether it is there.

use super::refresh::Discovery;
use super::{ConnectionPool, DiscoveryClient, QueryError};
use crate::health::ProbePermit;
use crate::routing::Endpoint;
use crate::topology::NodeUrl;
use futures_util::future;
use futures_util::stream::{self, FuturesUnordered, StreamExt as _};
use std::collections::HashSet;
use std::pin::pin;
use std::sync::{Arc, Weak};
use std::time::Duration;
use tokio::time::{sleep, timeout};

/// How many times as long as its answers usually take a node is given for this one, which is about the cheapest it has.
const FACTOR: u32 = 4;

/// The shortest time that it is given: a lost packet (sent again after 200 ms at the earliest) must not look like a dead
/// node.
const SHORTEST: Duration = Duration::from_millis(250);

/// The longest: a lost packet of a new connection, which is sent again after one second (RFC 6298), has a second try.
const LONGEST: Duration = Duration::from_secs(2);

/// How many others are asked where one does not answer.
pub(super) const REFERENCE_NODES: usize = 3;

/// How many nodes are asked at a time. Where more are out or new, the others follow when these have answered.
pub(super) const MAX_PROBES: usize = 16;

/// How long a request takes at most from the choice of its node until it leaves for it: signing, on a busy machine.
const ON_THE_WAY: Duration = Duration::from_millis(25);

/// The right to find out whether a node is back. Dropped without a result it is given back.
struct PermitGuard<E> {
    node: Arc<Endpoint<E>>,
    permit: Option<ProbePermit>,
}

impl<E> Drop for PermitGuard<E> {
    fn drop(&mut self) {
        if let Some(permit) = self.permit.take() {
            self.node.health().release_permit(permit);
        }
    }
}

/// Asks nodes that are new in the list whether they are there yet. Returns those that answer at once: a node that listens
/// does, and one that does not must not hold up the list.
pub(super) async fn new_nodes(
    ask: &dyn DiscoveryClient,
    nodes: HashSet<NodeUrl>,
) -> HashSet<NodeUrl> {
    let answers = nodes.into_iter().map(|node| async move {
        let answer = ask.probe(&node, ConnectionPool::Shared).await;
        answer.is_ok().then_some(node)
    });
    stream::iter(answers)
        .buffer_unordered(MAX_PROBES)
        .take_until(sleep(SHORTEST))
        .filter_map(future::ready)
        .collect()
        .await
}

/// Asks a node that is out whether it is back, over the data's connections: the one that is opened for it serves the
/// requests that come afterwards.
pub(super) async fn probe_ejected<E: Send + Sync + 'static>(
    discovery: Weak<Discovery<E>>,
    ask: Arc<dyn DiscoveryClient>,
    node: Arc<Endpoint<E>>,
    permit: ProbePermit,
) {
    let mut guard = PermitGuard {
        node: Arc::clone(&node),
        permit: Some(permit),
    };
    let answered = responds(ask.as_ref(), &node, ConnectionPool::Shared, LONGEST).await;
    let Some(answered) = answered else {
        return;
    };
    let (Some(discovery), Some(permit)) = (discovery.upgrade(), guard.permit.take()) else {
        return;
    };
    let now = discovery.clock().now();
    if let Some(change) = discovery.router().probed(node, answered, permit, now) {
        discovery.note(&change);
    }
}

/// Asks a node on which requests wait whether it is there, over a connection apart. If not, it is left out, and the
/// requests that wait on it are ended, so that they go to another.
///
/// That is so only if some other node has answered something in the meantime, or answers this question: the network of
/// this very process may be what is wrong, or the process may have stood still, and then to leave nodes out would help
/// nobody.
pub(super) async fn probe_stalled<E: Send + Sync + 'static>(
    discovery: Weak<Discovery<E>>,
    ask: Arc<dyn DiscoveryClient>,
    node: Arc<Endpoint<E>>,
    others: Vec<Arc<Endpoint<E>>>,
) {
    let answers =
        |nodes: &[Arc<Endpoint<E>>]| nodes.iter().map(|node| node.responses()).sum::<u64>();
    let (answers_before, others_before) = (node.responses(), answers(&others));
    let usual = node.latency().unwrap_or_default();
    let threshold = usual.saturating_mul(FACTOR).clamp(SHORTEST, LONGEST);
    if responds(ask.as_ref(), &node, ConnectionPool::Separate, threshold).await != Some(false) {
        return;
    }
    let is_other_there =
        answers(&others) > others_before || any_responds(ask.as_ref(), &others, threshold).await;
    if !is_other_there || node.responses() > answers_before {
        return;
    }
    eject(&discovery, &node);
    // Who had chosen the node just before that is on the way there by now.
    sleep(ON_THE_WAY).await;
    if let Some(discovery) = discovery.upgrade()
        && !node.health().state().is_up()
    {
        discovery.end_requests(&node);
    }
}

fn eject<E: Send + Sync + 'static>(discovery: &Weak<Discovery<E>>, node: &Arc<Endpoint<E>>) {
    let Some(discovery) = discovery.upgrade() else {
        return;
    };
    let now = discovery.clock().now();
    if let Some(change) = discovery.router().eject_unresponsive(Arc::clone(node), now) {
        discovery.note(&change);
    }
    if !node.health().state().is_up() {
        discovery.end_requests(node);
    }
}

async fn any_responds<E>(
    ask: &dyn DiscoveryClient,
    nodes: &[Arc<Endpoint<E>>],
    threshold: Duration,
) -> bool {
    let answers: FuturesUnordered<_> = nodes
        .iter()
        .map(|node| responds(ask, node, ConnectionPool::Separate, threshold))
        .collect();
    let mut answers = pin!(answers.filter(|responds| future::ready(*responds == Some(true))));
    answers.next().await.is_some()
}

/// Nothing if it could not be found out.
async fn responds<E>(
    ask: &dyn DiscoveryClient,
    node: &Endpoint<E>,
    over: ConnectionPool,
    threshold: Duration,
) -> Option<bool> {
    match timeout(threshold, ask.probe(node.url(), over)).await {
        Ok(Ok(())) => Some(true),
        Ok(Err(QueryError::NotAsked(_))) => None,
        Ok(Err(_)) | Err(_) => Some(false),
    }
}
