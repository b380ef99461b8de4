//! Coordination of a request: whether the node is a replica of the partition, whether enough replicas are alive, and
//! whether the request is a lightweight transaction.
//!
//! All nodes share one engine, so that what an operation reads and writes does not depend on it.

use std::collections::BTreeSet;

use bytes::Bytes;
use serde_json::Value;
use tokio::time;

use super::availability::{self, Availability, Shortfall};
use super::context::Context;
use super::partial_batch::{self, UnprocessedKeys};
use crate::WriteIsolation;
use crate::api_error::ApiError;
use crate::catalog::{self, Catalog, Contents, Partition};
use crate::operation::Operation;
use crate::paxos::Transaction;
use crate::storage_error::Consistency;

/// One request, from when its operation is known.
#[derive(Debug)]
pub(super) struct Coordination {
    /// The partitions that it writes with lightweight transactions.
    transactions: BTreeSet<Partition>,
    /// The number of replicas that a transaction needs.
    quorum: usize,
    /// The reason why it fails, or its first one.
    shortfall: Option<Shortfall>,
    partial_batch: Option<(Bytes, UnprocessedKeys)>,
}

impl Coordination {
    /// Counts whether the node is a replica, and checks whether enough replicas are alive. `None` if the cluster has no
    /// tokens, or if the operation reads and writes no items.
    pub(super) fn begin(context: &Context, name: &str, body: &[u8]) -> Option<Self> {
        let catalog = &context.cluster.catalog;
        catalog.tokens?;
        let operation = Operation::from_name(name)?;
        // Before the catalog, as everywhere.
        let availability = Availability::of(context);
        if operation == Operation::Scan {
            return Self::begin_scan(&availability, &mut catalog.contents(), body);
        }
        if !operation.has_keys() {
            return None;
        }
        let request: Value = serde_json::from_slice(body).ok()?;
        let contents = &mut catalog.contents();
        let partitions = catalog::partitions(contents, operation, &request);
        let uses_lwt = uses_lwt(catalog, contents, operation, &request, &partitions);
        let mut on_replica = 0;
        let mut placed = 0;
        let mut quorum = 0;
        let mut unavailable = BTreeSet::new();
        let mut shortfall = None;
        for partition in &partitions {
            let table = &partition.table;
            let Some(placement) = contents.placement(table, partition.key.token()) else {
                continue;
            };
            placed += 1;
            on_replica += u64::from(placement.replicas.contains(&context.node.number));
            let local = availability::local_replication(contents, &placement, context.node.number);
            quorum = Consistency::Serial.required(local);
            let parameters = parameters(operation, &request, table);
            let consistency = availability::consistency(operation, uses_lwt, parameters);
            if let Some(short) = availability.check(contents, table, &placement, consistency) {
                shortfall.get_or_insert(short);
                unavailable.insert(partition.clone());
            }
        }
        let recorder = &context.node.recorder;
        recorder.record_replicas(operation.is_batch(), on_replica, placed - on_replica);
        let is_partial = operation == Operation::BatchGetItem
            && shortfall.is_some()
            && partitions
                .iter()
                .any(|partition| !unavailable.contains(partition));
        let partial_batch =
            is_partial.then(|| partial_batch::split(contents, request, &unavailable));
        let transactions = uses_lwt.then(|| partitions.into_iter().collect());
        Some(Self {
            transactions: transactions.unwrap_or_default(),
            quorum,
            shortfall,
            partial_batch,
        })
    }

    /// Checks all partitions of the table or index that a Scan reads.
    fn begin_scan(
        availability: &Availability,
        contents: &mut Contents,
        body: &[u8],
    ) -> Option<Self> {
        let request: Value = serde_json::from_slice(body).ok()?;
        let name = catalog::table_of_read(contents, &request)?;
        let consistency = availability::consistency(Operation::Scan, false, &request);
        // Without a dead node, all partitions are like the first.
        let checked = if availability.has_dead_nodes() {
            usize::MAX
        } else {
            1
        };
        let placements = contents.placements(&name).into_iter().take(checked);
        let mut shortfalls = placements
            .filter_map(|placement| availability.check(contents, &name, &placement, consistency));
        Some(Self {
            transactions: BTreeSet::new(),
            quorum: 0,
            shortfall: shortfalls.next(),
            partial_batch: None,
        })
    }

    /// Executes the operation, as a transaction if it is one. `operation` takes the body of the request.
    pub(super) async fn run<F>(
        mut self,
        context: &Context,
        body: Bytes,
        operation: impl FnOnce(Bytes) -> F,
    ) -> Result<Bytes, ApiError>
    where
        F: Future<Output = Result<Bytes, ApiError>>,
    {
        let timeout = context.cluster.timeout;
        if let Some((body, unprocessed)) = self.partial_batch {
            if let Some(Shortfall::TimesOut { .. }) = self.shortfall {
                time::sleep(timeout).await;
            }
            let response = operation(body).await?;
            return Ok(unprocessed.add_to(&response));
        }
        match self.shortfall.take() {
            None => {}
            Some(Shortfall::Unavailable(error)) => return Err(error),
            Some(Shortfall::TimesOut { error, is_executed }) => {
                if is_executed && self.transactions.is_empty() {
                    // Its outcome is what the client does not get to know.
                    let _ = operation(body).await;
                }
                time::sleep(timeout).await;
                return Err(error);
            }
        }
        let outcome = match &context.cluster.paxos {
            Some(proposer) if !self.transactions.is_empty() => {
                let transaction = Transaction {
                    node: context.node.number,
                    recorder: &context.node.recorder,
                    partitions: &self.transactions,
                    quorum: self.quorum,
                };
                proposer.run(transaction, operation(body)).await
            }
            Some(_) | None => operation(body).await,
        };
        count_transactions(self.transactions, context, &outcome);
        outcome
    }
}

/// Counts the transactions that took place, with those whose outcome is not known.
fn count_transactions(
    transactions: BTreeSet<Partition>,
    context: &Context,
    outcome: &Result<Bytes, ApiError>,
) {
    let took_place = match outcome {
        Ok(_) => true,
        Err(error) => {
            error.is("ConditionalCheckFailedException") || error.is("InternalServerError")
        }
    };
    if took_place {
        let log = &context.cluster.lwt_log;
        for partition in transactions {
            log.record(partition, context.node.number);
        }
    }
}

/// Returns the part of a request that holds the parameters of a read of a table.
fn parameters<'a>(operation: Operation, request: &'a Value, table: &str) -> &'a Value {
    let of_table = (operation == Operation::BatchGetItem)
        .then(|| request.get("RequestItems")?.get(table))
        .flatten();
    of_table.unwrap_or(request)
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
        Operation::PutItem | Operation::UpdateItem | Operation::DeleteItem => {
            let reads_before_write = catalog.reads_before_write(operation, request);
            let mut partitions = partitions.iter();
            partitions.any(|partition| isolation(partition).uses_lwt(reads_before_write))
        }
        // One table that always uses them makes the whole batch do so.
        Operation::BatchWriteItem => partitions
            .iter()
            .any(|partition| isolation(partition) == WriteIsolation::AlwaysUseLwt),
        _ => false,
    }
}
