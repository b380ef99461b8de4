//! Keeps the list of nodes fresh, and watches over them.
//!
//! Every Alternator node answers `GET /localnodes` with the addresses of the live nodes of its datacenter. One task per
//! cluster asks for them, however many clients there are; it rests while there are no requests, and wakes when one
//! comes or when a node turns out to be dead.
//!
//! ```text
//!  task ─▶ Discovery::refresh ─▶ seeds (names looked up) ─▶ Survey: who is asked, who is believed ─▶ Router::publish
//!                                                             │ one Link for each scope of the chain
//!                                                             └─▶ race ─▶ Ask: one GET, bounded
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
//!  task ─▶ watch ─▶ Stalls: who lets requests wait ─▶ probe ─▶ Router::silent, and the requests there are ended
//!             └───▶ whose rest is over ─────────────▶ probe ─▶ Router::probed
//! ```
//!
//! # Chains of scopes
//!
//! A refresh brings the nodes of every link of the chain, so that traffic can spill over to the next at any moment. What
//! holds for one link holds for each:
//!
//! 1. The links are asked for one after the other, most wanted first. The first that is answered with nodes decides
//!    whether the refresh succeeds: if nobody answers for it, or for one before it, the refresh fails and nothing changes.
//! 2. A further link for which nobody can be asked, or time is up, keeps its former nodes and fails nothing. That some
//!    remote datacenter is silent is no reason not to know the own one.
//! 3. A link that is answered empty is empty, be it the most wanted one, and has nodes again when somebody names some. But
//!    of nodes that are known nobody is dropped on the word of one node: another is asked, and if nobody is left in the
//!    link who would know, then its own nodes. So two datacenters that lost sight of each other, each of which tells that
//!    the other is empty, both stay. A datacenter of which nobody else can tell, as in cluster scope, is kept for a while
//!    when it is silent.
//! 4. Links that old servers do not support are skipped; without a `cluster` in the chain the refresh fails then.
//! 5. A link may cover an earlier one, as a datacenter does its racks: a node belongs to the first that names it, which
//!    the `Topology` sees to.
//!
//! What it costs: one question for each link and refresh, put to the node that has answered for the link before; for
//! a `cluster` that is not the most wanted one for each of its datacenters. Who did not answer is not waited for a second
//! time in the same refresh.
//!
//! Where operations want a node of the whole datacenter, the one of the most wanted link is asked for after the chain, if
//! that has only racks of it. Those of its nodes that are in no link stand aside: no ordinary request goes there, and they
//! are watched over like the others.
//!
//! Without spill-over the walk ends at the first link with nodes, and nothing is known of those after it.
//!
//! What does not live here: the HTTP client. [`Ask`] is all that discovery knows of it.

mod answer;
mod ask;
mod background;
#[cfg(test)]
mod bench;
mod cluster_survey;
mod error;
#[cfg(test)]
mod fake;
mod flight;
mod groups;
mod home;
mod knowledge;
mod life;
mod memory;
mod probe;
mod race;
mod refresh;
mod report;
mod schedule;
mod scoped_survey;
mod seed;
mod seeds;
mod stalls;
mod survey;
mod unwatched;
mod watch;

pub use ask::{Ask, AskError, AskFuture, Connections};
pub use background::Background;
pub use error::RefreshError;
pub use refresh::{Discovery, Settings};
pub use report::Report;
pub use schedule::{ACTIVE, IDLE, Intervals, jittered};
pub use seed::{SeedError, parse_seed, parse_seeds};
