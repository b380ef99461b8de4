//! A discovery for unit tests.

use super::fake::{FakeNetwork, numbers, url};
use super::{
    ACTIVE, Discovery, DiscoveryClient, DiscoveryConfig, IDLE, RefreshError, RefreshIntervals,
    TopologyEvent,
};
use crate::clock::Clock;
use crate::health::{Outcome, State};
use crate::routing::{Endpoint, EndpointState, Plan, Policy, Router, RoutingSnapshot};
use crate::topology::{NodeUrl, Scope, Topology};
use std::cell::Cell;
use std::sync::{Arc, Mutex};

/// A discovery over a fake network.
pub(super) struct Harness {
    pub(super) network: Arc<FakeNetwork>,
    pub(super) router: Arc<Router<()>>,
    pub(super) discovery: Arc<Discovery<()>>,
}

thread_local! {
    /// What was reported on this thread, on which its test runs alone.
    static REPORTS: Mutex<Vec<String>> = const { Mutex::new(Vec::new()) };
}

thread_local! {
    /// How often the requests of a node were ended, on this thread.
    static ENDED: Cell<u32> = const { Cell::new(0) };
}

/// How often the requests of a node were ended since the last time this was called.
pub(super) fn ended() -> u32 {
    ENDED.with(Cell::take)
}

pub(super) fn note(report: &TopologyEvent) {
    REPORTS.with(|reports| reports.lock().unwrap().push(format!("{report:?}")));
}

/// What was reported since the last time this was called.
pub(super) fn reports() -> Vec<String> {
    REPORTS.with(|reports| std::mem::take(&mut *reports.lock().unwrap()))
}

impl Harness {
    pub(super) fn new(seeds: Vec<NodeUrl>, scope: Option<Scope>) -> Self {
        Self::with(seeds, scope, true)
    }

    pub(super) fn with(seeds: Vec<NodeUrl>, scope: Option<Scope>, spill_over: bool) -> Self {
        Self::with_settings(seeds, scope, |settings| settings.spill_over = spill_over)
    }

    pub(super) fn with_settings(
        seeds: Vec<NodeUrl>,
        scope: Option<Scope>,
        change: impl FnOnce(&mut DiscoveryConfig<()>),
    ) -> Self {
        let network = Arc::new(FakeNetwork::default());
        let table = RoutingSnapshot::new(Arc::new(Topology::new(
            std::slice::from_ref(&seeds),
            |_| EndpointState::new(()),
        )));
        let router = Arc::new(Router::new(table, Policy::default(), 0));
        let mut settings = DiscoveryConfig {
            seeds,
            scope_is_chosen: scope.is_some(),
            scope: scope.unwrap_or_default(),
            spill_over: true,
            discovers_local_datacenter: false,
            intervals: RefreshIntervals {
                active: ACTIVE,
                idle: IDLE,
            },
            attach: |_| (),
            end_requests: |()| {
                ENDED.with(|ended| ended.set(ended.get() + 1));
            },
            report: Box::new(note),
        };
        change(&mut settings);
        let discovery = Arc::new(Discovery::new(settings, Arc::clone(&router), Clock::new()));
        discovery.track_outcomes();
        let ask: Arc<dyn DiscoveryClient> = Arc::clone(&network) as _;
        discovery.adopt(|| ask);
        Self {
            network,
            router,
            discovery,
        }
    }

    pub(super) async fn refresh(&self) -> Result<Vec<u8>, RefreshError> {
        self.discovery.refresh().await.map(|()| self.nodes())
    }

    /// Something that casts doubt on the list.
    pub(super) fn failure_hint(&self) {
        self.discovery.wake_ups().failure_hint();
    }

    /// The nodes that requests may go to.
    pub(super) fn nodes(&self) -> Vec<u8> {
        let table = self.router.snapshot();
        numbers(table.topology().nodes().iter().map(|node| node.url()))
    }

    /// The same, by the scope that they are wanted for.
    pub(super) fn levels(&self) -> Vec<Vec<u8>> {
        let table = self.router.snapshot();
        let levels = table.topology().levels();
        levels
            .map(|level| numbers(level.iter().map(|node| node.url())))
            .collect()
    }

    /// The nodes for operations that want one coordinator for all clients, and those of them that are for nothing else.
    pub(super) fn home(&self) -> (Vec<u8>, Vec<u8>) {
        let table = self.router.snapshot();
        let topology = table.topology();
        let home = topology.nodes().iter().zip(topology.are_local());
        let home = home.filter(|(_, is_local)| **is_local);
        let out_of_scope = topology.out_of_scope().iter().map(|node| node.url());
        (
            numbers(home.map(|(node, _)| node.url())),
            numbers(out_of_scope),
        )
    }

    pub(super) async fn refresh_tiers(&self) -> Result<Vec<Vec<u8>>, RefreshError> {
        self.discovery.refresh().await.map(|()| self.levels())
    }

    fn target(&self, last: u8) -> Arc<Endpoint<()>> {
        let table = self.router.snapshot();
        Arc::clone(table.topology().find(&url(last)).unwrap())
    }

    pub(super) fn state(&self, last: u8) -> State {
        self.target(last).health().state()
    }

    /// A request that waits on a node.
    pub(super) fn request(&self, last: u8) -> Plan<()> {
        let mut plan = Plan::pinned_to(self.target(last));
        let now = self.discovery.clock().now();
        let rng = &mut fastrand::Rng::with_seed(1);
        self.router.advance(&mut plan, true, now, rng).unwrap();
        self.discovery.attempt_begun();
        plan
    }

    /// Ends a request.
    pub(super) fn settle(&self, mut plan: Plan<()>, outcome: Outcome) {
        let now = self.discovery.clock().now();
        if let Some(change) = self.router.settle(&mut plan, outcome, now) {
            self.discovery.note(&change);
        }
    }
}
