//! The coordination of transactions by the nodes.

use std::collections::BTreeSet;
use std::sync::Mutex;
use std::time::Duration;

use tokio::sync::OwnedMutexGuard;
use tokio::time;

use super::Paxos;
use super::acceptors::{Acceptors, Reply};
use super::ballot::Ballot;
use crate::api_error::ApiError;
use crate::catalog::Partition;
use crate::counters::Recorder;
use crate::storage_error::{Consistency, operation_timed_out, uncertain_write};
use crate::sync::lock;

/// The coordinators of all nodes.
#[derive(Debug)]
pub(crate) struct Proposer {
    costs: Paxos,
    /// The time after which the server gives up on a transaction.
    timeout: Duration,
    acceptors: Acceptors,
    rng: Mutex<fastrand::Rng>,
}

/// One transaction: its coordinator, and the partitions that it writes, of which there is at least one.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Transaction<'a> {
    pub(crate) node: usize,
    pub(crate) recorder: &'a Recorder,
    pub(crate) partitions: &'a BTreeSet<Partition>,
    /// The number of replicas that have to respond.
    pub(crate) quorum: usize,
}

/// The accepted proposals of a transaction, with the locks that it holds.
#[derive(Debug)]
struct Accepted<'a> {
    proposals: Vec<(&'a Partition, Ballot)>,
    _locks: Vec<OwnedMutexGuard<()>>,
}

/// A proposal that was superseded, after which it is uncertain whether replicas accepted it.
#[derive(Debug)]
struct Uncertain<'a> {
    partition: &'a Partition,
    ballot: Ballot,
}

impl Proposer {
    pub(crate) fn new(costs: Paxos, timeout: Duration) -> Self {
        Self {
            costs,
            timeout,
            acceptors: Acceptors::default(),
            rng: Mutex::new(fastrand::Rng::with_seed(costs.seed)),
        }
    }

    /// Executes a write as a transaction.
    ///
    /// # Errors
    ///
    /// Those of the write, and those of the server for a transaction that is uncertain or takes longer than the
    /// timeout.
    pub(crate) async fn run<T>(
        &self,
        transaction: Transaction<'_>,
        write: impl Future<Output = Result<T, ApiError>>,
    ) -> Result<T, ApiError> {
        let Ok(proposed) = time::timeout(self.timeout, self.propose(transaction)).await else {
            let tables = transaction.partitions.iter();
            let table = tables.map(|partition| partition.table.as_str()).next();
            let table = table.unwrap_or_default();
            let responses = (0, transaction.quorum);
            return Err(operation_timed_out(
                Consistency::Serial,
                (table, table),
                responses,
            ));
        };
        match proposed {
            Ok(accepted) => {
                let outcome = write.await;
                time::sleep(self.costs.round).await;
                for (partition, ballot) in accepted.proposals {
                    self.acceptors.learn(partition, ballot);
                }
                outcome
            }
            Err(Uncertain { partition, ballot }) => {
                transaction.recorder.record_uncertain_transaction();
                if lock(&self.rng).bool() {
                    // Its outcome is what the client does not get to know.
                    let _ = write.await;
                }
                Err(uncertain_write(ballot, &partition.table))
            }
        }
    }

    /// Proposes until replicas of all partitions have accepted, the partitions in step with each other.
    async fn propose<'a>(
        &self,
        transaction: Transaction<'a>,
    ) -> Result<Accepted<'a>, Uncertain<'a>> {
        let mut locks = Vec::new();
        // In the same order for all transactions, so that none waits for another that waits for it.
        for partition in transaction.partitions {
            let partition = self.acceptors.lock_at(partition, transaction.node);
            locks.push(partition.lock_owned().await);
        }
        let mut pending: Vec<&Partition> = transaction.partitions.iter().collect();
        let mut proposals = Vec::new();
        while !pending.is_empty() {
            let mut superseded = 0;
            let mut next = Vec::new();
            for (partition, ballot, reply) in self.prepare(pending).await {
                let is_accepted =
                    reply != Reply::Rejected && self.acceptors.accept(partition, ballot);
                match reply {
                    Reply::Promised if is_accepted => proposals.push((partition, ballot)),
                    // What was accepted is that of the other coordinator, with this one's ballot.
                    Reply::Unfinished if is_accepted => {
                        self.acceptors.learn(partition, ballot);
                        next.push(partition);
                    }
                    Reply::Promised if lock(&self.rng).f64() < self.costs.uncertainty => {
                        return Err(Uncertain { partition, ballot });
                    }
                    Reply::Promised | Reply::Unfinished | Reply::Rejected => {
                        superseded += 1;
                        next.push(partition);
                    }
                }
            }
            if superseded > 0 {
                transaction.recorder.record_ballot_contentions(superseded);
                time::sleep(self.pause()).await;
            }
            pending = next;
        }
        Ok(Accepted {
            proposals,
            _locks: locks,
        })
    }

    /// Prepares a proposal for each partition. Returns the replies when the replicas are asked to accept.
    async fn prepare<'a>(
        &self,
        partitions: Vec<&'a Partition>,
    ) -> Vec<(&'a Partition, Ballot, Reply)> {
        let ballots: Vec<_> = partitions
            .into_iter()
            .map(|partition| (partition, self.acceptors.next_ballot(partition)))
            .collect();
        time::sleep(self.costs.round).await;
        let replies = ballots.into_iter().map(|(partition, ballot)| {
            let reply = self.acceptors.prepare(partition, ballot);
            (partition, ballot, reply)
        });
        let replies = replies.collect();
        time::sleep(self.costs.round).await;
        replies
    }

    fn pause(&self) -> Duration {
        self.costs.max_pause.mul_f64(lock(&self.rng).f64())
    }
}
