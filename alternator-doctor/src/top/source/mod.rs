//! The sources of the status: a cluster that is probed, or a running application.

mod application;
mod health_check_client;
mod probed_cluster;
mod probes;

pub(super) use application::Application;
pub(super) use probed_cluster::ProbedCluster;

use super::document::StatusDocument;
use std::time::Duration;
use tokio::sync::mpsc;

/// The time between two updates. A second is what a person follows.
const UPDATE_INTERVAL: Duration = Duration::from_secs(1);

/// The latest status, or the reason for which there is none, as a text for the screen.
pub(super) type Update = Result<Box<StatusDocument>, String>;

/// The updates of a source, which it waits to hand over while the screen is being drawn: none is outdated.
pub(super) type Updates = mpsc::Sender<Update>;
