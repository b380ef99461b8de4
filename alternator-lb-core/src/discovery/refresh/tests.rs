use super::*;
use crate::discovery::bench::{Bench, note, reports};
use crate::discovery::fake::{Member, url, urls};
use crate::discovery::{ACTIVE, IDLE};
use crate::health::Outcome;
use crate::routing::{Plan, Policy};
use crate::topology::{Host, Scheme, Topology};
use std::time::Duration;

mod cluster;
mod home;
mod names;
mod newcomers;
mod properties;
mod scopes;
mod spill_over;
mod trouble;
