//! Checks a node on which requests wait: whether it hangs, or the connections to it are lost.

use super::lost_connections::{self, overdue_limit};
use super::refresh::Discovery;
use super::{ConnectionPool, DiscoveryClient, probe};
use crate::routing::Endpoint;
use std::sync::{Arc, Weak};
use std::time::Duration;
use tokio::time::sleep;

/// The longest time from the selection of a node until the request is sent: signing, on a busy machine.
pub const SEND_DELAY: Duration = Duration::from_millis(25);

/// A node on which requests wait.
pub(super) struct StalledCheck<E> {
    pub(super) discovery: Weak<Discovery<E>>,
    pub(super) client: Arc<dyn DiscoveryClient>,
    pub(super) node: Arc<Endpoint<E>>,
    /// Other nodes, which tell whether the fault is on this side.
    pub(super) others: Vec<Arc<Endpoint<E>>>,
    /// The time that a probe has.
    pub(super) timeout: Duration,
}

impl<E: Send + Sync + 'static> StalledCheck<E> {
    /// Probes the node over a connection of its own. Ejects it if it does not respond, and else looks for lost
    /// connections.
    ///
    /// Ejects it only if one of the other nodes has responded to any request meanwhile, or responds to a probe.
    /// Otherwise the fault may lie in the network of this process, or the process may have been suspended, and ejections
    /// would help nothing.
    pub(super) async fn run(self) {
        let began = self.begin_generation();
        let responses = || self.others.iter().map(|node| node.responses()).sum::<u64>();
        let before = (self.node.responses(), responses());
        let (client, pool) = (self.client.as_ref(), ConnectionPool::Separate);
        match probe::responds(client, self.node.url(), pool, self.timeout).await {
            Some(true) => self.end_requests_on_lost_connections(began).await,
            Some(false) => {
                let others = self.others.iter().map(|node| node.url());
                let does_other_respond = responses() > before.1
                    || probe::any_responds(client, others, pool, self.timeout).await;
                if does_other_respond && self.node.responses() == before.0 {
                    self.eject().await;
                }
            }
            None => {}
        }
    }

    /// Ejects the node, and ends the requests that wait on it, so that they are retried on another node.
    async fn eject(&self) {
        if let Some(discovery) = self.discovery.upgrade() {
            let now = discovery.clock.now();
            let node = Arc::clone(&self.node);
            if let Some(event) = discovery.router.eject_unresponsive(node, now) {
                discovery.record_health_event(&event, None);
            }
        }
        self.end_requests();
        // Requests that selected the node just before the ejection are sent by then.
        sleep(SEND_DELAY).await;
        self.end_requests();
    }

    /// Ends the requests that wait on the node, if it is ejected.
    fn end_requests(&self) {
        if let Some(discovery) = self.discovery.upgrade()
            && !self.node.health().state().is_up()
        {
            (discovery.config.requests.end)(self.node.extension());
        }
    }

    /// Ends the requests that wait on lost connections of the node, which is alive: all that have waited since the check
    /// `began` if connections are lost, of the other nodes at least, and those that have waited for longer than any
    /// response takes in any case.
    async fn end_requests_on_lost_connections(&self, began: Option<Duration>) {
        let mut since = began;
        let mut end_lost = || {
            self.end_lost(since);
            since = self.begin_generation();
        };
        // Where all connections are lost, the only one to this node may be that of a request which waits.
        let nodes = std::iter::once(&self.node).chain(&self.others);
        for node in nodes {
            let client = self.client.as_ref();
            if lost_connections::close(client, node, self.timeout, &mut end_lost).await {
                return;
            }
        }
        if let Some(discovery) = self.discovery.upgrade() {
            let snapshot = discovery.router.snapshot();
            let limit = overdue_limit(snapshot.topology().nodes().iter());
            self.end_lost(discovery.clock.now().checked_sub(limit));
        }
    }

    /// Begins a generation of requests to the node. Returns the time.
    fn begin_generation(&self) -> Option<Duration> {
        let discovery = self.discovery.upgrade()?;
        let now = discovery.clock.now();
        (discovery.config.requests.begin_generation)(self.node.extension(), now);
        Some(now)
    }

    fn end_lost(&self, since: Option<Duration>) {
        if let (Some(discovery), Some(since)) = (self.discovery.upgrade(), since) {
            (discovery.config.requests.end_lost)(self.node.extension(), since);
        }
    }
}
