//! Classifies an ended attempt by its evidence about the node.

use super::connection_evidence;
#[cfg(feature = "compression")]
use crate::compression;
use alternator_lb_core::health::Outcome;
use alternator_lb_core::routing::TIME_TO_CONNECT;
use aws_smithy_runtime_api::client::connection::CaptureSmithyConnection;
use aws_smithy_runtime_api::client::interceptors::context::{
    Error, FinalizerInterceptorContextRef,
};
use aws_smithy_runtime_api::client::orchestrator::{HttpResponse, OrchestratorError};
use aws_smithy_runtime_api::client::result::ConnectorError;
use aws_smithy_types::config_bag::ConfigBag;
use std::error::Error as StdError;
use std::time::Duration;

/// The age from which a server error says more about other nodes than about this one: Alternator gives an operation ten
/// seconds, and responds with an error when the replicas did not respond in that time.
const SLOW_ERROR: Duration = Duration::from_secs(9);

/// The errors of a node that sheds load. They come with status 400, as all errors do that are not the server's.
const OVERLOAD: [&str; 3] = [
    "#RequestLimitExceeded\"",
    "#ThrottlingException\"",
    "#ProvisionedThroughputExceededException\"",
];

/// Classifies an attempt that was sent to its node and took `age`.
pub(crate) fn classify(
    context: &FinalizerInterceptorContextRef<'_>,
    config: &ConfigBag,
    age: Duration,
) -> Outcome {
    match (context.output_or_error(), context.response()) {
        (Some(Err(error)), _) if is_transport_error(error) => {
            of_broken_attempt(error, context, config, age)
        }
        // Any other failure happened on this side: nothing came from the node.
        (_, None) => Outcome::Neutral,
        (_, Some(response)) => of_response(response, age),
    }
}

fn of_response(response: &HttpResponse, age: Duration) -> Outcome {
    match response.status().as_u16() {
        500.. if age < SLOW_ERROR => Outcome::ServerError,
        500.. => Outcome::SlowServerError,
        400 if is_overload(response) => Outcome::Overloaded,
        _ => Outcome::Responded,
    }
}

/// Returns when an attempt has ended, its response has been read into memory.
fn is_overload(response: &HttpResponse) -> bool {
    let body = response.body().bytes().map(std::str::from_utf8);
    body.and_then(Result::ok)
        .is_some_and(|body| OVERLOAD.iter().any(|error| body.contains(error)))
}

/// Returns whether the response did not arrive, or not whole.
fn is_transport_error(error: &OrchestratorError<Error>) -> bool {
    let is_of_caller = error
        .as_connector_error()
        .is_some_and(|error| error.is_user());
    // The node responded, although the error says that it did not, or not completely.
    #[cfg(feature = "compression")]
    let is_of_caller =
        is_of_caller || compression::is_refused(error) || compression::is_too_large(error);
    !is_of_caller
        && (error.is_connector_error() || error.is_timeout_error() || error.is_response_error())
}

fn of_broken_attempt(
    error: &OrchestratorError<Error>,
    context: &FinalizerInterceptorContextRef<'_>,
    config: &ConfigBag,
    age: Duration,
) -> Outcome {
    let connector = error.as_connector_error();
    let source = connector.map(|error| error as &(dyn StdError + 'static));
    // A request with a partial response was sent, whatever the HTTP client says of its connections.
    let never_sent = context.response().is_none()
        && connection_evidence::never_sent(config.load::<CaptureSmithyConnection>(), source);
    let timed_out = error.is_timeout_error() || connector.is_some_and(ConnectorError::is_timeout);
    match (never_sent, timed_out) {
        (true, _) if source.is_some_and(connection_evidence::is_local) => Outcome::NotSent,
        (true, _) if error.is_timeout_error() && age < TIME_TO_CONNECT => Outcome::NotSent,
        (true, _) => Outcome::NotConnected,
        (false, true) => Outcome::TimedOut,
        (false, false) => Outcome::ConnectionLost,
    }
}
