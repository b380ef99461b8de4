//! The facts about a cluster, which the checks evaluate.
//!
//! Collecting them makes all requests of a run, and evaluates nothing; the checks make no request. So the limits of
//! requests are here, and each check sees which facts are missing when the time is up.

mod cluster;
mod nodes;
mod rows;
mod seeds;
mod server_tables;
mod tables;

pub(crate) use cluster::ScopeFacts;
pub(crate) use nodes::{NodeFacts, Shedding, host};
pub(crate) use seeds::SeedFacts;
pub(crate) use server_tables::{Member, ServerTableFacts};
pub(crate) use tables::{TableFacts, TableList};

use super::progress::Progress;
use crate::arguments::CheckArguments;
use crate::connection::{
    Credentials, Exchange, Failure, Meter, MeteredClient, NodeClient, PlainClient, request_limit,
};
use alternator_lb_sdk::{BuildError, RefreshError};
use aws_smithy_runtime_api::client::http::SharedHttpClient;
use std::collections::BTreeMap;
use std::net::IpAddr;
use std::sync::Arc;
use std::time::Duration;
use tokio::time::{Instant, timeout_at};

/// The outcome of a request. `None` if it was not made.
pub(crate) type Outcome<T> = Option<Result<T, Failure>>;

/// The facts about a cluster.
#[derive(Debug, Default)]
pub(crate) struct ClusterFacts {
    pub(crate) seeds: Vec<SeedFacts>,
    /// The nodes that `/localnodes` lists for a rack that does not exist: none, if the server knows the filter.
    pub(crate) unknown_rack: Outcome<Vec<String>>,
    pub(crate) scopes: Vec<ScopeFacts>,
    /// The nodes that the library finds, with the application's seeds and scope.
    pub(crate) discovered: Option<Result<Vec<String>, RefreshError>>,
    pub(crate) nodes: Vec<NodeFacts>,
    /// The number of nodes over the limit.
    pub(crate) omitted_nodes: usize,
    /// An operation without a signature.
    pub(crate) unsigned: Outcome<()>,
    /// The node that further operations were made on.
    pub(crate) serving_node: Option<String>,
    pub(crate) server_tables: ServerTableFacts,
    pub(crate) tables: TableList,
    pub(crate) exchanges: Vec<Exchange>,
    /// The number of requests.
    pub(crate) requests: usize,
    pub(crate) is_out_of_time: bool,
}

/// The number of nodes that are checked: those of all but the largest clusters.
pub(crate) const MAX_NODES: usize = 100;
/// The number of tables that are checked: one page of ListTables.
pub(crate) const MAX_TABLES: usize = 100;
/// The number of nodes, or tables, that are checked at a time: a light load, and a hundred nodes take some seconds.
const CONCURRENCY: usize = 8;

/// The limits of requests, which the README states.
const REQUESTS_PER_RUN: usize = 64;
const REQUESTS_PER_SEED: usize = 2;
const REQUESTS_PER_NODE: usize = 20;
const REQUESTS_PER_TABLE: usize = 4;

/// Makes the requests.
pub(super) struct Collector<'a> {
    arguments: &'a CheckArguments,
    http_client: MeteredClient,
    plain: PlainClient,
    meter: Arc<Meter>,
    limit: Duration,
    progress: &'a Progress,
}

impl<'a> Collector<'a> {
    pub(super) fn new(
        arguments: &'a CheckArguments,
        http_client: SharedHttpClient,
        progress: &'a Progress,
    ) -> Self {
        let meter = Arc::new(Meter::default());
        let limit = request_limit(arguments.timeout);
        let http_client = MeteredClient::new(http_client, Arc::clone(&meter));
        Self {
            arguments,
            plain: PlainClient::new(http_client.clone(), limit),
            http_client,
            meter,
            limit,
            progress,
        }
    }

    fn credentials(&self) -> Option<&Credentials> {
        self.arguments.credentials.as_ref()
    }

    async fn node_client(&self, node: &str) -> Result<NodeClient, BuildError> {
        NodeClient::new(node, &self.http_client, self.credentials(), self.limit).await
    }
}

impl ClusterFacts {
    /// Collects all facts, or those that can be collected in time.
    pub(super) async fn collect(collector: &Collector<'_>) -> Result<Self, BuildError> {
        let deadline = Instant::now() + collector.arguments.timeout;
        let mut facts = Self::default();
        let result = timeout_at(deadline, facts.collect_all(collector)).await;
        facts.is_out_of_time = result.is_err();
        facts.exchanges = collector.meter.exchanges();
        facts.requests = collector.meter.sent();
        result.unwrap_or(Ok(())).map(|()| facts)
    }

    async fn collect_all(&mut self, collector: &Collector<'_>) -> Result<(), BuildError> {
        collector.meter.allow(REQUESTS_PER_RUN);
        self.collect_seeds(collector).await?;
        let Some(seed) = self.responding_seed().map(str::to_owned) else {
            return Ok(());
        };
        self.collect_lists(collector, &seed).await;
        self.collect_nodes(collector, &seed).await?;
        self.collect_unsigned(collector).await;
        let mut serving = self.nodes.iter();
        let serving = serving.find_map(|node| Some((node.url.clone(), node.client.clone()?)));
        if let Some((url, client)) = serving {
            self.serving_node = Some(url);
            self.collect_table_list(collector, &client).await;
            self.collect_server_tables(collector, &client).await;
            self.collect_tables(collector, &client).await;
        }
        // Last, since it may wait for nodes that are down.
        self.collect_discovered(collector).await
    }

    /// The first seed that is a node of Alternator.
    pub(crate) fn responding_seed(&self) -> Option<&str> {
        let seed = self
            .seeds
            .iter()
            .find(|seed| matches!(seed.health, Some(Ok(()))));
        seed.map(|seed| seed.url.as_str())
    }

    /// The reason for which a request was not made.
    pub(crate) fn skip_reason(&self) -> &'static str {
        if self.is_out_of_time {
            "the time was up: raise --timeout"
        } else if self.responding_seed().is_none() {
            "no seed responds"
        } else if !self.nodes.iter().any(NodeFacts::responds) {
            "no node responds"
        } else {
            "no node serves operations with these credentials"
        }
    }

    /// All nodes of the cluster, with their datacenters and racks. An error if some may be missing.
    pub(crate) fn members(&self) -> Outcome<Vec<Member>> {
        let peers = match &self.server_tables.peers {
            Some(Ok(peers)) => peers.as_slice(),
            Some(Err(_)) | None if self.is_every_place_known() => &[],
            Some(Err(failure)) => return Some(Err(failure.clone())),
            None => return None,
        };
        let of_nodes = self.nodes.iter().filter_map(NodeFacts::member);
        let members = peers.iter().cloned().chain(of_nodes);
        // A node is a peer of others.
        let members: BTreeMap<_, _> = members.map(|member| (member.address, member)).collect();
        Some(Ok(members.into_values().collect()))
    }

    /// Returns true if each listed node has named its own place.
    fn is_every_place_known(&self) -> bool {
        let mut listed = self.nodes.iter().filter(|node| node.is_listed).peekable();
        let are_listed = listed.peek().is_some() && self.omitted_nodes == 0;
        are_listed && listed.all(|node| node.member().is_some())
    }

    /// The nodes that `/localnodes` lists, with their datacenters and racks.
    pub(crate) fn listed_members(&self) -> Outcome<Vec<Member>> {
        let is_listed = |address: IpAddr| {
            let mut nodes = self.nodes.iter();
            nodes.any(|node| node.is_listed && node.is_at(address))
        };
        let members = self.members();
        members.map(|members| {
            members.map(|mut members| {
                members.retain(|member| is_listed(member.address));
                members
            })
        })
    }
}

#[cfg(test)]
mod tests;
