//! A discovery for unit tests.

use super::fake::{FakeNetwork, numbers, url};
use super::{ACTIVE, Ask, Discovery, IDLE, Intervals, RefreshError, Report, Settings};
use crate::clock::Clock;
use crate::health::{Outcome, State};
use crate::routing::{Peer, Plan, Policy, Router, Table, Target};
use crate::topology::{NodeUrl, Scope, Topology};
use std::cell::Cell;
use std::sync::{Arc, Mutex};

/// A discovery over a fake network.
pub(super) struct Bench {
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

pub(super) fn note(report: &Report) {
    REPORTS.with(|reports| reports.lock().unwrap().push(format!("{report:?}")));
}

/// What was reported since the last time this was called.
pub(super) fn reports() -> Vec<String> {
    REPORTS.with(|reports| std::mem::take(&mut *reports.lock().unwrap()))
}

impl Bench {
    pub(super) fn new(seeds: Vec<NodeUrl>, scope: Option<Scope>) -> Self {
        Self::with(seeds, scope, true)
    }

    pub(super) fn with(seeds: Vec<NodeUrl>, scope: Option<Scope>, spill_over: bool) -> Self {
        Self::with_settings(seeds, scope, |settings| settings.spill_over = spill_over)
    }

    pub(super) fn with_settings(
        seeds: Vec<NodeUrl>,
        scope: Option<Scope>,
        change: impl FnOnce(&mut Settings<()>),
    ) -> Self {
        let network = Arc::new(FakeNetwork::default());
        let table = Table::new(Arc::new(Topology::new(
            std::slice::from_ref(&seeds),
            |_| Peer::new(()),
        )));
        let router = Arc::new(Router::new(table, Policy::default(), 0));
        let mut settings = Settings {
            seeds,
            scope_is_chosen: scope.is_some(),
            scope: scope.unwrap_or_default(),
            spill_over: true,
            knows_datacenter: false,
            intervals: Intervals {
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
        discovery.hear_of_answers();
        let ask: Arc<dyn Ask> = Arc::clone(&network) as _;
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
    pub(super) fn trouble(&self) {
        self.discovery.signals().trouble();
    }

    /// The nodes that requests may go to.
    pub(super) fn nodes(&self) -> Vec<u8> {
        let table = self.router.table();
        numbers(table.topology().nodes().iter().map(|node| node.url()))
    }

    /// The same, by the scope that they are wanted for.
    pub(super) fn tiers(&self) -> Vec<Vec<u8>> {
        let table = self.router.table();
        let tiers = table.topology().tiers();
        tiers
            .map(|tier| numbers(tier.iter().map(|node| node.url())))
            .collect()
    }

    /// The nodes for operations that want one coordinator for all clients, and those of them that are for nothing else.
    pub(super) fn home(&self) -> (Vec<u8>, Vec<u8>) {
        let table = self.router.table();
        let topology = table.topology();
        let home = topology.nodes().iter().zip(topology.are_home());
        let home = home.filter(|(_, is_home)| **is_home);
        let aside = topology.aside().iter().map(|node| node.url());
        (numbers(home.map(|(node, _)| node.url())), numbers(aside))
    }

    pub(super) async fn refresh_tiers(&self) -> Result<Vec<Vec<u8>>, RefreshError> {
        self.discovery.refresh().await.map(|()| self.tiers())
    }

    fn target(&self, last: u8) -> Arc<Target<()>> {
        let table = self.router.table();
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
