//! Errors of the server's storage, which are about replicas and not about the node that responds.
//!
//! Their texts are recorded ones, but for those of reads that time out, which have the form of the others.

use std::fmt::{self, Display, Formatter};

use crate::api_error::ApiError;

/// The consistency level of an operation, within the datacenter of its coordinator.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Consistency {
    /// Of eventually consistent reads.
    One,
    /// Of consistent reads.
    QuorumRead,
    /// Of writes that are no transactions.
    QuorumWrite,
    /// Of transactions.
    Serial,
}

impl Consistency {
    /// Returns the number of replicas that must respond, of so many in the datacenter.
    pub(crate) const fn required(self, replicas: usize) -> usize {
        match self {
            Self::One => 1,
            Self::QuorumRead | Self::QuorumWrite | Self::Serial => replicas / 2 + 1,
        }
    }

    /// Returns the type of the error for replicas that do not respond in time.
    const fn timeout_exception(self) -> &'static str {
        match self {
            Self::One | Self::QuorumRead => "read_timeout_exception",
            Self::QuorumWrite | Self::Serial => "mutation_write_timeout_exception",
        }
    }
}

impl Display for Consistency {
    fn fmt(&self, formatter: &mut Formatter<'_>) -> fmt::Result {
        formatter.write_str(match self {
            Self::One => "LOCAL_ONE",
            Self::QuorumRead | Self::QuorumWrite => "LOCAL_QUORUM",
            Self::Serial => "LOCAL_SERIAL",
        })
    }
}

/// Another coordinator superseded a transaction on a table.
pub(crate) fn uncertain_write(ballot: impl Display, table: &str) -> ApiError {
    exception(
        "mutation_write_timeout_exception",
        format_args!(
            "Failed to accept proposal({ballot}) for alternator_{table}.{table}: write timeout due to uncertainty. \
             Replica errors: "
        ),
    )
}

/// So many replicas of so many that are needed have responded in time. `base` is the table that the index belongs to,
/// or the table itself.
pub(crate) fn operation_timed_out(
    consistency: Consistency,
    (base, table): (&str, &str),
    (received, required): (usize, usize),
) -> ApiError {
    exception(
        consistency.timeout_exception(),
        format_args!(
            "Operation timed out for alternator_{base}.{table} - received only {received} responses from {required} \
             CL={consistency}."
        ),
    )
}

/// The coordinator knows that fewer replicas are alive than it needs.
pub(crate) fn unavailable(consistency: Consistency, required: usize, alive: usize) -> ApiError {
    exception(
        "unavailable_exception",
        format_args!(
            "Cannot achieve consistency level for cl {consistency}. Requires {required}, alive {alive}"
        ),
    )
}

/// The datacenter of the coordinator holds no replicas of the table.
pub(crate) fn no_replicas(consistency: Consistency, datacenter: &str) -> ApiError {
    exception(
        "unavailable_exception",
        format_args!(
            "Cannot achieve consistency level {consistency} in datacenter '{datacenter}' with replication factor 0. \
             Ensure the keyspace is replicated to this datacenter or use a non-local consistency level."
        ),
    )
}

fn exception(name: &str, message: impl Display) -> ApiError {
    ApiError::internal(format!(
        "Internal server error: exceptions::{name} ({message})"
    ))
}
