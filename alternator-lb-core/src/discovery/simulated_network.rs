//! A network for unit tests: nodes by the last number of their address.

use super::{
    ClientFuture, ClientRoute, ConnectionPool, DiscoveryClient, Probe, QueryError, RouteTable,
};
use crate::topology::{Host, NodeUrl, Scheme};
use std::collections::{HashMap, HashSet};
use std::error::Error;
use std::io;
use std::net::IpAddr;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, MutexGuard};
use std::time::Duration;

/// A network whose nodes can be changed at any time, and which records what is sent.
#[derive(Debug, Default)]
pub(super) struct SimulatedNetwork(Mutex<NetworkState>);

#[derive(Debug, Default)]
struct NetworkState {
    nodes: HashMap<u8, SimulatedNode>,
    names: HashMap<String, Vec<u8>>,
    cluster_names: HashMap<u8, String>,
    queries: Vec<(u8, String)>,
    probes: Vec<(u8, ConnectionPool)>,
    look_ups: u32,
    /// The tables of routes; empty where a node has none.
    routes: HashMap<u8, RouteTable>,
    delays: HashMap<u8, Duration>,
    /// How many connections of the pool to each node are lost.
    lost_connections: HashMap<u8, usize>,
    /// How long new connections of a node take, beginning with the next one.
    connect_delays: HashMap<u8, Vec<Duration>>,
    /// The nodes with an idle connection in the shared pool.
    connected: HashSet<u8>,
    /// No node responds to queries that contain this, or end with it if it ends with `$`.
    blocked_query: Option<String>,
}

#[derive(Clone, Debug)]
enum SimulatedNode {
    /// Lists these members, by datacenter and rack.
    Members {
        datacenter: String,
        members: Vec<(String, String, u8)>,
        ignores_scopes: bool,
    },
    /// Responds with this body.
    Raw(String),
    Unresponsive,
}

/// The datacenter and rack of a node, and the last number of its address.
pub(super) type Member<'a> = (&'a str, &'a str, u8);

pub(super) fn url(last: u8) -> NodeUrl {
    NodeUrl::new(Scheme::Http, Host::Ip([127, 0, 0, last].into()), 8000)
}

pub(super) fn urls(last: &[u8]) -> Vec<NodeUrl> {
    last.iter().copied().map(url).collect()
}

/// The last numbers of addresses, sorted.
pub(super) fn numbers<'a>(nodes: impl IntoIterator<Item = &'a NodeUrl>) -> Vec<u8> {
    let mut numbers: Vec<_> = nodes
        .into_iter()
        .map(|node| match node.ip() {
            Some(IpAddr::V4(ip)) => ip.octets()[3],
            Some(IpAddr::V6(_)) | None => panic!("{node} is no simulated node"),
        })
        .collect();
    numbers.sort_unstable();
    numbers
}

impl SimulatedNetwork {
    /// Adds the nodes of a datacenter, each with its rack, which list each other.
    pub(super) fn datacenter(&self, datacenter: &str, members: &[(&str, u8)]) -> &Self {
        for (_, last) in members {
            self.lists_own(*last, datacenter, members);
        }
        self
    }

    /// Adds the nodes of a cluster, which list each other.
    pub(super) fn cluster(&self, members: &[Member<'_>]) -> &Self {
        for (datacenter, _, last) in members {
            self.lists(*last, datacenter, members);
        }
        self
    }

    /// Adds a node in `datacenter` that lists these members.
    pub(super) fn lists(&self, last: u8, datacenter: &str, members: &[Member<'_>]) -> &Self {
        let members = members
            .iter()
            .map(|(datacenter, rack, last)| ((*datacenter).to_owned(), (*rack).to_owned(), *last))
            .collect();
        let node = SimulatedNode::Members {
            datacenter: datacenter.to_owned(),
            members,
            ignores_scopes: false,
        };
        self.set(last, node)
    }

    /// Adds a node that lists these members of its own datacenter.
    pub(super) fn lists_own(&self, last: u8, datacenter: &str, members: &[(&str, u8)]) -> &Self {
        let members: Vec<_> = members
            .iter()
            .map(|(rack, last)| (datacenter, *rack, *last))
            .collect();
        self.lists(last, datacenter, &members)
    }

    /// Makes a node ignore the parameters `dc` and `rack`.
    pub(super) fn ignores_scopes(&self, last: u8) -> &Self {
        if let Some(SimulatedNode::Members { ignores_scopes, .. }) =
            self.state().nodes.get_mut(&last)
        {
            *ignores_scopes = true;
        }
        self
    }

    /// Adds a node that responds with this body.
    pub(super) fn raw(&self, last: u8, body: &str) -> &Self {
        self.set(last, SimulatedNode::Raw(body.to_owned()))
    }

    /// Adds a node that accepts connections and does not respond.
    pub(super) fn unresponsive(&self, last: u8) -> &Self {
        self.set(last, SimulatedNode::Unresponsive)
    }

    /// Removes a node: it refuses connections from now on.
    pub(super) fn dead(&self, last: u8) -> &Self {
        self.state().nodes.remove(&last);
        self
    }

    /// Delays the responses of a node from now on.
    pub(super) fn slow(&self, last: u8, delay: Duration) -> &Self {
        self.state().delays.insert(last, delay);
        self
    }

    /// Has so many connections of the pool to a node lead nowhere. Each is closed by the probe that uses it.
    pub(super) fn lose_connections(&self, last: u8, count: usize) -> &Self {
        self.state().lost_connections.insert(last, count);
        self
    }

    pub(super) fn lost_connections(&self, last: u8) -> usize {
        self.state().lost_connections[&last]
    }

    /// Returns whether a probe uses a lost connection.
    fn takes_lost_connection(&self, last: u8, pool: ConnectionPool) -> bool {
        let mut state = self.state();
        match (pool, state.lost_connections.get_mut(&last)) {
            (ConnectionPool::Shared, Some(lost)) if *lost > 0 => {
                *lost -= 1;
                true
            }
            _ => false,
        }
    }

    /// Delays the next connections of a node: of so many new ones, each takes so long.
    pub(super) fn slow_to_connect(&self, last: u8, delays: &[Duration]) -> &Self {
        let delays = delays.iter().rev().copied().collect();
        self.state().connect_delays.insert(last, delays);
        self
    }

    /// Adds an idle connection to a node to the shared pool.
    pub(super) fn connected(&self, last: u8) -> &Self {
        self.state().connected.insert(last);
        self
    }

    /// Lets no node respond to queries that contain this, or end with it if it ends with `$`, from now on.
    pub(super) fn block_query(&self, part: &str) -> &Self {
        self.state().blocked_query = Some(part.to_owned());
        self
    }

    /// Makes a name resolve to these addresses.
    pub(super) fn name(&self, name: &str, addresses: &[u8]) -> &Self {
        let addresses = addresses.to_vec();
        self.state().names.insert(name.to_owned(), addresses);
        self
    }

    /// Makes nodes tell this name of their cluster.
    pub(super) fn cluster_name(&self, nodes: &[u8], name: &str) -> &Self {
        let names = nodes.iter().map(|last| (*last, name.to_owned()));
        self.state().cluster_names.extend(names);
        self
    }

    /// Makes nodes have these rows in their table of routes: from a listed address to where it is reached.
    pub(super) fn routes(&self, nodes: &[u8], rows: &[(u8, u8)]) -> &Self {
        let routes = rows.iter().map(|(listed, reached_at)| {
            let route = ClientRoute {
                host: format!("127.0.0.{reached_at}"),
                http_port: Some(8000),
                https_port: None,
            };
            ([127, 0, 0, *listed].into(), route)
        });
        let table = RouteTable {
            is_filled: true,
            routes: routes.collect(),
        };
        let tables = nodes.iter().map(|last| (*last, table.clone()));
        self.state().routes.extend(tables);
        self
    }

    /// Makes the look-up of a name fail from now on.
    pub(super) fn remove_name(&self, name: &str) -> &Self {
        self.state().names.remove(name);
        self
    }

    fn state(&self) -> MutexGuard<'_, NetworkState> {
        self.0.lock().unwrap()
    }

    fn set(&self, last: u8, node: SimulatedNode) -> &Self {
        self.state().nodes.insert(last, node);
        self
    }

    /// Waits for a connection.
    async fn connect(&self, last: u8, pool: ConnectionPool) {
        let is_open = pool == ConnectionPool::Shared && self.state().connected.contains(&last);
        if !is_open {
            let delay = self
                .state()
                .connect_delays
                .get_mut(&last)
                .and_then(Vec::pop);
            tokio::time::sleep(delay.unwrap_or_default()).await;
        }
    }

    /// Returns the node after its delay, if it can be connected.
    async fn reach(&self, last: u8, path: &str) -> Result<SimulatedNode, QueryError> {
        let delay = self.state().delays.get(&last).copied();
        tokio::time::sleep(delay.unwrap_or_default()).await;
        let blocked_query = self.state().blocked_query.clone();
        let found = match blocked_query {
            Some(part) if path.contains(&part) => Some(SimulatedNode::Unresponsive),
            Some(part) if ends_with(path, &part) => Some(SimulatedNode::Unresponsive),
            Some(_) | None => self.state().nodes.get(&last).cloned(),
        };
        if matches!(found, Some(SimulatedNode::Unresponsive)) {
            tokio::time::sleep(Duration::from_secs(3600)).await;
        }
        let refused = || io::Error::from(io::ErrorKind::ConnectionRefused);
        found.ok_or_else(|| QueryError::Unreachable(refused().into()))
    }

    /// Returns the probes since the last call, in order.
    pub(super) fn take_probes(&self) -> Vec<(u8, ConnectionPool)> {
        std::mem::take(&mut self.state().probes)
    }

    /// Returns the queries since the last call, in order.
    pub(super) fn take_queries(&self) -> Vec<(u8, String)> {
        std::mem::take(&mut self.state().queries)
    }

    /// Returns the nodes that were queried since the last call.
    pub(super) fn take_queried_nodes(&self) -> HashSet<u8> {
        self.take_queries()
            .into_iter()
            .map(|(last, _)| last)
            .collect()
    }

    pub(super) fn look_ups(&self) -> u32 {
        self.state().look_ups
    }
}

impl DiscoveryClient for SimulatedNetwork {
    fn get<'a>(&'a self, node: &'a NodeUrl, path: String, _: usize) -> ClientFuture<'a, Vec<u8>> {
        Box::pin(async move {
            let last = numbers([node])[0];
            self.state().queries.push((last, path.clone()));
            match self.reach(last, &path).await? {
                SimulatedNode::Unresponsive => Err(QueryError::Status(504)),
                SimulatedNode::Raw(body) => Ok(body.into_bytes()),
                SimulatedNode::Members {
                    datacenter,
                    members,
                    ignores_scopes,
                } => Ok(response(&path, &datacenter, &members, ignores_scopes)),
            }
        })
    }

    fn probe<'a>(&'a self, node: &'a NodeUrl, pool: ConnectionPool) -> Probe<'a> {
        let is_connected = Arc::new(AtomicBool::new(false));
        let connected = Arc::clone(&is_connected);
        let response = async move {
            let last = numbers([node])[0];
            self.state().probes.push((last, pool));
            self.connect(last, pool).await;
            connected.store(true, Ordering::Relaxed);
            if self.takes_lost_connection(last, pool) {
                std::future::pending::<()>().await;
            }
            self.reach(last, "/").await.map(drop)
        };
        Probe::new(Box::pin(response), move || {
            is_connected.load(Ordering::Relaxed)
        })
    }

    fn cluster_name<'a>(&'a self, node: &'a NodeUrl) -> ClientFuture<'a, Option<String>> {
        Box::pin(async move {
            let last = numbers([node])[0];
            self.state().queries.push((last, "cluster_name".to_owned()));
            self.reach(last, "/").await?;
            Ok(self.state().cluster_names.get(&last).cloned())
        })
    }

    fn client_routes<'a>(
        &'a self,
        node: &'a NodeUrl,
        _: &'a [String],
    ) -> ClientFuture<'a, RouteTable, Box<dyn Error + Send + Sync>> {
        Box::pin(async move {
            let last = numbers([node])[0];
            self.state()
                .queries
                .push((last, "client_routes".to_owned()));
            self.reach(last, "/").await?;
            Ok(self.state().routes.get(&last).cloned().unwrap_or_default())
        })
    }

    fn look_up<'a>(&'a self, host: &'a str) -> ClientFuture<'a, Vec<IpAddr>, io::Error> {
        self.state().look_ups += 1;
        let found = self.state().names.get(host).cloned();
        Box::pin(async move {
            let found = found.ok_or(io::ErrorKind::NotFound)?;
            Ok(found
                .into_iter()
                .map(|last| [127, 0, 0, last].into())
                .collect())
        })
    }
}

fn ends_with(path: &str, part: &str) -> bool {
    part.strip_suffix('$')
        .is_some_and(|end| path.ends_with(end))
}

fn response(
    path: &str,
    own: &str,
    members: &[(String, String, u8)],
    ignores_scopes: bool,
) -> Vec<u8> {
    let (_, query) = path.split_once('?').unwrap_or_default();
    let query = url::form_urlencoded::parse(query.as_bytes());
    let query: HashMap<_, _> = query.into_owned().collect();
    let datacenter = query.get("dc").map_or(own, String::as_str);
    let rack = query.get("rack");
    let listed: Vec<_> = members
        .iter()
        .filter(|(dc, r, _)| match ignores_scopes {
            true => dc == own,
            false => dc == datacenter && rack.is_none_or(|rack| rack == r),
        })
        .map(|(_, _, last)| format!("127.0.0.{last}"))
        .collect();
    serde_json::to_vec(&listed).unwrap()
}
