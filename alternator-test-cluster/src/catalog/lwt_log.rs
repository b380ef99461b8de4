//! Counts of lightweight transactions by partition and coordinator.

use std::collections::BTreeMap;
use std::sync::Mutex;

use super::partitions::Partition;
use crate::PartitionKey;
use crate::sync::lock;

/// The lightweight transactions on one partition.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct LwtPartition {
    /// The table.
    pub table: String,
    /// The partition's key.
    pub key: PartitionKey,
    /// The number of operations that each node coordinated, by the node's URL. More than one node means
    /// contention.
    pub operations: BTreeMap<String, u64>,
}

/// The counts of a cluster. Its size grows with the number of partitions.
#[derive(Debug, Default)]
pub(crate) struct LwtLog {
    partitions: Mutex<BTreeMap<Partition, Coordinators>>,
}

/// Operations by number of node.
type Coordinators = BTreeMap<usize, u64>;

impl LwtLog {
    pub(crate) fn record(&self, partition: Partition, coordinator: usize) {
        let mut partitions = lock(&self.partitions);
        let coordinators = partitions.entry(partition).or_default();
        *coordinators.entry(coordinator).or_default() += 1;
    }

    pub(crate) fn reset(&self) {
        lock(&self.partitions).clear();
    }

    /// Returns all partitions; `url` names a node.
    pub(crate) fn snapshot(&self, url: impl Fn(usize) -> String) -> Vec<LwtPartition> {
        let partitions = lock(&self.partitions).clone().into_iter();
        let named = |coordinators: Coordinators| {
            let coordinators = coordinators.into_iter();
            coordinators
                .map(|(number, count)| (url(number), count))
                .collect()
        };
        partitions
            .map(|(Partition { table, key }, coordinators)| LwtPartition {
                table,
                key,
                operations: named(coordinators),
            })
            .collect()
    }
}
