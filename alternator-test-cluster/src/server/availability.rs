//! The availability of a partition: the live replicas that an operation needs.

use serde_json::Value;

use super::context::Context;
use crate::api_error::ApiError;
use crate::catalog::{Contents, Placement};
use crate::operation::Operation;
use crate::storage_error::{Consistency, no_replicas, operation_timed_out, unavailable};

/// A node that does not respond to the coordinator.
#[derive(Clone, Copy, Debug)]
struct DeadNode {
    number: usize,
    /// True once the failure detector of the coordinator has noticed.
    is_noticed: bool,
}

/// The nodes that a coordinator reaches.
#[derive(Debug)]
pub(super) struct Availability {
    coordinator: usize,
    dead: Vec<DeadNode>,
    is_checked: bool,
}

/// The error of an operation for lack of replicas.
#[derive(Debug)]
pub(super) enum Shortfall {
    /// The coordinator knows that there are too few replicas, and fails the operation at once.
    Unavailable(ApiError),
    /// The coordinator waits for replicas in vain. Those that are alive execute a write.
    TimesOut {
        error: ApiError,
        /// True if a replica is alive.
        is_executed: bool,
    },
}

impl Availability {
    pub(super) fn of(context: &Context) -> Self {
        let (cluster, node) = (&context.cluster, &context.node);
        let mut dead = Vec::new();
        if cluster.checks_quorum {
            let others = cluster.present_nodes().into_iter();
            for other in others.filter(|other| other.number != node.number) {
                if node.is_isolated() {
                    let is_noticed = true;
                    dead.push(DeadNode {
                        number: other.number,
                        is_noticed,
                    });
                } else if let Some(time) = other.dead_for() {
                    dead.push(DeadNode {
                        number: other.number,
                        is_noticed: !other.is_listed() || time >= cluster.failure_detection,
                    });
                }
            }
        }
        Self {
            coordinator: node.number,
            dead,
            is_checked: cluster.checks_quorum,
        }
    }

    /// Returns whether there is a node that does not respond.
    pub(super) fn has_dead_nodes(&self) -> bool {
        !self.dead.is_empty()
    }

    /// Returns why the partitions of a table with these replicas cannot be used with a consistency level.
    pub(super) fn check(
        &self,
        contents: &Contents,
        table: &str,
        placement: &Placement,
        consistency: Consistency,
    ) -> Option<Shortfall> {
        if !self.is_checked {
            return None;
        }
        let coordinator = contents.owner(self.coordinator)?;
        let local = local_replicas(contents, placement, &coordinator.datacenter);
        let required = consistency.required(local.len());
        let base = contents.table(table).map_or(table, |table| &table.base);
        if local.is_empty() && consistency != Consistency::Serial {
            let error = no_replicas(consistency, &coordinator.datacenter);
            return Some(Shortfall::Unavailable(error));
        }
        let count = |counts: fn(&DeadNode) -> bool| {
            let dead = self.dead.iter().filter(|dead| counts(dead));
            local.len() - dead.filter(|dead| local.contains(&dead.number)).count()
        };
        let (believed_alive, alive) = (count(|dead| dead.is_noticed), count(|_| true));
        if believed_alive < required {
            let error = unavailable(consistency, required, believed_alive);
            return Some(Shortfall::Unavailable(error));
        }
        (alive < required).then(|| Shortfall::TimesOut {
            error: operation_timed_out(consistency, (base, table), (alive, required)),
            is_executed: alive > 0,
        })
    }
}

/// Returns the number of replicas of a partition in a coordinator's datacenter.
pub(super) fn local_replication(contents: &Contents, placement: &Placement, node: usize) -> usize {
    let coordinator = contents.owner(node);
    coordinator.map_or(0, |owner| {
        local_replicas(contents, placement, &owner.datacenter).len()
    })
}

/// Returns the consistency level of an operation on one partition or of a Scan. `table` holds the parameters of a
/// table in a batch.
pub(super) fn consistency(operation: Operation, uses_lwt: bool, request: &Value) -> Consistency {
    if uses_lwt {
        return Consistency::Serial;
    }
    let is_read = matches!(
        operation,
        Operation::GetItem | Operation::Query | Operation::Scan | Operation::BatchGetItem
    );
    let is_consistent = request.get("ConsistentRead").and_then(Value::as_bool);
    match (is_read, is_consistent.unwrap_or_default()) {
        (true, false) => Consistency::One,
        (true, true) => Consistency::QuorumRead,
        (false, _) => Consistency::QuorumWrite,
    }
}

fn local_replicas(contents: &Contents, placement: &Placement, datacenter: &str) -> Vec<usize> {
    let replicas = placement.replicas.iter().copied();
    let is_local = |number: &usize| {
        let owner = contents.owner(*number);
        owner.is_some_and(|owner| owner.datacenter == datacenter)
    };
    replicas.filter(is_local).collect()
}
