//! The handle of a tablet in transition.

use std::sync::{Arc, Weak};

use crate::TabletStage;
use crate::cluster_state::ClusterState;

/// A tablet that migrates or is repaired, from [`TestCluster::migrate_tablet`](crate::TestCluster::migrate_tablet) or
/// [`TestCluster::repair_tablet`](crate::TestCluster::repair_tablet) on. It stays in its stage until the test goes on.
///
/// The transition stays where it is when this is dropped.
#[derive(Debug)]
#[must_use = "the tablet stays in transition until .finish()"]
pub struct TabletTransition {
    cluster: Weak<ClusterState>,
    table: String,
    index: usize,
}

impl TabletTransition {
    pub(crate) fn new(cluster: &Arc<ClusterState>, table: &str, index: usize) -> Self {
        Self {
            cluster: Arc::downgrade(cluster),
            table: table.to_owned(),
            index,
        }
    }

    /// Goes on to the next stage, or ends the transition after its last one. Returns the new stage.
    pub fn advance(&mut self) -> Option<TabletStage> {
        let cluster = self.cluster.upgrade()?;
        let mut contents = cluster.catalog.contents();
        contents.advance_transition(&self.table, self.index)
    }

    /// Ends the transition: a tablet that migrated has its new replicas.
    pub fn finish(mut self) {
        while self.advance().is_some() {}
    }
}
