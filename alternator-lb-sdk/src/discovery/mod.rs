//! Keeps the list of nodes fresh, and watches over them.
//!
//! Every Alternator node answers `GET /localnodes` with the addresses of the live nodes of its datacenter. One task per
//! cluster asks for them, however many clients there are; it rests while there are no requests, and wakes when one
//! comes or when a node turns out to be dead.
//!
//! ```text
//!  task ─▶ Discovery::refresh ─▶ seeds (names looked up) ─▶ Survey: who is asked, who is believed ─▶ Router::publish
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
//! What does not live here: the HTTP client. [`Ask`] is all that discovery knows of it.

mod answer;
mod ask;
mod background;
mod cluster_survey;
mod error;
#[cfg(test)]
mod fake;
mod flight;
mod groups;
mod knowledge;
mod life;
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
mod watch;

pub(crate) use ask::{Ask, AskError, AskFuture, Connections};
pub(crate) use background::Background;
pub use error::RefreshError;
pub(crate) use refresh::{Discovery, Settings};
pub(crate) use report::Report;
pub(crate) use schedule::{ACTIVE, IDLE, Intervals};
pub(crate) use seed::{SeedError, parse_seed, parse_seeds};
