//! A client: a process with the plugin.

use crate::looking::Watch;
use crate::node;
use crate::operations::Token;
use crate::refreshing::List;
use crate::retries::Purses;
use crate::routing::{Peer, Policy, Router, Table};
use crate::topology::{NodeUrl, Topology};
use std::sync::Arc;
use std::time::Duration;

#[derive(Debug)]
pub(crate) struct Client {
    pub(crate) router: Router<u32>,
    pub(crate) rng: fastrand::Rng,
    pub(crate) rack: u32,
    /// Its attempts under way.
    pub(crate) in_flight: Vec<Token>,
    pub(crate) purses: Purses,
    pub(crate) watch: Watch,
    pub(crate) list: List,
}

impl Client {
    /// One that knows these nodes.
    pub(crate) fn new(
        rack: u32,
        tiers: &[Vec<NodeUrl>],
        list: List,
        mut rng: fastrand::Rng,
    ) -> Self {
        let topology = Topology::new(tiers, |url| Peer::new(node::number(url)));
        let table = Table::new(Arc::new(topology));
        Self {
            router: Router::new(table, Policy::default(), rng.usize(..)),
            rng,
            rack,
            in_flight: Vec::new(),
            purses: Purses::new(),
            watch: Watch::new(),
            list,
        }
    }

    /// Puts another list in force. Returns whether ejections are ignored from now on, or not any more, if that has changed.
    pub(crate) fn publish(&self, tiers: &[Vec<NodeUrl>], now: Duration) -> Option<bool> {
        let table = self.router.table();
        let topology = table
            .topology()
            .refreshed(tiers, |url| Peer::unproven(node::number(url), now));
        self.router.publish(Table::new(Arc::new(topology)))
    }
}
