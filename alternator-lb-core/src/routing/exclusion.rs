//! Nodes that are of no use for a table.

use super::{Endpoint, EndpointState};
use crate::clock::millis;
use crate::topology::{Locality, Topology};
use std::collections::HashSet;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

/// How often an operation tries excluded nodes again: rarely enough that its retry costs nothing, and soon after an
/// operator has extended the replication of a table.
pub const TRIAL_INTERVAL: Duration = Duration::from_secs(60);

/// The nodes of a datacenter that holds no replicas of a table, as datacenters that were added later do not: they are
/// healthy, and refuse every operation on the table.
#[derive(Debug)]
pub struct Exclusion {
    /// The IDs of the nodes.
    nodes: HashSet<u64>,
    /// In milliseconds.
    next_trial: AtomicU64,
}

impl Exclusion {
    /// Excludes the datacenter of a node, or the node alone where its datacenter is not known; and the nodes of the
    /// `former` exclusion.
    pub fn of_datacenter<E>(
        topology: &Topology<EndpointState<E>>,
        node: &Endpoint<E>,
        former: Option<&Self>,
        now: Duration,
    ) -> Self {
        let datacenter = Self::datacenter(topology, node);
        let placements = topology.placements();
        let is_near = |locality: Option<&Locality>| {
            datacenter.is_some() && locality.and_then(Locality::datacenter) == datacenter
        };
        let near = placements.filter(|(_, _, locality)| is_near(*locality));
        let near = near.map(|(node, ..)| node.id());
        let former = former.into_iter().flat_map(|former| &former.nodes).copied();
        Self {
            nodes: near.chain([node.id()]).chain(former).collect(),
            next_trial: AtomicU64::new(millis(now + TRIAL_INTERVAL)),
        }
    }

    /// Returns the name of a node's datacenter, as far as the scope tells it.
    pub fn datacenter<'t, E>(
        topology: &'t Topology<EndpointState<E>>,
        node: &Endpoint<E>,
    ) -> Option<&'t str> {
        let mut placements = topology.placements();
        let (_, _, locality) = placements.find(|(other, ..)| other.id() == node.id())?;
        locality?.datacenter()
    }

    /// Returns whether a node is excluded.
    pub fn contains<E>(&self, node: &Endpoint<E>) -> bool {
        self.nodes.contains(&node.id())
    }

    /// Returns whether any other node is left.
    pub fn leaves_nodes<E>(&self, topology: &Topology<EndpointState<E>>) -> bool {
        topology.nodes().iter().any(|node| !self.contains(node))
    }

    /// Returns whether an operation that begins tries the excluded nodes again: one in each interval.
    pub fn begins_trial(&self, now: Duration) -> bool {
        let due = self.next_trial.load(Ordering::Relaxed);
        let next = millis(now + TRIAL_INTERVAL);
        due <= millis(now)
            && self
                .next_trial
                .compare_exchange(due, next, Ordering::Relaxed, Ordering::Relaxed)
                .is_ok()
    }
}
