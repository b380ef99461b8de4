//! The two health checks of single nodes.

use super::refresh::Discovery;
use super::{ConnectionPool, DiscoveryClient, probe};
use crate::health::ProbePermit;
use crate::routing::Endpoint;
use std::sync::{Arc, Weak};
use std::time::Duration;
use tokio::time::sleep;

/// How many other nodes are probed where one does not respond.
pub const REFERENCE_NODES: usize = 3;

/// The longest time from the selection of a node until the request is sent: signing, on a busy machine.
pub const SEND_DELAY: Duration = Duration::from_millis(25);

/// A permit to probe an ejected node, released if it is dropped without a result.
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

/// Probes an ejected node, and restores it if it responds. The probe goes over the connections of the application's
/// requests: the connection that it opens serves those that follow.
pub(super) async fn check_ejected<E: Send + Sync + 'static>(
    discovery: Weak<Discovery<E>>,
    client: Arc<dyn DiscoveryClient>,
    node: Arc<Endpoint<E>>,
    permit: ProbePermit,
) {
    let mut guard = PermitGuard {
        node: Arc::clone(&node),
        permit: Some(permit),
    };
    let pool = ConnectionPool::Shared;
    let result = probe::responds(client.as_ref(), node.url(), pool, probe::MAX_TIMEOUT).await;
    let Some(responds) = result else {
        return;
    };
    let (Some(discovery), Some(permit)) = (discovery.upgrade(), guard.permit.take()) else {
        return;
    };
    let now = discovery.clock().now();
    if let Some(event) = discovery.router().probed(node, responds, permit, now) {
        discovery.record_health_event(&event);
    }
}

/// Probes a node on which requests wait, over a separate connection. If it does not respond, ejects it and aborts the
/// requests that wait on it, so that they are retried on another node.
///
/// Does so only if one of the `others` has responded to any request meanwhile, or responds to a probe. Otherwise the
/// fault may lie in the network of this process, or the process may have been suspended, and ejections would help
/// nothing.
pub(super) async fn check_stalled<E: Send + Sync + 'static>(
    discovery: Weak<Discovery<E>>,
    client: Arc<dyn DiscoveryClient>,
    node: Arc<Endpoint<E>>,
    others: Vec<Arc<Endpoint<E>>>,
) {
    let pool = ConnectionPool::Separate;
    let responses = || others.iter().map(|node| node.responses()).sum::<u64>();
    let (responses_before, other_responses_before) = (node.responses(), responses());
    let limit = probe::timeout_of(node.latency());
    if probe::responds(client.as_ref(), node.url(), pool, limit).await != Some(false) {
        return;
    }
    let urls = others.iter().map(|node| node.url());
    let does_other_respond = responses() > other_responses_before
        || probe::any_responds(client.as_ref(), urls, pool, limit).await;
    if !does_other_respond || node.responses() > responses_before {
        return;
    }
    if let Some(discovery) = discovery.upgrade() {
        let now = discovery.clock().now();
        let event = discovery
            .router()
            .eject_unresponsive(Arc::clone(&node), now);
        if let Some(event) = event {
            discovery.record_health_event(&event);
        }
    }
    end_requests(&discovery, &node);
    // Requests that selected the node just before the ejection are sent by then.
    sleep(SEND_DELAY).await;
    end_requests(&discovery, &node);
}

/// Aborts the requests that wait on a node that is ejected.
fn end_requests<E: Send + Sync + 'static>(discovery: &Weak<Discovery<E>>, node: &Endpoint<E>) {
    if let Some(discovery) = discovery.upgrade()
        && !node.health().state().is_up()
    {
        discovery.end_requests(node);
    }
}
