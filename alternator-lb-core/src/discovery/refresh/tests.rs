use super::*;
use crate::clock::Clock;
use crate::discovery::harness::{Harness, config, router, take_events};
use crate::discovery::simulated_network::{Member, url, urls};
use crate::health::Outcome;
use crate::topology::{Host, Scheme, Scope};
use std::sync::Arc;
use std::time::Duration;

/// The nodes of a datacenter, with their rack.
const THREE_NODES: [(&str, u8); 3] = [("r1", 1), ("r1", 2), ("r1", 3)];

mod address_translation;
mod cluster;
mod failures;
mod foreign_nodes;
mod local_datacenter;
mod localities;
mod many_seeds;
mod new_nodes;
mod properties;
mod scopes;
mod seed_names;
mod served_by_seeds;
mod spill_over;
