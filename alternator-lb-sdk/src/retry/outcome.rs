//! Classifies an ended attempt by its evidence about the node.

use super::connection_evidence;
use crate::auth::SkewedDate;
#[cfg(feature = "compression")]
use crate::compression;
use crate::route_error::RouteError;
use crate::transport::abort_handle::Abort;
use alternator_lb_core::health::{Outcome, ResponseParts};
use alternator_lb_core::routing::TIME_TO_CONNECT;
use aws_smithy_runtime_api::client::connection::CaptureSmithyConnection;
use aws_smithy_runtime_api::client::interceptors::context::{
    Error, FinalizerInterceptorContextMut, FinalizerInterceptorContextRef,
};
use aws_smithy_runtime_api::client::orchestrator::{HttpResponse, OrchestratorError};
use aws_smithy_runtime_api::client::result::ConnectorError;
use aws_smithy_types::config_bag::ConfigBag;
use std::error::Error as StdError;
use std::sync::Arc;
use std::time::Duration;

/// Classifies an attempt that was sent to its node and took `age`.
pub(crate) fn classify(
    context: &FinalizerInterceptorContextRef<'_>,
    config: &ConfigBag,
    age: Duration,
) -> Outcome {
    match (context.output_or_error(), context.response()) {
        (Some(Err(error)), _) if is_foreign_response(error) => Outcome::Foreign,
        (Some(Err(error)), _) if is_transport_error(error) => {
            of_broken_attempt(error, context, config, age)
        }
        // Any other failure happened on this side: nothing came from the node.
        (_, None) => Outcome::Neutral,
        // It would have been rejected, were it foreign.
        (Some(Ok(_)), Some(response)) if response.status().is_success() => Outcome::Responded,
        (_, Some(response)) => of_response(response),
    }
}

/// Returns the outcome by the response. When an attempt has ended, the body has been read into memory.
pub(crate) fn of_response(response: &HttpResponse) -> Outcome {
    parts(response).outcome()
}

/// Returns the code of DynamoDB's error in a response that has one.
pub(crate) fn error_code(response: &HttpResponse) -> Option<Box<str>> {
    parts(response).error_code().map(Box::from)
}

fn parts(response: &HttpResponse) -> ResponseParts<'_> {
    let headers = response.headers();
    // What the application decompresses by itself is not looked at.
    let is_encoded = headers.contains_key("content-encoding");
    ResponseParts {
        status: response.status().as_u16(),
        content_type: headers.get("content-type"),
        error_type_header: headers.get("x-amzn-errortype"),
        body: response.body().bytes().filter(|_| !is_encoded),
        has_skewed_date: response.extension::<SkewedDate>().is_some(),
    }
}

/// Replaces the result of an attempt whose response is not Alternator's by an error that names the node: the SDK would
/// take an empty page for an empty item, and reports only that something cannot be parsed. It sends the operation again
/// if retries are left, on another node.
pub(crate) fn reject_foreign_response(
    context: &mut FinalizerInterceptorContextMut<'_>,
    node: impl FnOnce() -> Option<String>,
) {
    let Some(response) = context.response() else {
        return;
    };
    let status = response.status().as_u16();
    if of_response(response) != Outcome::Foreign {
        return;
    }
    #[cfg(feature = "compression")]
    if let Some(Err(error)) = context.output_or_error()
        && (compression::is_refused(error) || compression::is_too_large(error))
    {
        return;
    }
    let (Some(node), Some(result)) = (node(), context.output_or_error_mut()) else {
        return;
    };
    let replaced = std::mem::replace(result, Err(OrchestratorError::other("being replaced")));
    let error = RouteError::ForeignResponse {
        node,
        status,
        source: replaced.err().map(|error| Arc::new(error) as _),
    };
    *result = Err(OrchestratorError::response(error.into()));
}

fn is_foreign_response(error: &OrchestratorError<Error>) -> bool {
    connection_evidence::chain(error).any(|error| {
        matches!(
            error.downcast_ref(),
            Some(RouteError::ForeignResponse { .. })
        )
    })
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

/// Returns the outcome of an attempt whose HTTP client returned an error. `capture` is that of the request.
pub(crate) fn of_connector_error(
    error: &ConnectorError,
    capture: &CaptureSmithyConnection,
) -> Outcome {
    if error.is_user() {
        return Outcome::Neutral;
    }
    let failure = TransportFailure {
        never_sent: connection_evidence::never_sent(Some(capture), Some(error)),
        has_timed_out: error.is_timeout(),
        is_stale: is_stale(error),
        is_local: connection_evidence::is_local(error),
        lacks_time: false,
    };
    failure.outcome()
}

/// Returns the outcome of an attempt the body of whose response broke off.
pub(crate) fn of_broken_body(error: &(dyn StdError + 'static)) -> Outcome {
    // The node has sent all that it was to send.
    #[cfg(feature = "compression")]
    if compression::is_too_large(error) {
        return Outcome::Responded;
    }
    match is_stale(error) {
        true => Outcome::StaleConnection,
        false => Outcome::ConnectionLost,
    }
}

/// The evidence of an attempt whose response did not arrive, or not whole.
#[derive(Clone, Copy, Debug)]
struct TransportFailure {
    /// True if certainly nothing was sent.
    never_sent: bool,
    has_timed_out: bool,
    /// True if the connection was found to lead nowhere.
    is_stale: bool,
    /// True if this process could not connect to any node.
    is_local: bool,
    /// True if there was too little time to connect.
    lacks_time: bool,
}

impl TransportFailure {
    fn outcome(self) -> Outcome {
        match (self.never_sent, self.has_timed_out) {
            (true, _) if self.is_stale => Outcome::NotSent,
            (false, _) if self.is_stale => Outcome::StaleConnection,
            (true, _) if self.is_local || self.lacks_time => Outcome::NotSent,
            (true, _) => Outcome::NotConnected,
            (false, true) => Outcome::TimedOut,
            (false, false) => Outcome::ConnectionLost,
        }
    }
}

/// Returns whether the attempt was ended because its connection led nowhere.
fn is_stale(error: &(dyn StdError + 'static)) -> bool {
    connection_evidence::chain(error)
        .any(|error| error.downcast_ref() == Some(&Abort::ConnectionLost))
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
    let has_timed_out = connector.is_some_and(ConnectorError::is_timeout);
    let failure = TransportFailure {
        never_sent,
        has_timed_out: error.is_timeout_error() || has_timed_out,
        is_stale: is_stale(error),
        is_local: source.is_some_and(connection_evidence::is_local),
        lacks_time: error.is_timeout_error() && age < TIME_TO_CONNECT,
    };
    failure.outcome()
}
