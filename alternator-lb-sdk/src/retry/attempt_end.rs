//! Says how an attempt ended, for the application.

use super::connection_evidence::chain;
use super::outcome;
use crate::history::system_now;
use crate::transport::Abort;
use crate::transport::sdk_endpoint::SdkPlan;
use alternator_lb_core::health::Outcome;
use alternator_lb_core::routing::{AttemptEnd, AttemptResult};
use aws_smithy_runtime_api::client::interceptors::context::{
    Error, FinalizerInterceptorContextRef,
};
use aws_smithy_runtime_api::client::orchestrator::OrchestratorError;
use aws_smithy_runtime_api::client::result::ConnectorError;
use aws_smithy_runtime_api::client::runtime_components::RuntimeComponents;
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

fn end(context: &FinalizerInterceptorContextRef<'_>, outcome: Outcome) -> AttemptEnd {
    let response = context.response();
    let error = context.output_or_error().and_then(Result::err);
    let has_error = |status: &u16| *status >= 400;
    let status = response.map(|response| response.status().as_u16());
    let failed = response.filter(|_| status.as_ref().is_some_and(has_error));
    AttemptEnd {
        result: error.map_or(AttemptResult::Success, |error| {
            let has_responded = status.as_ref().is_some_and(has_error);
            result(error, outcome, has_responded)
        }),
        outcome: Some(outcome),
        status,
        error_code: failed.and_then(outcome::error_code),
        io_error: error.and_then(io_error),
    }
}

/// Returns what came back from a failed attempt. `has_error_response` says whether it was a response with an error.
fn result(
    error: &OrchestratorError<Error>,
    outcome: Outcome,
    has_error_response: bool,
) -> AttemptResult {
    let connector = error.as_connector_error();
    let has_timed_out =
        error.is_timeout_error() || connector.is_some_and(ConnectorError::is_timeout);
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
fn io_error(error: &OrchestratorError<Error>) -> Option<io::ErrorKind> {
    let errors = chain(error).filter_map(|error| error.downcast_ref::<io::Error>());
    let kinds = errors.map(io::Error::kind);
    kinds.filter(|kind| *kind != io::ErrorKind::Other).last()
}
