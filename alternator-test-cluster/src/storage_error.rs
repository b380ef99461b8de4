//! Errors of the server's storage, which are about replicas and not about the node that responds.

use std::fmt::{self, Display, Formatter};

use crate::api_error::ApiError;

/// The consistency level of an operation.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Consistency {
    /// Of transactions.
    LocalSerial,
}

impl Display for Consistency {
    fn fmt(&self, formatter: &mut Formatter<'_>) -> fmt::Result {
        formatter.write_str(match self {
            Self::LocalSerial => "LOCAL_SERIAL",
        })
    }
}

/// Another coordinator superseded a transaction.
pub(crate) fn uncertain_write(ballot: impl Display, table: &str) -> ApiError {
    exception(
        "mutation_write_timeout_exception",
        format_args!(
            "Failed to accept proposal({ballot}) for alternator_{table}.{table}: write timeout due to uncertainty. \
             Replica errors: "
        ),
    )
}

/// So many replicas of so many that are needed have responded in time.
pub(crate) fn operation_timed_out(
    consistency: Consistency,
    table: &str,
    (received, required): (usize, usize),
) -> ApiError {
    let exception_type = match consistency {
        Consistency::LocalSerial => "mutation_write_timeout_exception",
    };
    exception(
        exception_type,
        format_args!(
            "Operation timed out for alternator_{table}.{table} - received only {received} responses from {required} \
             CL={consistency}."
        ),
    )
}

fn exception(name: &str, message: impl Display) -> ApiError {
    ApiError::internal(format!(
        "Internal server error: exceptions::{name} ({message})"
    ))
}
