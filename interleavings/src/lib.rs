//! The library's lock-free types, on top of loom's atomics.
//!
//! Loom runs a model under every order of its threads' steps, and with every value that a relaxed load may see. It needs
//! atomics of its own, so the sources are included here, where `crate::sync` is loom's. This way no special flag is
//! needed, under which the whole SDK would have to be built again. The models are run by `tests/models.rs`.

#![allow(
    dead_code,
    unreachable_pub,
    reason = "the included sources serve the library first"
)]

mod ejection;
mod in_flight;
mod reading;
mod respawn;
mod rest;

pub use ejection::{one_request_ejects, one_request_tries, silence_and_answers_agree, trials_end};
pub use in_flight::counts_come_back;
pub use reading::{a_change_during_a_reading_is_read_after_it, one_reads_what_is_due};
pub use respawn::{a_closed_life_stays_closed, the_successor_lives};
pub use rest::no_attempt_is_left_without_a_watch;

mod sync {
    pub(crate) use loom::sync::atomic;
}

#[path = "../../alternator-lb-sdk/src/health/mod.rs"]
mod health;

#[path = "../../alternator-lb-sdk/src/routing/attempt.rs"]
mod attempt;
#[path = "../../alternator-lb-sdk/src/discovery/life.rs"]
mod life;
#[path = "../../alternator-lb-sdk/src/topology/node.rs"]
mod node;
#[path = "../../alternator-lb-sdk/src/topology/node_url.rs"]
mod node_url;
#[path = "../../alternator-lb-sdk/src/routing/token_map/reading_turn.rs"]
mod reading_turn;
#[path = "../../alternator-lb-sdk/src/routing/target.rs"]
mod target;
#[path = "../../alternator-lb-sdk/src/routing/traffic.rs"]
mod traffic;
#[path = "../../alternator-lb-sdk/src/discovery/unwatched.rs"]
mod unwatched;

// The included sources find each other by these paths.
use node_url::NodeUrl;
use target::Target;
mod topology {
    pub(crate) use crate::node::Node;
}
