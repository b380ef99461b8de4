use super::super::fake::{FakeNetwork, Member, numbers, url, urls};
use super::super::{ACTIVE, IDLE};
use super::*;
use crate::health::Outcome;
use crate::routing::{Plan, Policy};
use crate::topology::{Host, Scheme, Topology};
use std::sync::Mutex;
use std::time::Duration;

mod cluster;
mod names;
mod properties;
mod scopes;
mod spill_over;
mod trouble;

/// A discovery over a fake network.
struct Bench {
    network: Arc<FakeNetwork>,
    router: Arc<Router<()>>,
    discovery: Discovery<()>,
}

thread_local! {
    /// What was reported on this thread, on which its test runs alone.
    static REPORTS: Mutex<Vec<String>> = const { Mutex::new(Vec::new()) };
}

fn note(report: &Report) {
    REPORTS.with(|reports| reports.lock().unwrap().push(format!("{report:?}")));
}

/// What was reported since the last time this was called.
fn reports() -> Vec<String> {
    REPORTS.with(|reports| std::mem::take(&mut *reports.lock().unwrap()))
}

impl Bench {
    fn new(seeds: Vec<NodeUrl>, scope: Option<Scope>) -> Self {
        Self::with(seeds, scope, true)
    }

    fn with(seeds: Vec<NodeUrl>, scope: Option<Scope>, spill_over: bool) -> Self {
        let network = Arc::new(FakeNetwork::default());
        let table = Table::new(Arc::new(Topology::new(
            std::slice::from_ref(&seeds),
            |_| Peer::new(()),
        )));
        let router = Arc::new(Router::new(table, Policy::default(), 0));
        let settings = Settings {
            seeds,
            scope_is_chosen: scope.is_some(),
            scope: scope.unwrap_or_default(),
            spill_over,
            intervals: Intervals {
                active: ACTIVE,
                idle: IDLE,
            },
            attach: |_| (),
            end_requests: |()| {},
            report: note,
        };
        let discovery = Discovery::new(settings, Arc::clone(&router), Clock::new());
        let ask: Arc<dyn Ask> = Arc::clone(&network) as _;
        discovery.adopt(|| ask);
        Self {
            network,
            router,
            discovery,
        }
    }

    async fn refresh(&self) -> Result<Vec<u8>, RefreshError> {
        self.discovery.refresh().await.map(|()| self.nodes())
    }

    /// Something that casts doubt on the list.
    fn trouble(&self) {
        self.discovery.signals.trouble();
    }

    /// The nodes that requests may go to.
    fn nodes(&self) -> Vec<u8> {
        let table = self.router.table();
        numbers(table.topology().nodes().iter().map(|node| node.url()))
    }

    /// The same, by the scope that they are wanted for.
    fn tiers(&self) -> Vec<Vec<u8>> {
        let table = self.router.table();
        let tiers = table.topology().tiers();
        tiers
            .map(|tier| numbers(tier.iter().map(|node| node.url())))
            .collect()
    }

    async fn refresh_tiers(&self) -> Result<Vec<Vec<u8>>, RefreshError> {
        self.discovery.refresh().await.map(|()| self.tiers())
    }
}
