//! Coordination of a request: whether the node is a replica of the partition, and whether the request is a lightweight
//! transaction.
//!
//! All nodes share one engine, so that only the counters depend on it.

use std::collections::BTreeSet;

use serde_json::Value;

use super::route::Front;
use crate::WriteIsolation;
use crate::api_error::ApiError;
use crate::catalog::{Catalog, Contents, Target, targets};
use crate::operation::Operation;

/// One request, from when it is known what it asks for.
#[derive(Debug)]
pub(super) struct Coordination {
    /// What is written with lightweight transactions.
    transactions: BTreeSet<Target>,
}

impl Coordination {
    /// Counts whether the node is a replica. `None` if the cluster has no tokens, or the request no key.
    pub(super) fn begin(front: &Front, name: &str, body: &[u8]) -> Option<Self> {
        let catalog = &front.cluster.catalog;
        catalog.tokens?;
        let operation = Operation::named(name).filter(|operation| operation.has_keys())?;
        let request: Value = serde_json::from_slice(body).ok()?;
        let contents = &mut catalog.contents();
        let targets = targets(contents, operation, &request);
        let (mut on_replica, mut off_replica) = (0, 0);
        for target in &targets {
            let Some(placement) = contents.placement(&target.table, target.key.token()) else {
                continue;
            };
            if placement.replicas.contains(&front.node.number) {
                on_replica += 1;
            } else {
                off_replica += 1;
            }
        }
        let recorder = &front.node.recorder;
        recorder.replica(operation.is_batch(), on_replica, off_replica);
        let transactions = if uses_lwt(catalog, contents, operation, &request, &targets) {
            targets.into_iter().collect()
        } else {
            BTreeSet::new()
        };
        Some(Self { transactions })
    }

    /// Counts the transactions that took place.
    pub(super) fn end<T>(self, front: &Front, outcome: &Result<T, ApiError>) {
        let took_place = match outcome {
            Ok(_) => true,
            Err(error) => error.is("ConditionalCheckFailedException"),
        };
        if took_place {
            for target in self.transactions {
                let partition = (target.table, target.key);
                front.cluster.lwt_log.record(partition, front.node.number);
            }
        }
    }
}

fn uses_lwt(
    catalog: &Catalog,
    contents: &Contents,
    operation: Operation,
    request: &Value,
    targets: &[Target],
) -> bool {
    let isolation = |target: &Target| {
        let own = contents
            .table(&target.table)
            .and_then(|table| table.isolation);
        own.unwrap_or(catalog.isolation)
    };
    match operation {
        Operation::PutItem | Operation::UpdateItem | Operation::DeleteItem => targets
            .iter()
            .any(|target| isolation(target).uses_lwt(operation, request)),
        // One table that always uses them makes the whole batch do so.
        Operation::BatchWriteItem => targets
            .iter()
            .any(|target| isolation(target) == WriteIsolation::AlwaysUseLwt),
        _ => false,
    }
}
