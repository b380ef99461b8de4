use super::*;
use crate::discovery::fake::{Candidate, url, urls};
use crate::discovery::harness::{Harness, note, reports};
use crate::discovery::{ACTIVE, IDLE};
use crate::health::Outcome;
use crate::routing::{Plan, Policy};
use crate::topology::{Host, Scheme, Topology};
use std::time::Duration;

mod cluster;
mod failure_hint;
mod local_datacenter;
mod names;
mod new_nodes;
mod properties;
mod scopes;
mod spill_over;
