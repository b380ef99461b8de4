//! Says how an attempt ended, for the application.

use super::connection_evidence::chain;
use super::outcome;
use crate::history::system_now;
use crate::transport::abort_handle::Abort;
use crate::transport::sdk_endpoint::SdkPlan;
use alternator_lb_core::health::Outcome;
use alternator_lb_core::routing::{AttemptEnd, AttemptResult};
use aws_smithy_runtime_api::client::interceptors::context::FinalizerInterceptorContextRef;
use aws_smithy_runtime_api::client::result::ConnectorError;
use aws_smithy_runtime_api::client::runtime_components::RuntimeComponents;
use std::error::Error as StdError;
use std::io;
use std::time::Duration;

/// Records the end of an attempt in its plan, if it has failed or attempts are recorded already.
pub(crate) fn log(
    plan: Option<&mut SdkPlan>,
    context: &FinalizerInterceptorContextRef<'_>,
    outcome: Outcome,
    now: Duration,
    components: &RuntimeComponents,
) {
    if let Some(plan) = plan
        && (plan.is_logged() || matches!(context.output_or_error(), Some(Err(_))))
    {
        let end = end(context, outcome);
        plan.log_end(end, now, || system_now(components));
    }
}

/// Returns the end of an attempt whose HTTP client returned an error.
pub(crate) fn of_connector_error(error: &ConnectorError, outcome: Outcome) -> AttemptEnd {
    let result = result(error, error.is_timeout(), outcome, false);
    without_response(result, error, None, outcome)
}

/// Returns the end of an attempt the body of whose response, which had this status, broke off.
pub(crate) fn of_broken_body(
    error: &(dyn StdError + 'static),
    status: u16,
    outcome: Outcome,
) -> AttemptEnd {
    let result = result(error, false, outcome, false);
    without_response(result, error, Some(status), outcome)
}

/// Returns the end of an attempt with a whole response.
pub(crate) fn of_response(status: u16, error_code: Option<&str>, outcome: Outcome) -> AttemptEnd {
    let is_success = status < 400 && outcome != Outcome::Foreign;
    AttemptEnd {
        result: match is_success {
            true => AttemptResult::Success,
            false => AttemptResult::ErrorResponse,
        },
        outcome: Some(outcome),
        status: Some(status),
        error_code: error_code.map(Box::from),
        io_error: None,
    }
}

fn without_response(
    result: AttemptResult,
    error: &(dyn StdError + 'static),
    status: Option<u16>,
    outcome: Outcome,
) -> AttemptEnd {
    AttemptEnd {
        result,
        outcome: Some(outcome),
        status,
        error_code: None,
        io_error: io_error(error),
    }
}

fn end(context: &FinalizerInterceptorContextRef<'_>, outcome: Outcome) -> AttemptEnd {
    let response = context.response();
    let error = context.output_or_error().and_then(Result::err);
    let has_error = |status: &u16| *status >= 400;
    let status = response.map(|response| response.status().as_u16());
    let failed = response.filter(|_| status.as_ref().is_some_and(has_error));
    AttemptEnd {
        result: error.map_or(AttemptResult::Success, |error| {
            let connector = error.as_connector_error();
            let has_timed_out =
                error.is_timeout_error() || connector.is_some_and(ConnectorError::is_timeout);
            let has_responded = status.as_ref().is_some_and(has_error);
            result(error, has_timed_out, outcome, has_responded)
        }),
        outcome: Some(outcome),
        status,
        error_code: failed.and_then(outcome::error_code),
        io_error: error.and_then(|error| io_error(error)),
    }
}

/// Returns what came back from a failed attempt. `has_timed_out` says whether a timeout of the application has ended it,
/// `has_error_response` whether it was a response with an error.
fn result(
    error: &(dyn StdError + 'static),
    has_timed_out: bool,
    outcome: Outcome,
    has_error_response: bool,
) -> AttemptResult {
    if chain(error).any(|error| error.is::<Abort>()) {
        AttemptResult::Aborted
    } else if has_timed_out {
        AttemptResult::TimedOut
    } else if is_without_response(outcome) {
        AttemptResult::ConnectionFailed
    } else if has_error_response || outcome == Outcome::Foreign {
        AttemptResult::ErrorResponse
    } else {
        AttemptResult::LocalError
    }
}

/// Returns whether the response did not arrive, or not whole, for a reason outside this process.
fn is_without_response(outcome: Outcome) -> bool {
    let is_of_process = outcome == Outcome::Neutral;
    !is_of_process && outcome != Outcome::Foreign && !outcome.has_response()
}

/// Returns the kind of the innermost error of the operating system, or of what stands in for it.
fn io_error(error: &(dyn StdError + 'static)) -> Option<io::ErrorKind> {
    let errors = chain(error).filter_map(|error| error.downcast_ref::<io::Error>());
    let kinds = errors.map(io::Error::kind);
    kinds.filter(|kind| *kind != io::ErrorKind::Other).last()
}
