//! The responses of each node, and its own description.

use super::rows::read;
use super::seeds::{health, list};
use super::server_tables::Member;
use super::{CONCURRENCY, ClusterFacts, Collector, MAX_NODES, Outcome, REQUESTS_PER_NODE};
use crate::connection::{Failure, NodeClient, PlainClient, compressed};
use alternator_lb_sdk::BuildError;
use alternator_lb_sdk::permissions::ServerTable;
use futures_util::TryStreamExt as _;
use futures_util::stream;
use std::collections::BTreeSet;
use std::net::IpAddr;

/// The responses of a node.
#[derive(Debug, Default)]
pub(crate) struct NodeFacts {
    pub(crate) url: String,
    /// The address. `None` for a seed that is a name.
    pub(crate) address: Option<IpAddr>,
    /// True if `/localnodes` lists it. Others are seeds.
    pub(crate) is_listed: bool,
    pub(crate) health: Outcome<()>,
    pub(crate) list: Outcome<Vec<String>>,
    /// ListTables, with the credentials.
    pub(crate) operation: Outcome<()>,
    /// The request after one that the node has shed.
    pub(crate) after_shedding: Option<Shedding>,
    /// Its row of `system.local`.
    pub(crate) local: Outcome<LocalRow>,
    /// Its version of ScyllaDB.
    pub(crate) version: Outcome<Option<String>>,
    /// An operation that was compressed.
    pub(crate) compressed: Outcome<()>,
    /// The client of the node, if it serves.
    pub(super) client: Option<NodeClient>,
}

/// The outcome of the request after one that was shed.
#[derive(Clone, Debug)]
pub(crate) enum Shedding {
    Served,
    /// It failed.
    Broken(Failure),
}

/// The row of a node in `system.local`.
#[derive(Clone, Debug, Default)]
pub(crate) struct LocalRow {
    pub(crate) cluster: Option<String>,
    pub(crate) datacenter: Option<String>,
    pub(crate) rack: Option<String>,
}

/// The number of `GET /` that measure a node's round trip, after the first one: the least of some is hardly disturbed.
const PINGS: usize = 4;

/// The length of a table name with which a request is compressed, and which tables can have.
const LONG_NAME: usize = 150;

impl NodeFacts {
    /// The facts of a seed that is in no list.
    fn of_seed(url: &str, address: Option<IpAddr>) -> Self {
        Self {
            url: url.to_owned(),
            address,
            ..Self::default()
        }
    }

    pub(crate) fn responds(&self) -> bool {
        matches!(self.health, Some(Ok(())))
    }

    /// Returns true if it serves operations with the credentials.
    pub(crate) fn serves(&self) -> bool {
        matches!(self.operation, Some(Ok(())))
    }

    pub(crate) fn is_at(&self, address: IpAddr) -> bool {
        self.address == Some(address)
    }

    /// Its datacenter and rack, if it names them.
    pub(crate) fn member(&self) -> Option<Member> {
        let Some(Ok(local)) = &self.local else {
            return None;
        };
        Some(Member {
            address: self.address?,
            datacenter: local.datacenter.clone()?,
            rack: local.rack.clone()?,
        })
    }

    async fn collect(&mut self, collector: &Collector<'_>) -> Result<(), BuildError> {
        self.health = Some(health(&collector.plain, &self.url).await);
        if !self.responds() {
            return Ok(());
        }
        self.list = Some(list(&collector.plain, &self.url, "").await);
        for _ in 0..PINGS {
            // The connection returns to the pool in a task of its own.
            tokio::task::yield_now().await;
            // The meter has recorded it.
            let _ = collector.plain.get(&self.url, "/").await;
        }
        let client = collector.node_client(&self.url).await?;
        let mut operation = list_tables(&client).await;
        if operation
            .as_ref()
            .is_err_and(|failure| failure.is("InvalidSignatureException"))
        {
            // From the first response on, the client knows the clock of the node.
            operation = list_tables(&client).await;
        }
        let is_shed = operation
            .as_ref()
            .is_err_and(|failure| failure.is("RequestLimitExceeded"));
        self.operation = Some(operation);
        if is_shed {
            self.after_shedding = Some(after_shedding(&collector.plain, &self.url).await);
        }
        if self.serves() {
            self.local = Some(local(&client).await);
            self.version = Some(version(&client).await);
            self.compressed = Some(compressed_operation(&client).await);
            self.client = Some(client);
        }
        Ok(())
    }
}

impl ClusterFacts {
    pub(super) async fn collect_nodes(
        &mut self,
        collector: &Collector<'_>,
        seed: &str,
    ) -> Result<(), BuildError> {
        collector.progress.begin("nodes");
        let mut nodes = self.listed_nodes(seed);
        for seed in &self.seeds {
            // One that is a name is one of the listed nodes, or leads to them.
            if let Ok(address) = host(&seed.url).trim_matches(['[', ']']).parse()
                && !nodes.iter().any(|node| node.is_at(address))
            {
                nodes.push(NodeFacts::of_seed(&seed.url, Some(address)));
            }
        }
        self.omitted_nodes = nodes.len().saturating_sub(MAX_NODES);
        nodes.truncate(MAX_NODES);
        self.nodes = nodes;
        collect_each(&mut self.nodes, collector).await?;
        if !self.nodes.iter().any(NodeFacts::responds) {
            // A name, whose nodes cannot be reached by their addresses: their service is checked through it.
            self.nodes.push(NodeFacts::of_seed(seed, None));
            let [.., seed] = self.nodes.as_mut_slice() else {
                return Ok(());
            };
            return collect_each(std::slice::from_mut(seed), collector).await;
        }
        Ok(())
    }

    /// The nodes that the seeds list, for the scope too.
    fn listed_nodes(&self, seed: &str) -> Vec<NodeFacts> {
        let lists = self.seeds.iter().filter_map(|seed| seed.list.as_ref());
        let scopes = self.scopes.iter().filter_map(|scope| scope.list.as_ref());
        let entries = lists.chain(scopes).flatten().flatten();
        let addresses = entries.filter_map(|entry| entry.parse::<IpAddr>().ok());
        let addresses: BTreeSet<_> = addresses.map(|address| address.to_canonical()).collect();
        let listed = addresses.into_iter().map(|address| NodeFacts {
            url: at_address(seed, address),
            address: Some(address),
            is_listed: true,
            ..NodeFacts::default()
        });
        listed.collect()
    }
}

async fn collect_each(
    nodes: &mut [NodeFacts],
    collector: &Collector<'_>,
) -> Result<(), BuildError> {
    collector.meter.allow(REQUESTS_PER_NODE * nodes.len());
    collector.progress.add(nodes.len());
    let collecting = stream::iter(nodes.iter_mut().map(Ok));
    collecting
        .try_for_each_concurrent(CONCURRENCY, |node| async {
            let result = node.collect(collector).await;
            collector.progress.advance();
            result
        })
        .await
}

/// The URL of another node with the scheme and port of this one.
fn at_address(url: &str, address: IpAddr) -> String {
    let address = match address {
        IpAddr::V4(address) => address.to_string(),
        IpAddr::V6(address) => format!("[{address}]"),
    };
    url.replacen(host(url), &address, 1)
}

/// The host of a URL which has a scheme and a port.
pub(crate) fn host(url: &str) -> &str {
    let authority = url
        .split_once("://")
        .map_or(url, |(_, authority)| authority);
    authority
        .rsplit_once(':')
        .map_or(authority, |(host, _)| host)
}

async fn list_tables(client: &NodeClient) -> Result<(), Failure> {
    let operation = client.sdk().list_tables().limit(1).send();
    client.result(operation).await.map(drop)
}

async fn after_shedding(client: &PlainClient, node: &str) -> Shedding {
    tokio::task::yield_now().await;
    match health(client, node).await {
        Ok(()) => Shedding::Served,
        Err(failure) => Shedding::Broken(failure),
    }
}

async fn local(client: &NodeClient) -> Result<LocalRow, Failure> {
    let columns = ["cluster_name", "data_center", "rack"];
    let rows = read(
        client,
        ServerTable::Local.name(),
        &[("key", "local")],
        &columns,
    )
    .await?;
    let text = |column: &str| rows.iter().next()?.text(column).map(str::to_owned);
    Ok(LocalRow {
        cluster: text("cluster_name"),
        datacenter: text("data_center"),
        rack: text("rack"),
    })
}

async fn version(client: &NodeClient) -> Result<Option<String>, Failure> {
    let rows = read(client, "system.versions", &[("key", "local")], &["version"]).await?;
    let version = rows.iter().next().and_then(|row| row.text("version"));
    Ok(version.map(str::to_owned))
}

/// Lists the tables after one with a name so long that the request is compressed.
async fn compressed_operation(client: &NodeClient) -> Result<(), Failure> {
    let name = "a".repeat(LONG_NAME);
    let operation = client.sdk().list_tables().limit(1);
    let operation = operation.exclusive_start_table_name(name).customize();
    client.result(compressed(operation).send()).await.map(drop)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nodes_have_the_scheme_and_port_of_the_seed() {
        let address = IpAddr::from([10, 0, 0, 2]);
        for (seed, expected) in [
            ("http://10.0.0.1:8000", "http://10.0.0.2:8000"),
            ("https://db.example:8043", "https://10.0.0.2:8043"),
            ("http://[::1]:8000", "http://10.0.0.2:8000"),
        ] {
            assert_eq!(at_address(seed, address), expected);
        }
        let address = "2001:db8::1".parse().unwrap();
        assert_eq!(at_address("http://a:1", address), "http://[2001:db8::1]:1");
    }
}
