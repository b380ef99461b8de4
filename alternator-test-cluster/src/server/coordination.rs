//! Coordination of a request: whether the node is a replica of the partition, and whether the request is a lightweight
//! transaction.
//!
//! All nodes share one engine, so that what an operation reads and writes does not depend on it.

use std::collections::BTreeSet;

use serde_json::Value;

use super::context::Context;
use crate::WriteIsolation;
use crate::api_error::ApiError;
use crate::catalog::{self, Catalog, Contents, Partition, Placement};
use crate::operation::Operation;
use crate::paxos::Transaction;

/// One request, from when its operation is known.
#[derive(Debug)]
pub(super) struct Coordination {
    /// The partitions that it writes with lightweight transactions.
    transactions: BTreeSet<Partition>,
    /// The number of replicas that a transaction needs.
    quorum: usize,
}

impl Coordination {
    /// Counts whether the node is a replica. `None` if the cluster has no tokens, or the request no key.
    pub(super) fn begin(context: &Context, name: &str, body: &[u8]) -> Option<Self> {
        let catalog = &context.cluster.catalog;
        catalog.tokens?;
        let operation = Operation::from_name(name).filter(|operation| operation.has_keys())?;
        let request: Value = serde_json::from_slice(body).ok()?;
        let contents = &mut catalog.contents();
        let partitions = catalog::partitions(contents, operation, &request);
        let (mut on_replica, mut off_replica) = (0, 0);
        let mut quorum = 0;
        for partition in &partitions {
            let Some(placement) = contents.placement(&partition.table, partition.key.token())
            else {
                continue;
            };
            quorum = local_quorum(contents, &placement, context.node.number);
            if placement.replicas.contains(&context.node.number) {
                on_replica += 1;
            } else {
                off_replica += 1;
            }
        }
        let recorder = &context.node.recorder;
        recorder.record_replicas(operation.is_batch(), on_replica, off_replica);
        let transactions = if uses_lwt(catalog, contents, operation, &request, &partitions) {
            partitions.into_iter().collect()
        } else {
            BTreeSet::new()
        };
        Some(Self {
            transactions,
            quorum,
        })
    }

    /// Executes the operation, as a transaction if it is one.
    pub(super) async fn run<T>(
        self,
        context: &Context,
        operation: impl Future<Output = Result<T, ApiError>>,
    ) -> Result<T, ApiError> {
        let outcome = match &context.cluster.paxos {
            Some(proposer) if !self.transactions.is_empty() => {
                let transaction = Transaction {
                    node: context.node.number,
                    recorder: &context.node.recorder,
                    partitions: &self.transactions,
                    quorum: self.quorum,
                };
                proposer.run(transaction, operation).await
            }
            Some(_) | None => operation.await,
        };
        self.count_transactions(context, &outcome);
        outcome
    }

    /// Counts the transactions that took place, with those whose outcome is not known.
    fn count_transactions<T>(self, context: &Context, outcome: &Result<T, ApiError>) {
        let took_place = match outcome {
            Ok(_) => true,
            Err(error) => {
                error.is("ConditionalCheckFailedException") || error.is("InternalServerError")
            }
        };
        if took_place {
            for partition in self.transactions {
                context
                    .cluster
                    .lwt_log
                    .record(partition, context.node.number);
            }
        }
    }
}

/// Returns the number of replicas that is a quorum in the datacenter of a node.
fn local_quorum(contents: &Contents, placement: &Placement, node: usize) -> usize {
    let datacenter = |number: usize| contents.owner(number).map(|owner| &owner.datacenter);
    let own = datacenter(node);
    let replicas = placement.replicas.iter();
    let local = replicas.filter(|replica| datacenter(**replica) == own);
    local.count() / 2 + 1
}

fn uses_lwt(
    catalog: &Catalog,
    contents: &Contents,
    operation: Operation,
    request: &Value,
    partitions: &[Partition],
) -> bool {
    let isolation = |partition: &Partition| {
        let own = contents
            .table(&partition.table)
            .and_then(|table| table.isolation);
        own.unwrap_or(catalog.isolation)
    };
    match operation {
        Operation::PutItem | Operation::UpdateItem | Operation::DeleteItem => partitions
            .iter()
            .any(|partition| isolation(partition).uses_lwt(operation, request)),
        // One table that always uses them makes the whole batch do so.
        Operation::BatchWriteItem => partitions
            .iter()
            .any(|partition| isolation(partition) == WriteIsolation::AlwaysUseLwt),
        _ => false,
    }
}
