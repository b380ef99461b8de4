use super::*;
use crate::discovery::harness::{Harness, record, take_events};
use crate::discovery::simulated_network::{Member, url, urls};
use crate::discovery::{ACTIVE, IDLE};
use crate::health::Outcome;
use crate::routing::{Plan, Policy};
use crate::topology::{Host, Scheme, Scope, Topology};
use std::time::Duration;

mod cluster;
mod failures;
mod local_datacenter;
mod new_nodes;
mod properties;
mod scopes;
mod seed_names;
mod spill_over;
