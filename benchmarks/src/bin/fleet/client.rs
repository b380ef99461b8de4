//! A client: a process with the plugin.

use crate::health_checker::HealthChecker;
use crate::node;
use crate::node_list::NodeList;
use crate::operations::Token;
use crate::retries::RetryBudgets;
use alternator_lb_core::health::NodeHealth;
use alternator_lb_core::routing::{EndpointState, Policy, Router, RoutingSnapshot};
use alternator_lb_core::topology::{NodeUrl, Topology};
use std::sync::Arc;
use std::time::Duration;

#[derive(Debug)]
pub(crate) struct Client {
    pub(crate) router: Router<u32>,
    pub(crate) rng: fastrand::Rng,
    pub(crate) rack: u32,
    /// The attempts in flight.
    pub(crate) in_flight: Vec<Token>,
    pub(crate) retry_budgets: RetryBudgets,
    pub(crate) health_checker: HealthChecker,
    pub(crate) node_list: NodeList,
}

impl Client {
    /// Creates a client that knows these nodes, by priority level.
    pub(crate) fn new(
        rack: u32,
        levels: &[Vec<NodeUrl>],
        node_list: NodeList,
        mut rng: fastrand::Rng,
    ) -> Self {
        let topology = Topology::new(levels, |url| EndpointState::new(node::index(url)));
        let snapshot = RoutingSnapshot::new(Arc::new(topology));
        Self {
            router: Router::new(snapshot, Policy::default(), rng.usize(..)),
            rng,
            rack,
            in_flight: Vec::new(),
            retry_budgets: RetryBudgets::new(),
            health_checker: HealthChecker::new(),
            node_list,
        }
    }

    /// Publishes a new list. Returns whether panic mode begins or ends, if either.
    pub(crate) fn publish(&self, levels: &[Vec<NodeUrl>], now: Duration) -> Option<bool> {
        let snapshot = self.router.snapshot();
        let topology = snapshot.topology().refreshed(levels, |url| {
            EndpointState::with_health(node::index(url), NodeHealth::pending(now))
        });
        self.router
            .publish(RoutingSnapshot::new(Arc::new(topology)))
    }
}
