//! Checks a node on which requests wait: whether it hangs, or the connections to it are lost.

use super::lost_connections::{self, overdue_limit};
use super::probe::{ProbeResult, ProbeTimeouts, Prober};
use super::state::Discovery;
use super::{ConnectionPool, DiscoveryClient, running_time};
use crate::clock::Clock;
use crate::routing::Endpoint;
use futures_util::future::{self, BoxFuture, Either, FutureExt as _};
use futures_util::stream::{FuturesUnordered, StreamExt as _};
use std::pin::pin;
use std::sync::{Arc, Weak};
use std::time::Duration;
use tokio::time::sleep;

/// The longest time from the selection of a node until the request is sent: signing, on a busy machine.
pub const SEND_DELAY: Duration = Duration::from_millis(25);

/// A node on which requests wait.
pub(super) struct StalledCheck<E> {
    pub(super) discovery: Weak<Discovery<E>>,
    pub(super) client: Arc<dyn DiscoveryClient>,
    pub(super) clock: Clock,
    pub(super) node: Arc<Endpoint<E>>,
    /// Other nodes, which tell whether the fault is on this side.
    pub(super) others: Vec<Arc<Endpoint<E>>>,
}

/// The result of the probes of the node.
enum Finding {
    /// It responds. `loses_connections` is true if the pool's connection to it does not.
    Responds { loses_connections: bool },
    /// It does not respond, and another node does.
    Hangs,
    /// The fault may be on this side.
    Unknown,
}

impl<E: Send + Sync + 'static> StalledCheck<E> {
    /// Probes the node. Ejects it if it does not respond, and else looks for lost connections.
    pub(super) async fn run(self) {
        let began = self.begin_generation();
        let responses_before = self.node.responses();
        match self.probe().await {
            Finding::Responds { loses_connections } => {
                self.end_requests_on_lost_connections(began, loses_connections)
                    .await;
            }
            Finding::Hangs if self.node.responses() == responses_before => self.eject().await,
            Finding::Hangs | Finding::Unknown => {}
        }
    }

    /// Probes the node over a connection of its own, and over one of the pool: packets may be lost on the way to the
    /// one, and the other, if it exists already, needs none that a request would not need. If neither responds for half
    /// of the time, probes it once more, beside the other nodes: it has the same chance as they have.
    ///
    /// It hangs only if one of the others responds to the probe, or to any request meanwhile. Otherwise the fault may
    /// lie in the network of this process, and ejections would help nothing.
    async fn probe(&self) -> Finding {
        let mut probes = Probes::new();
        probes.push(self.send(ConnectionPool::Separate));
        probes.push(self.send(ConnectionPool::Shared));
        let half = running_time::sleep(self.prober().timeouts.response / 2, self.clock);
        let first = match future::select(pin!(decision(&mut probes)), pin!(half)).await {
            Either::Left((first, _)) => first,
            Either::Right(_) => None,
        };
        let (result, do_others_respond) = match first {
            Some(result @ (_, ProbeResult::Responded | ProbeResult::NotSent)) => {
                (Some(result), false)
            }
            Some((_, ProbeResult::Unresponsive | ProbeResult::Failed)) | None => {
                probes.push(self.send(ConnectionPool::Separate));
                future::join(decision(&mut probes), self.do_others_respond()).await
            }
        };
        match result {
            Some((pool, ProbeResult::Responded)) => Finding::Responds {
                loses_connections: pool != ConnectionPool::Shared
                    && loses_connections(&mut probes).await,
            },
            Some((_, ProbeResult::Unresponsive | ProbeResult::Failed)) if do_others_respond => {
                Finding::Hangs
            }
            Some((_, ProbeResult::Unresponsive | ProbeResult::Failed | ProbeResult::NotSent))
            | None => Finding::Unknown,
        }
    }

    /// Probes the other nodes. Returns whether one of them responds to that, or to any request meanwhile.
    async fn do_others_respond(&self) -> bool {
        let responses = || self.others.iter().map(|node| node.responses()).sum::<u64>();
        let before = responses();
        let urls = self.others.iter().map(|node| node.url());
        let probed = self.prober().any_responds(urls, ConnectionPool::Separate);
        probed.await || responses() > before
    }

    fn send(&self, pool: ConnectionPool) -> BoxFuture<'_, (ConnectionPool, ProbeResult)> {
        let probe = self.prober().probe(self.node.url(), pool);
        Box::pin(probe.map(move |result| (pool, result)))
    }

    fn prober(&self) -> Prober<'_> {
        Prober {
            client: self.client.as_ref(),
            timeouts: ProbeTimeouts::of(self.node.latency()),
            clock: self.clock,
        }
    }

    /// Ejects the node, and ends the requests that wait on it, so that they are retried on another node.
    async fn eject(&self) {
        if let Some(discovery) = self.discovery.upgrade() {
            let now = discovery.clock.now();
            let node = Arc::clone(&self.node);
            if let Some(event) = discovery.router.eject_unresponsive(node, now) {
                discovery.record_health_event(&event);
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

    /// Ends the requests that wait on lost connections of the node, which is alive: all that have waited since the
    /// check
    /// `began` if connections are lost, of the other nodes at least, and those that have waited for longer than any
    /// response takes in any case.
    async fn end_requests_on_lost_connections(
        &self,
        began: Option<Duration>,
        loses_connections: bool,
    ) {
        let mut since = began;
        let mut end_lost = || {
            self.end_lost(since);
            since = self.begin_generation();
        };
        let prober = self.prober();
        if loses_connections {
            return lost_connections::close(prober, &self.node, &mut end_lost).await;
        }
        // Where all connections are lost, the only one to this node may be that of a request which waits.
        for other in &self.others {
            if lost_connections::are_in_pool(prober, other).await {
                return lost_connections::close(prober, other, &mut end_lost).await;
            }
        }
        if let Some(discovery) = self.discovery.upgrade() {
            let snapshot = discovery.router.snapshot();
            let limit = overdue_limit(snapshot.topology().nodes().iter());
            self.end_lost(discovery.running_clock.now().checked_sub(limit));
        }
    }

    /// Begins a generation of requests to the node. Returns the time.
    fn begin_generation(&self) -> Option<Duration> {
        let discovery = self.discovery.upgrade()?;
        let now = discovery.running_clock.now();
        (discovery.config.requests.begin_generation)(self.node.extension(), now);
        Some(now)
    }

    fn end_lost(&self, since: Option<Duration>) {
        if let (Some(discovery), Some(since)) = (self.discovery.upgrade(), since) {
            (discovery.config.requests.end_lost)(self.node.extension(), since);
        }
    }
}

/// Probes of the node that are under way.
type Probes<'a> = FuturesUnordered<BoxFuture<'a, (ConnectionPool, ProbeResult)>>;

/// Returns the first result that decides: a response, none on a connection, or a probe that could not be sent. After
/// failures the others are waited for.
async fn decision(probes: &mut Probes<'_>) -> Option<(ConnectionPool, ProbeResult)> {
    let mut last = None;
    while let Some(result) = probes.next().await {
        last = Some(result);
        if result.1 != ProbeResult::Failed {
            break;
        }
    }
    last
}

/// Returns whether the probe over the pool, if it is under way, gets no response on its connection.
async fn loses_connections(probes: &mut Probes<'_>) -> bool {
    while let Some((pool, result)) = probes.next().await {
        if pool == ConnectionPool::Shared {
            return result == ProbeResult::Unresponsive;
        }
    }
    false
}
