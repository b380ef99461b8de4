//! The state that the handles of a cluster and its servers share.

use std::collections::{BTreeMap, BTreeSet, HashSet};
use std::net::{IpAddr, Ipv4Addr};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use bytes::Bytes;
use tokio::runtime::Handle;

use crate::catalog::{Catalog, LwtLog};
use crate::engine::Engine;
use crate::listing::{self, Listing, LocalNodesQuery, Member};
use crate::node_state::NodeState;
use crate::paxos::Proposer;
use crate::sync::lock;
use crate::{InternalTables, Version};

/// One cluster.
#[derive(Debug)]
pub(crate) struct ClusterState {
    pub(crate) name: String,
    pub(crate) version: Version,
    /// Secrets by role. Authorization is enforced if there is one.
    pub(crate) users: BTreeMap<String, String>,
    pub(crate) fixed_responses: BTreeMap<String, Bytes>,
    #[cfg(feature = "tls")]
    pub(crate) tls: Option<crate::tls::ClusterTls>,
    pub(crate) catalog: Arc<Catalog>,
    pub(crate) internal_tables: InternalTables,
    /// True if the keys of all pages of internal tables have a weight.
    pub(crate) weighs_pages: bool,
    /// The internal tables that roles may read. Those without an entry may read all.
    pub(crate) grants: Mutex<BTreeMap<String, BTreeSet<String>>>,
    pub(crate) lwt_log: LwtLog,
    /// `None` if lightweight transactions have no costs.
    pub(crate) paxos: Option<Proposer>,
    /// True if operations fail for lack of live replicas.
    pub(crate) checks_quorum: bool,
    /// The time after which the nodes notice that another is dead.
    pub(crate) failure_detection: Duration,
    /// The time after which a node gives up on replicas.
    pub(crate) timeout: Duration,
    pub(crate) engine: Engine,
    pub(crate) runtime: Handle,
    /// All nodes there ever were, in order of adding.
    pub(crate) nodes: Mutex<Vec<Arc<NodeState>>>,
}

impl ClusterState {
    /// Returns the response of a node to `/localnodes`: status and body.
    pub(crate) fn localnodes(&self, node: &NodeState, query: &LocalNodesQuery) -> (u16, String) {
        let listing = lock(&node.listing).clone();
        let entries = match listing {
            Listing::Raw { status, body } => return (status, body),
            Listing::Entries(entries) => entries,
            Listing::OnlyItself => self.entries(node, &[node.as_member()], query),
            Listing::Cluster => {
                let nodes = self.present_nodes();
                let members: Vec<Member<'_>> = nodes.iter().map(|node| node.as_member()).collect();
                self.entries(node, &members, query)
            }
        };
        (200, serde_json::Value::from(entries).to_string())
    }

    /// Returns whether a role may read an internal table.
    pub(crate) fn may_select(&self, role: Option<&str>, table: &str) -> bool {
        let grants = lock(&self.grants);
        let granted = role.and_then(|role| grants.get(role));
        granted.is_none_or(|granted| granted.contains(table))
    }

    fn entries(
        &self,
        node: &NodeState,
        members: &[Member<'_>],
        query: &LocalNodesQuery,
    ) -> Vec<String> {
        let picked = listing::select(self.version, &node.as_member(), members, query);
        picked.iter().map(IpAddr::to_string).collect()
    }

    /// Returns the TLS of the cluster, or an error if it has none.
    #[cfg(feature = "tls")]
    pub(crate) fn tls(&self) -> Result<&crate::tls::ClusterTls, crate::StartError> {
        self.tls.as_ref().ok_or_else(|| crate::StartError::Tls {
            source: "the cluster speaks no TLS".into(),
        })
    }

    /// Returns the scheme of the nodes' URLs.
    pub(crate) fn scheme(&self) -> &'static str {
        #[cfg(feature = "tls")]
        if self.tls.is_some() {
            return "https";
        }
        "http"
    }

    /// Returns the nodes that have not been removed.
    pub(crate) fn present_nodes(&self) -> Vec<Arc<NodeState>> {
        let nodes = lock(&self.nodes);
        nodes
            .iter()
            .filter(|node| !node.is_removed())
            .cloned()
            .collect()
    }
}

/// The addresses of the nodes, from which free ones are picked.
#[derive(Debug, Default)]
pub(crate) struct Addresses {
    used: HashSet<IpAddr>,
}

impl Addresses {
    /// Takes an address. Returns whether it was never taken before.
    pub(crate) fn reserve(&mut self, ip: IpAddr) -> bool {
        self.used.insert(ip)
    }

    /// Picks the next of 127.0.0.1, 127.0.0.2, … that was never used.
    pub(crate) fn pick(&mut self) -> IpAddr {
        let free = (1..u32::from(u16::MAX))
            // Neither .0 nor .255, which some systems treat as broadcast.
            .filter(|host| !matches!(host & 0xff, 0 | 0xff))
            .map(|host| {
                IpAddr::V4(Ipv4Addr::from_bits(
                    Ipv4Addr::new(127, 0, 0, 0).to_bits() | host,
                ))
            })
            .find(|ip| !self.used.contains(ip))
            // After 64,000 nodes.
            .unwrap_or(IpAddr::V4(Ipv4Addr::LOCALHOST));
        self.reserve(free);
        free
    }
}
