//! Keeps the list of nodes fresh, and watches over them.
//!
//! Every Alternator node answers `GET /localnodes` with the addresses of the live nodes of its datacenter. One task per
//! cluster asks for them, however many clients there are; it rests while there are no requests, and wakes when one
//! comes or when a node turns out to be dead.
//!
//! ```text
//!  task ─▶ Discovery::refresh ─▶ seeds (names looked up) ─▶ MembershipQuery: who is asked, who is believed ─▶ Router::publish
//!                                                             │ one LevelMembers for each scope of the chain
//!                                                             └─▶ race ─▶ DiscoveryClient: one GET, bounded
//! ```
//!
//! What a single node says is not the truth: a node that is cut off from the others names itself alone, one that starts
//! names others before they listen. So nothing that is known is dropped on the word of one node while another answers,
//! and a refresh that fails changes nothing.
//!
//! The same task looks after the nodes themselves while there are requests: those that are out are asked whether they are
//! back, and those on which requests wait much longer than usual whether they are there (`GET /`).
//!
//! ```text
//!  task ─▶ watch ─▶ StallDetector: who lets requests wait ─▶ probe ─▶ Router::silent, and the requests there are ended
//!             └───▶ whose rest is over ─────────────▶ probe ─▶ Router::probed
//! ```
//!
//! # Chains of scopes
//!
//! A refresh brings the nodes of every level of the chain, so that traffic can spill over to the next at any moment. What
//! holds for one level holds for each:
//!
//! 1. The levels are asked for one after the other, most wanted first. The first that is answered with nodes decides
//!    whether the refresh succeeds: if nobody answers for it, or for one before it, the refresh fails and nothing changes.
//! 2. A further level for which nobody can be asked, or time is up, keeps its former nodes and fails nothing. That some
//!    remote datacenter is silent is no reason not to know the own one.
//! 3. A level that is answered empty is empty, be it the most wanted one, and has nodes again when somebody names some. But
//!    of nodes that are known nobody is dropped on the word of one node: another is asked, and if nobody is left in the
//!    level who would know, then its own nodes. So two datacenters that lost sight of each other, each of which tells that
//!    the other is empty, both stay. A datacenter of which nobody else can tell, as in cluster scope, is kept for a while
//!    when it is silent.
//! 4. Links that old servers do not support are skipped; without a `cluster` in the chain the refresh fails then.
//! 5. A level may cover an earlier one, as a datacenter does its racks: a node belongs to the first that names it, which
//!    the `Topology` sees to.
//!
//! What it costs: one question for each level and refresh, put to the node that has answered for the level before; for
//! a `cluster` that is not the most wanted one for each of its datacenters. Who did not answer is not waited for a second
//! time in the same refresh.
//!
//! Where operations want a node of the whole datacenter, the one of the most wanted level is asked for after the chain, if
//! that has only racks of it. Those of its nodes that are in no level stand out_of_scope: no ordinary request goes there, and they
//! are watched over like the others.
//!
//! Without spill-over the walk ends at the first level with nodes, and nothing is known of those after it.
//!
//! What does not live here: the HTTP client. [`DiscoveryClient`] is all that discovery knows of it.

mod client;
mod cluster_query;
mod error;
#[cfg(test)]
mod fake;
#[cfg(test)]
mod harness;
mod health_checker;
mod idle_flag;
mod inferred_datacenter;
mod last_known_good;
mod local_datacenter;
mod localnodes;
mod membership;
mod membership_query;
mod probe;
mod refresh;
mod schedule;
mod scoped_query;
mod seed;
mod seeds;
mod single_flight;
mod staggered_race;
mod stall_detector;
mod task;
mod topology_event;

pub use client::{ClientFuture, ConnectionPool, DiscoveryClient, QueryError};
pub use error::RefreshError;
pub use idle_flag::IdleFlag;
pub use refresh::{Discovery, DiscoveryConfig};
pub use schedule::{ACTIVE, IDLE, RefreshIntervals, jittered};
pub use seed::{SeedError, parse_seed, parse_seeds};
pub use task::DiscoveryTask;
pub use topology_event::TopologyEvent;
