//! Coordination of a request: whether the node is a replica of the partition, and whether the request is a lightweight
//! transaction.
//!
//! All nodes share one engine, so that only the counters depend on it.

use std::collections::BTreeSet;

use serde_json::Value;

use super::context::Context;
use crate::WriteIsolation;
use crate::api_error::ApiError;
use crate::catalog::{self, Catalog, Contents, Partition};
use crate::operation::Operation;

/// One request, from when its operation is known.
#[derive(Debug)]
pub(super) struct Coordination {
    /// The partitions that it writes with lightweight transactions.
    transactions: BTreeSet<Partition>,
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
        for partition in &partitions {
            let Some(placement) = contents.placement(&partition.table, partition.key.token())
            else {
                continue;
            };
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
        Some(Self { transactions })
    }

    /// Counts the transactions that took place.
    pub(super) fn end<T>(self, context: &Context, outcome: &Result<T, ApiError>) {
        let took_place = match outcome {
            Ok(_) => true,
            Err(error) => error.is("ConditionalCheckFailedException"),
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
