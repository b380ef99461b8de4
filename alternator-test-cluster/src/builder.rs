//! Configuration and start of a cluster.

#[cfg(feature = "tls")]
mod tls;

use std::collections::BTreeMap;
use std::net::{IpAddr, SocketAddr, TcpListener};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use bytes::Bytes;

use crate::catalog::{Catalog, LwtLog, ReplicationFactors};
use crate::cluster_state::{Addresses, ClusterState};
use crate::config::ValidNodeConfig;
use crate::engine::Engine;
use crate::paxos::Proposer;
use crate::running::{Running, ServerThread};
use crate::{
    InternalTables, NodeConfig, Paxos, StartError, TestCluster, Tokens, Version, WriteIsolation,
    port,
};

/// Describes a [`TestCluster`] and starts it.
///
/// # Default
///
/// Three nodes in datacenter `dc1` and rack `r1`, on a free port, behaving as [`Version::V2026_1`], without
/// authorization, tokens and internal tables.
#[derive(Clone, Debug, Default)]
#[must_use = "a cluster runs from .start() on"]
pub struct Builder {
    nodes: Option<Vec<NodeConfig>>,
    port: Option<u16>,
    cluster_name: Option<String>,
    version: Version,
    users: BTreeMap<String, String>,
    fixed_responses: BTreeMap<String, Bytes>,
    tokens: Option<Tokens>,
    replication_factors: ReplicationFactors,
    write_isolation: WriteIsolation,
    force_read_before_write: bool,
    internal_tables: Option<InternalTables>,
    paging_weights: bool,
    paxos: Option<Paxos>,
    timeout: Option<Duration>,
    checks_quorum: Option<bool>,
    failure_detection: Option<Duration>,
    #[cfg(feature = "tls")]
    tls: Option<crate::tls::Identity>,
    #[cfg(feature = "tls")]
    client_certificates: crate::tls::ClientCertificates,
}

impl TestCluster {
    /// Returns a builder, with which a cluster is described and started.
    pub fn builder() -> Builder {
        Builder::default()
    }
}

impl Builder {
    /// Adds this number of nodes in datacenter `dc1` and rack `r1`.
    ///
    /// # Default
    ///
    /// 3, if neither this nor [`node`](Self::node) is called.
    pub fn nodes(mut self, count: usize) -> Self {
        let nodes = self.nodes.get_or_insert_default();
        nodes.extend(std::iter::repeat_n(NodeConfig::new(), count));
        self
    }

    /// Adds one node.
    pub fn node(mut self, node: NodeConfig) -> Self {
        self.nodes.get_or_insert_default().push(node);
        self
    }

    /// Sets the port, which is the same for all nodes. 0 stands for a free one.
    ///
    /// # Default
    ///
    /// A port that is free on the addresses of all nodes, between 16,000 and 31,999.
    pub fn port(mut self, port: u16) -> Self {
        self.port = Some(port);
        self
    }

    /// Sets the name of the cluster, the column `cluster_name` of `system.local`.
    ///
    /// # Default
    ///
    /// `alternator-test-cluster`.
    pub fn cluster_name(mut self, name: impl Into<String>) -> Self {
        self.cluster_name = Some(name.into());
        self
    }

    /// Sets the release of the server to emulate.
    ///
    /// # Default
    ///
    /// [`Version::V2026_1`].
    pub fn version(mut self, version: Version) -> Self {
        self.version = version;
        self
    }

    /// Enforces authorization and lets this role in, which signs with `role` as access key and `secret` as secret key.
    /// May be called for several roles; the last secret of a role counts.
    ///
    /// # Default
    ///
    /// None: requests are accepted unsigned, and signatures are ignored.
    pub fn authorization(mut self, role: impl Into<String>, secret: impl Into<String>) -> Self {
        self.users.insert(role.into(), secret.into());
        self
    }

    /// Sets a fixed response, with this body and status 200, to all requests of an operation. Neither the request nor
    /// the engine is used. For load tests, in which the cluster must not be the bottleneck, and for responses that the
    /// engine would not return.
    ///
    /// Authorization, faults, counters and compression work as with any other operation.
    ///
    /// # Default
    ///
    /// None: the engine executes the operation.
    pub fn fixed_response(mut self, operation: impl Into<String>, body: impl Into<String>) -> Self {
        self.fixed_responses
            .insert(operation.into(), Bytes::from(body.into()));
        self
    }

    /// Spreads the tables over the nodes: each node then counts the requests for which it is a replica
    /// ([`Counters::on_replica`](crate::Counters::on_replica)), the cluster counts lightweight transactions
    /// ([`TestCluster::lwt_partitions`]), and the internal tables show the replicas.
    ///
    /// All nodes still share the data: whether a request goes to a replica or to another node only affects the
    /// counters.
    ///
    /// # Default
    ///
    /// None, which saves reading each request twice.
    pub fn tokens(mut self, tokens: Tokens) -> Self {
        self.tokens = Some(tokens);
        self
    }

    /// Sets how many replicas tables have in each datacenter. Where a datacenter has fewer nodes, all of them are.
    /// 0 counts as 1.
    ///
    /// # Default
    ///
    /// As with the server, 3 for tables that are created while the cluster has three nodes or more, else 1.
    pub fn replication_factor(mut self, factor: usize) -> Self {
        self.replication_factors.default = Some(factor.max(1));
        self
    }

    /// Sets how many replicas tables have in one datacenter. With 0 its nodes serve operations on no table: they are
    /// listed and healthy, and respond with the server's error for a datacenter with replication factor 0, unless
    /// [`quorum_checks`](Self::quorum_checks) are disabled.
    ///
    /// # Default
    ///
    /// That of [`replication_factor`](Self::replication_factor) for the datacenters that exist when a table is created.
    /// One that joins later holds no replicas of the table.
    pub fn replication_factor_in(mut self, datacenter: impl Into<String>, factor: usize) -> Self {
        let factors = &mut self.replication_factors.by_datacenter;
        factors.insert(datacenter.into(), factor);
        self
    }

    /// Sets the isolation of writes to tables without the tag `system:write_isolation`.
    ///
    /// # Default
    ///
    /// [`WriteIsolation::OnlyRmwUsesLwt`].
    pub fn write_isolation(mut self, isolation: WriteIsolation) -> Self {
        self.write_isolation = isolation;
        self
    }

    /// Makes UpdateItem and DeleteItem always read the item first, the server's setting
    /// `alternator_force_read_before_write`: with [`WriteIsolation::OnlyRmwUsesLwt`] they are lightweight transactions.
    ///
    /// # Default
    ///
    /// `false`, as with the server.
    pub fn force_read_before_write(mut self, enabled: bool) -> Self {
        self.force_read_before_write = enabled;
        self
    }

    /// Gives lightweight transactions the costs of Paxos, with which they queue at a coordinator and conflict between
    /// coordinators. Has no effect without [`tokens`](Self::tokens).
    ///
    /// # Default
    ///
    /// None: transactions take as long as other writes and never conflict, which keeps tests short that are not about
    /// them.
    pub fn paxos(mut self, costs: Paxos) -> Self {
        self.paxos = Some(costs);
        self
    }

    /// Sets the time after which a node gives up on replicas and on locks, the server's setting
    /// `alternator_timeout_in_ms`.
    ///
    /// # Default
    ///
    /// 10 seconds, as with the server.
    pub fn timeout(mut self, timeout: Duration) -> Self {
        self.timeout = Some(timeout);
        self
    }

    /// Sets whether operations need live replicas: an eventually consistent read one, all others a quorum of those in
    /// the datacenter of the node. Without them they fail with the server's errors. Nodes are dead as replicas while
    /// they are stopped, and with [`Fault::Hang`](crate::Fault::Hang) and
    /// [`Fault::BlackHole`](crate::Fault::BlackHole). A node with [`Node::partition`](crate::Node::partition) reaches no
    /// other, and they do not reach it.
    ///
    /// # Default
    ///
    /// `true`. Has no effect without [`tokens`](Self::tokens), since only then tables have replicas.
    pub fn quorum_checks(mut self, enabled: bool) -> Self {
        self.checks_quorum = Some(enabled);
        self
    }

    /// Sets the time after which the nodes notice that another one is dead. Before, operations for which too few
    /// replicas are alive fail after the [`timeout`](Self::timeout); after it they fail at once. A dead node that is
    /// [not listed](crate::Node::set_listed) counts as noticed.
    ///
    /// # Default
    ///
    /// 20 seconds, as with the server.
    pub fn failure_detection(mut self, time: Duration) -> Self {
        self.failure_detection = Some(time);
        self
    }

    /// Sets whether clients may read the tables `.scylla.alternator.*`.
    ///
    /// # Default
    ///
    /// [`InternalTables::Readable`] with [`tokens`](Self::tokens), else [`InternalTables::Unknown`].
    pub fn internal_tables(mut self, access: InternalTables) -> Self {
        self.internal_tables = Some(access);
        self
    }

    /// Adds `":scylla:paging:weight": {"N": 1}` to each `LastEvaluatedKey` of an internal table: a JSON number, which the
    /// server accepts in an `ExclusiveStartKey` as a string only.
    ///
    /// # Default
    ///
    /// `false`: only keys without a clustering column have it, as that of a page which ends with an index that shares the
    /// tablets of its table.
    pub fn paging_weights(mut self, enabled: bool) -> Self {
        self.paging_weights = enabled;
        self
    }

    /// Starts the cluster. Returns when all ports listen.
    ///
    /// # Errors
    ///
    /// A port that is taken, an address that this machine does not have, and the other cases of [`StartError`].
    pub fn start(mut self) -> Result<TestCluster, StartError> {
        let mut addresses = Addresses::default();
        let places = self.places(&mut addresses)?;
        #[cfg(feature = "tls")]
        let tls = self.cluster_tls()?;
        let (port, listeners) = listen(&places, self.port)?;
        let server_thread = ServerThread::start()?;
        let internal_tables = match (self.internal_tables, self.tokens) {
            (Some(access), _) => access,
            (None, Some(_)) => InternalTables::Readable,
            (None, None) => InternalTables::Unknown,
        };
        let timeout = self.timeout.unwrap_or(DEFAULT_TIMEOUT);
        let catalog = Arc::new(Catalog::new(
            self.tokens,
            self.replication_factors,
            self.write_isolation,
            self.force_read_before_write,
        ));
        let (engine, engine_thread) = Engine::start(Arc::clone(&catalog))?;
        let state = Arc::new(ClusterState {
            name: self
                .cluster_name
                .unwrap_or_else(|| DEFAULT_CLUSTER_NAME.to_owned()),
            version: self.version,
            users: self.users,
            fixed_responses: self.fixed_responses,
            catalog,
            internal_tables,
            weighs_pages: self.paging_weights,
            grants: Mutex::default(),
            lwt_log: LwtLog::default(),
            checks_quorum: self.checks_quorum.unwrap_or(true),
            failure_detection: self.failure_detection.unwrap_or(DEFAULT_FAILURE_DETECTION),
            timeout,
            paxos: self.paxos.map(|costs| Proposer::new(costs, timeout)),
            #[cfg(feature = "tls")]
            tls,
            engine,
            runtime: server_thread.runtime.clone(),
            nodes: Mutex::default(),
        });
        let running = Running::new(state, port, addresses, server_thread, engine_thread);
        for ((_, place), (address, listener)) in places.into_iter().zip(listeners) {
            running.run_node(address, place, listener)?;
        }
        Ok(TestCluster::of(running))
    }

    /// Takes the nodes, and gives each an address of its own.
    fn places(
        &mut self,
        addresses: &mut Addresses,
    ) -> Result<Vec<(IpAddr, ValidNodeConfig)>, StartError> {
        let nodes = self.nodes.take();
        let nodes = nodes.unwrap_or_else(|| vec![NodeConfig::new(); DEFAULT_NODES]);
        if nodes.is_empty() {
            return Err(StartError::NoNodes);
        }
        let places = nodes
            .into_iter()
            .map(NodeConfig::validate)
            .collect::<Result<Vec<_>, _>>()?;
        for place in &places {
            if let Some(ip) = place.address
                && !addresses.reserve(ip)
                && !place.has_own_port
            {
                return Err(StartError::AddressUsedTwice { ip });
            }
        }
        let addressed =
            |place: ValidNodeConfig| (place.address.unwrap_or_else(|| addresses.pick()), place);
        Ok(places.into_iter().map(addressed).collect())
    }
}

/// Listens for all nodes, on the cluster's port or on ports of their own. Returns the cluster's port.
fn listen(
    places: &[(IpAddr, ValidNodeConfig)],
    port: Option<u16>,
) -> Result<(u16, Vec<(SocketAddr, TcpListener)>), StartError> {
    let shared = places.iter().filter(|(_, place)| !place.has_own_port);
    let ips: Vec<_> = shared.map(|(ip, _)| *ip).collect();
    let (port, listeners) = port::listen_on_all(&ips, port)?;
    let mut shared = listeners.into_iter();
    let mut all = Vec::new();
    for (ip, place) in places {
        let listener = match place.has_own_port {
            true => None,
            false => shared.next(),
        };
        all.push(match listener {
            Some(listener) => (SocketAddr::new(*ip, port), listener),
            None => port::listen_on_free(*ip)?,
        });
    }
    Ok((port, all))
}

const DEFAULT_NODES: usize = 3;
const DEFAULT_FAILURE_DETECTION: Duration = Duration::from_secs(20);
const DEFAULT_TIMEOUT: Duration = Duration::from_secs(10);
const DEFAULT_CLUSTER_NAME: &str = "alternator-test-cluster";
