//! Keeps the list of nodes up to date, and checks the health of the nodes.
//!
//! Every Alternator node responds to `GET /localnodes` with the addresses of the live nodes of its datacenter. One task
//! per cluster queries them, however many clients there are. It sleeps while there are no requests, and is woken by the
//! next request and by a node that cannot be connected.
//!
//! ```text
//! DiscoveryTask ─▶ Discovery::refresh ─▶ SeedNames ─▶ MembershipQuery ─▶ Router::publish
//!       │                                   DNS        │  one LevelMembers for each scope of the chain
//!       │                                              └─▶ staggered race ─▶ DiscoveryClient::get
//!       │
//!       └───────▶ HealthChecker ─┬─ StallDetector ───┬─▶ StalledCheck ─┬─▶ Router::eject_unresponsive
//!                                ├─ OverdueDetector ─┘                 └─▶ lost connections ─▶ RequestControl
//!                                └─ ejected nodes ─────▶ check_ejected ──▶ Router::probed
//! ```
//!
//! The response of a single node is not trusted alone: a node that is partitioned from the others lists only itself, a
//! node that starts is listed before it listens, and an address that left the cluster may belong to another one. So no
//! known node is dropped, and no list that names none of the known ones is believed, because of one response while
//! another node responds; and a refresh that fails changes nothing.
//!
//! Where listed addresses are not those that are sent to, an [`AddressTranslator`] names the URL of each node. The
//! cache of its results (`translations`) sits between a response and everything above: nodes are known by their URLs,
//! so that a seed is the same node as the listed one that it leads to. Routing by keys goes by the listed address,
//! which [`Node`](crate::topology::Node) keeps beside the URL.
//!
//! The health checker works while there are requests. It probes (`GET /`) the nodes that are ejected, and the nodes
//! that let requests wait much longer than usual. Where such a node responds, the connections to it may be lost.
//!
//! # Chains of scopes
//!
//! A refresh queries every priority level of the chain, so that requests can spill over to the next level at any
//! moment. The same rules hold for each level:
//!
//! 1. Levels are queried one after the other, the preferred one first. The first level with nodes decides whether the
//!    refresh succeeds: if no node responds for it, or for a level before it, the refresh fails and nothing changes.
//! 2. A later level for which no node responds in time keeps its former nodes, and the refresh succeeds: an
//!    unresponsive remote datacenter is no reason not to know the local one.
//! 3. A level without nodes is empty, even the preferred one, until a node lists nodes for it. But known nodes are not
//!    dropped because of one response: another node confirms it, and where no node is left in the level that could, the
//!    nodes to be dropped are queried themselves. So two partitioned datacenters, each of which reports the other as
//!    empty, both stay. A datacenter that only its own nodes can report, as in cluster scope, is kept for a while when
//!    it is unresponsive.
//! 4. Levels that old servers do not support are skipped. Without a `cluster` in the chain the refresh fails then.
//! 5. A level may contain an earlier one, as a datacenter does its racks. A node belongs to the first level that lists
//!    it: see [`Topology`](crate::topology::Topology).
//!
//! A refresh costs one query per level, sent to the node that responded for the level before, and one per datacenter
//! for a `cluster` that is not the preferred level. A refresh waits for an unresponsive node only once.
//!
//! Where operations need a node of the whole datacenter and the chain begins with a rack, the datacenter of that rack
//! is queried after the chain. Its nodes that are in no level are out of scope: they get no ordinary requests, and
//! their health is checked like that of the others.
//!
//! Without spill-over a refresh ends at the first level with nodes, and the later levels are unknown.
//!
//! The HTTP client lives elsewhere: [`DiscoveryClient`] is all that discovery knows of it.

/// The numbers of discovery, for models of it.
pub mod parameters {
    pub use super::health_checker::{FORCED_PROBE_INTERVAL, REFERENCE_NODES};
    pub use super::membership::MAX_KNOWN_QUERIED;
    pub use super::membership_query::QUERY_TIMEOUT;
    pub use super::probe::{MAX_PROBE_TIMEOUT, MAX_PROBES, probe_timeout};
    pub use super::running_time::TICK;
    pub use super::staggered_race::{STAGGER, WIDTH};
    pub use super::stalled_check::SEND_DELAY;
    pub use super::wake_ups::{DEBOUNCE, MAX_DEBOUNCE};
    pub use super::warm_up::MAX_WARM_CONNECTIONS;
}

mod address_map;
mod address_translator;
mod allowed_addresses;
mod client;
mod client_routes;
mod cluster_query;
mod config;
mod error;
mod findings;
mod foreign_seeds;
#[cfg(any(test, fuzzing))]
pub(crate) mod fuzzing;
#[cfg(test)]
mod harness;
mod health_checker;
mod last_known_good;
mod localnodes;
mod lost_connections;
mod membership;
mod membership_query;
mod node_list;
mod probe;
mod publication;
mod readiness;
mod refresh;
mod running_time;
mod scoped_query;
mod seed;
mod seed_names;
#[cfg(test)]
mod simulated_network;
mod single_flight;
mod staggered_race;
mod stall_detector;
mod stalled_check;
mod state;
mod task;
mod translations;
mod wake_ups;
mod warm_up;

pub use address_map::{AddressMap, AddressMapError};
pub use address_translator::{
    AddressTranslator, SharedAddressTranslator, TranslationError, TranslationFuture,
    UntranslatedNode,
};
pub use allowed_addresses::{AllowedAddresses, NetworkError};
pub use client::{ClientFuture, ConnectionPool, DiscoveryClient, Probe, QueryError};
pub use client_routes::{ClientRoute, ClientRoutes, RouteTable};
pub use config::{DiscoveryConfig, EventSink, RequestControl, TopologyEvent};
pub use error::RefreshError;
pub use seed::{SeedError, parse_seed, parse_seeds};
pub use stall_detector::StallDetector;
pub use state::Discovery;
pub use task::DiscoveryTask;
pub use wake_ups::{ACTIVE, IDLE, IdleFlag, RefreshIntervals};
