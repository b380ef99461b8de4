use super::*;
use crate::discovery::harness::{Harness, config, router, take_events};
use crate::discovery::simulated_network::{Member, url, urls};
use crate::health::Outcome;
use crate::topology::{Host, Scheme, Scope};
use std::time::Duration;

mod cluster;
mod failures;
mod local_datacenter;
mod new_nodes;
mod properties;
mod scopes;
mod seed_names;
mod spill_over;
