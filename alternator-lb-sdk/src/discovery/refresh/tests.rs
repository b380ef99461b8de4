use super::super::bench::{Bench, note, reports};
use super::super::fake::{Member, url, urls};
use super::super::{ACTIVE, IDLE};
use super::*;
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
