//! What a node does as coordinator of a request: it is a replica of the partition or not, and says so.
//!
//! With one engine behind all nodes nothing depends on it but what is counted, and the header that tells clients of a
//! better node.

use std::collections::BTreeSet;
use std::fmt::Write;

use hyper::header::HeaderValue;
use serde_json::Value;

use super::route::Front;
use crate::WriteIsolation;
use crate::api_error::ApiError;
use crate::catalog::{Catalog, Contents, Kind, Placement, Target, targets};
use crate::operation::Operation;

/// One request, from when it is known what it asks for.
#[derive(Debug)]
pub(super) struct Coordination {
    /// What is written with lightweight transactions.
    transactions: BTreeSet<Target>,
    hint: Option<HeaderValue>,
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
        let mut hint = None;
        let (mut on_replica, mut off_replica) = (0, 0);
        for target in &targets {
            let Some(placement) = contents.placement(&target.table, target.key.token()) else {
                continue;
            };
            if placement.replicas.contains(&front.node.number) {
                on_replica += 1;
                continue;
            }
            off_replica += 1;
            if front.cluster.gives_hints && !operation.is_batch() && is_base(contents, target) {
                hint = header(front, contents, &placement);
            }
        }
        let recorder = &front.node.recorder;
        recorder.replica(operation.is_batch(), on_replica, off_replica);
        let transactions = if uses_lwt(catalog, contents, operation, &request, &targets) {
            targets.into_iter().collect()
        } else {
            BTreeSet::new()
        };
        Some(Self { transactions, hint })
    }

    /// Counts the transactions that took place. Returns the header for the answer.
    pub(super) fn end<T>(
        self,
        front: &Front,
        outcome: &Result<T, ApiError>,
    ) -> Option<HeaderValue> {
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
        self.hint.filter(|_| outcome.is_ok())
    }
}

/// Indexes are left out of hints, as by the server.
fn is_base(contents: &Contents, target: &Target) -> bool {
    let table = contents.table(&target.table);
    table.is_some_and(|table| table.kind == Kind::Base)
}

/// `<start>,<end>,<address>,<address>...`, with the replicas in the datacenter of the node.
fn header(front: &Front, contents: &Contents, placement: &Placement) -> Option<HeaderValue> {
    let range = placement.range;
    let mut text = format!("{},{}", range.start, range.end);
    let owners = placement.replicas.iter();
    let owners = owners.filter_map(|number| contents.owner(*number));
    let mut local = owners
        .filter(|owner| owner.datacenter == front.node.datacenter)
        .peekable();
    local.peek()?;
    for owner in local {
        // It does not fail on a string.
        let _ = write!(text, ",{}", owner.rpc);
    }
    HeaderValue::try_from(text).ok()
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

/// Named by the proposal for the server, whose number it has.
pub(super) const HINT: &str = "x-scylla-alternator-routing-v1";
