//! The state of the replicas of partitions: what they have promised and accepted.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex};

use tokio::sync::Mutex as AsyncMutex;

use super::ballot::Ballot;
use crate::catalog::Partition;
use crate::sync::lock;

/// The acceptors of all partitions, the replicas of each counting as one. Their number grows with that of partitions.
#[derive(Debug, Default)]
pub(super) struct Acceptors {
    partitions: Mutex<BTreeMap<Partition, Acceptor>>,
}

#[derive(Debug, Default)]
struct Acceptor {
    last: Ballot,
    promised: Ballot,
    /// The proposal that was accepted, until it is learned.
    accepted: Option<Ballot>,
    /// The locks in the memory of the coordinators, by the numbers of nodes.
    locks: BTreeMap<usize, Arc<AsyncMutex<()>>>,
}

/// The reply to the preparation of a proposal.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Reply {
    /// No earlier proposal will be accepted.
    Promised,
    /// The same, but the proposal of another coordinator was accepted and has to be finished first.
    Unfinished,
    /// A later proposal was prepared before.
    Rejected,
}

impl Acceptors {
    /// Returns the lock of a partition at a coordinator.
    pub(super) fn lock_at(&self, partition: &Partition, node: usize) -> Arc<AsyncMutex<()>> {
        self.with(partition, |acceptor| {
            Arc::clone(acceptor.locks.entry(node).or_default())
        })
    }

    /// Returns a ballot that is later than all others of a partition.
    pub(super) fn next_ballot(&self, partition: &Partition) -> Ballot {
        self.with(partition, |acceptor| {
            acceptor.last.0 += 1;
            acceptor.last
        })
    }

    pub(super) fn prepare(&self, partition: &Partition, ballot: Ballot) -> Reply {
        self.with(partition, |acceptor| {
            if ballot < acceptor.promised {
                return Reply::Rejected;
            }
            acceptor.promised = ballot;
            match acceptor.accepted {
                Some(_) => Reply::Unfinished,
                None => Reply::Promised,
            }
        })
    }

    /// Returns whether a proposal was accepted: no other was prepared since.
    pub(super) fn accept(&self, partition: &Partition, ballot: Ballot) -> bool {
        self.with(partition, |acceptor| {
            let is_current = acceptor.promised == ballot;
            if is_current {
                acceptor.accepted = Some(ballot);
            }
            is_current
        })
    }

    /// Finishes a proposal, unless another coordinator has done so.
    pub(super) fn learn(&self, partition: &Partition, ballot: Ballot) {
        self.with(partition, |acceptor| {
            acceptor.accepted.take_if(|accepted| *accepted == ballot);
        });
    }

    fn with<T>(&self, partition: &Partition, change: impl FnOnce(&mut Acceptor) -> T) -> T {
        let mut partitions = lock(&self.partitions);
        match partitions.get_mut(partition) {
            Some(acceptor) => change(acceptor),
            None => change(partitions.entry(partition.clone()).or_default()),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::PartitionKey;

    fn partition() -> Partition {
        Partition {
            table: "ttt".to_owned(),
            key: PartitionKey::from("a"),
        }
    }

    #[test]
    fn proposal_is_superseded_by_one_that_is_prepared_later() {
        let (acceptors, partition) = (Acceptors::default(), &partition());
        let (first, second) = (
            acceptors.next_ballot(partition),
            acceptors.next_ballot(partition),
        );
        assert_eq!(acceptors.prepare(partition, first), Reply::Promised);
        assert_eq!(acceptors.prepare(partition, second), Reply::Promised);
        assert!(!acceptors.accept(partition, first));
        assert!(acceptors.accept(partition, second));
        assert_eq!(acceptors.prepare(partition, first), Reply::Rejected);
    }

    #[test]
    fn accepted_proposal_is_unfinished_until_it_is_learned() {
        let (acceptors, partition) = (Acceptors::default(), &partition());
        let next = || acceptors.next_ballot(partition);
        let (first, second, third) = (next(), next(), next());
        acceptors.prepare(partition, first);
        assert!(acceptors.accept(partition, first));
        assert_eq!(acceptors.prepare(partition, second), Reply::Unfinished);
        acceptors.learn(partition, first);
        assert_eq!(acceptors.prepare(partition, third), Reply::Promised);
    }
}
