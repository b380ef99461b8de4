//! A discovery over a simulated network, for unit tests.

use super::simulated_network::{SimulatedNetwork, numbers, url};
use super::{
    ACTIVE, AllowedAddresses, Discovery, DiscoveryClient, DiscoveryConfig, EventSink, IDLE,
    RefreshError, RefreshIntervals, RequestControl, TopologyEvent,
};
use crate::clock::Clock;
use crate::health::{Outcome, State};
use crate::routing::{Endpoint, EndpointState, Plan, Policy, Router, RoutingSnapshot};
use crate::topology::{NodeUrl, Scope, Topology};
use std::cell::{Cell, RefCell};
use std::sync::Arc;
use std::time::Duration;

/// A discovery with its router and its network.
pub(super) struct Harness {
    pub(super) network: Arc<SimulatedNetwork>,
    pub(super) router: Arc<Router<()>>,
    pub(super) discovery: Arc<Discovery<()>>,
}

thread_local! {
    /// The events on this thread, on which its test runs alone.
    static EVENTS: RefCell<Vec<String>> = const { RefCell::new(Vec::new()) };
    /// How often the requests of a node were aborted, on this thread.
    static ENDED: Cell<u32> = const { Cell::new(0) };
    /// The times at which requests on lost connections have waited already when they were aborted.
    static LOST: RefCell<Vec<Duration>> = const { RefCell::new(Vec::new()) };
    static GENERATIONS: RefCell<Vec<Duration>> = const { RefCell::new(Vec::new()) };
    /// The time since which the oldest request waits.
    static OLDEST: Cell<Option<Duration>> = const { Cell::new(None) };
}

/// Has the oldest request of all nodes wait since this time.
pub(super) fn set_oldest(since: Option<Duration>) {
    OLDEST.set(since);
}

/// Returns since when the requests have waited that were aborted on lost connections since the last call.
pub(super) fn take_lost() -> Vec<Duration> {
    LOST.take()
}

/// Returns the times at which generations of requests have begun since the last call.
pub(super) fn take_generations() -> Vec<Duration> {
    GENERATIONS.take()
}

/// Returns how often the requests of a node were aborted since the last call.
pub(super) fn take_ended() -> u32 {
    ENDED.take()
}

/// Returns the events since the last call.
pub(super) fn take_events() -> Vec<String> {
    EVENTS.take()
}

pub(super) fn config(seeds: Vec<NodeUrl>, scope: Option<Scope>) -> DiscoveryConfig<()> {
    DiscoveryConfig {
        seeds,
        scope_is_chosen: scope.is_some(),
        scope: scope.unwrap_or_default(),
        queries_nodes: true,
        spill_over: true,
        discovers_local_datacenter: false,
        allowed_addresses: AllowedAddresses::default(),
        address_translator: None,
        min_idle: 0,
        intervals: RefreshIntervals {
            active: ACTIVE,
            idle: IDLE,
        },
        attach: |_| (),
        requests: RequestControl {
            end: |()| ENDED.set(ENDED.get() + 1),
            begin_generation: |(), now| GENERATIONS.with_borrow_mut(|begun| begun.push(now)),
            oldest: |()| OLDEST.get(),
            end_lost: |(), since| LOST.with_borrow_mut(|lost| lost.push(since)),
        },
        report: EventSink::new(|event| {
            if !matches!(event, TopologyEvent::RefreshEnded { .. }) {
                EVENTS.with_borrow_mut(|events| events.push(format!("{event:?}")));
            }
        }),
    }
}

/// A router over the seeds.
pub(super) fn router(seeds: &[NodeUrl]) -> Arc<Router<()>> {
    let topology = Topology::new(&[seeds.to_vec()], |_| EndpointState::new(()));
    let snapshot = RoutingSnapshot::new(Arc::new(topology));
    Arc::new(Router::new(snapshot, Policy::default(), 0))
}

impl Harness {
    pub(super) fn new(seeds: Vec<NodeUrl>, scope: Option<Scope>) -> Self {
        Self::with_config(seeds, scope, |_| {})
    }

    pub(super) fn with_config(
        seeds: Vec<NodeUrl>,
        scope: Option<Scope>,
        change: impl FnOnce(&mut DiscoveryConfig<()>),
    ) -> Self {
        let harness = Self::without_outcomes(seeds, scope, change);
        harness.discovery.track_outcomes();
        harness
    }

    /// A discovery whose router gets no outcomes, as where the endpoint resolver is installed alone.
    pub(super) fn without_outcomes(
        seeds: Vec<NodeUrl>,
        scope: Option<Scope>,
        change: impl FnOnce(&mut DiscoveryConfig<()>),
    ) -> Self {
        let network = Arc::new(SimulatedNetwork::default());
        let router = router(&seeds);
        let mut config = config(seeds, scope);
        change(&mut config);
        let discovery = Arc::new(Discovery::new(
            config,
            Arc::clone(&router),
            Clock::simulated(),
        ));
        let client: Arc<dyn DiscoveryClient> = Arc::clone(&network) as _;
        discovery.adopt(|| client);
        Self {
            network,
            router,
            discovery,
        }
    }

    pub(super) async fn refresh(&self) -> Result<Vec<u8>, RefreshError> {
        self.discovery.refresh().await.map(|()| self.nodes())
    }

    /// Hints that the list may be out of date.
    pub(super) fn failure_hint(&self) {
        self.discovery.wake_ups.record_failure_hint();
    }

    /// All nodes in the list.
    pub(super) fn nodes(&self) -> Vec<u8> {
        let snapshot = self.router.snapshot();
        numbers(snapshot.topology().nodes().iter().map(|node| node.url()))
    }

    /// The nodes of each level.
    pub(super) fn levels(&self) -> Vec<Vec<u8>> {
        let snapshot = self.router.snapshot();
        let levels = snapshot.topology().levels();
        levels
            .map(|level| numbers(level.iter().map(|node| node.url())))
            .collect()
    }

    /// The nodes of the local datacenter, and those that are out of scope.
    pub(super) fn local_nodes(&self) -> (Vec<u8>, Vec<u8>) {
        let snapshot = self.router.snapshot();
        let topology = snapshot.topology();
        let local = topology.nodes().iter().zip(topology.are_local());
        let local = local.filter(|(_, is_local)| **is_local);
        let out_of_scope = topology.out_of_scope().iter().map(|node| node.url());
        (
            numbers(local.map(|(node, _)| node.url())),
            numbers(out_of_scope),
        )
    }

    pub(super) async fn refresh_levels(&self) -> Result<Vec<Vec<u8>>, RefreshError> {
        self.discovery.refresh().await.map(|()| self.levels())
    }

    fn endpoint(&self, last: u8) -> Arc<Endpoint<()>> {
        let snapshot = self.router.snapshot();
        Arc::clone(snapshot.topology().find(&url(last)).unwrap())
    }

    pub(super) fn state(&self, last: u8) -> State {
        self.endpoint(last).health().state()
    }

    /// Sends a request to a node, which waits for its response.
    pub(super) fn request(&self, last: u8) -> Plan<()> {
        let mut plan = Plan::pinned_to(self.endpoint(last));
        let now = self.discovery.clock.now();
        let rng = &mut fastrand::Rng::with_seed(1);
        self.router.advance(&mut plan, true, now, rng).unwrap();
        self.discovery.record_attempt();
        plan
    }

    /// Ends a request with an outcome.
    pub(super) fn settle(&self, mut plan: Plan<()>, outcome: Outcome) {
        let now = self.discovery.clock.now();
        if let Some(event) = self.router.settle(&mut plan, outcome, None, now) {
            self.discovery.record_health_event(&event);
        }
    }
}
