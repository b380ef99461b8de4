//! The replication factors that new tables get.

use std::collections::BTreeMap;

use crate::tokens::{Owner, Replication};

/// The settings of a cluster for new tables.
#[derive(Clone, Debug, Default)]
pub(crate) struct ReplicationFactors {
    /// The factor of datacenters without one of their own.
    pub(crate) default: Option<usize>,
    pub(crate) by_datacenter: BTreeMap<String, usize>,
}

impl ReplicationFactors {
    /// Returns the replication of a table that is created while the cluster has these nodes.
    pub(super) fn at_creation(&self, owners: &[Owner]) -> Replication {
        // Alternator's default.
        let default = if owners.len() >= 3 { 3 } else { 1 };
        let default = self.default.unwrap_or(default);
        Replication::new(owners.iter().map(|owner| {
            let own = self.by_datacenter.get(&owner.datacenter).copied();
            (owner.datacenter.clone(), own.unwrap_or(default))
        }))
    }
}
