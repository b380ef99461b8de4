//! What an attempt says of its node.

use super::sent;
use crate::health::Outcome;
use aws_smithy_runtime_api::client::connection::CaptureSmithyConnection;
use aws_smithy_runtime_api::client::interceptors::context::{
    Error, FinalizerInterceptorContextRef,
};
use aws_smithy_runtime_api::client::orchestrator::OrchestratorError;
use aws_smithy_types::config_bag::ConfigBag;
use std::error::Error as StdError;

/// An outcome, and whether it counts among the node's failures.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Judgement {
    pub(super) outcome: Outcome,
    pub(super) failed: bool,
}

/// Judges an attempt that has left for its node.
pub(super) fn judge(context: &FinalizerInterceptorContextRef<'_>, config: &ConfigBag) -> Judgement {
    let outcome = match context.output_or_error() {
        Some(Err(error)) if is_transport(error) => unanswered(error, config),
        // Anything else that went wrong did so on this side: nothing came from the node.
        _ if context.response().is_none() => Outcome::Neutral,
        _ => Outcome::Answered,
    };
    let server_error = context
        .response()
        .is_some_and(|response| response.status().as_u16() >= 500);
    Judgement {
        outcome,
        failed: server_error || matches!(outcome, Outcome::NotConnected | Outcome::Unanswered),
    }
}

/// Whether the answer did not come, or not whole.
fn is_transport(error: &OrchestratorError<Error>) -> bool {
    let by_the_caller = error
        .as_connector_error()
        .is_some_and(|error| error.is_user());
    !by_the_caller
        && (error.is_connector_error() || error.is_timeout_error() || error.is_response_error())
}

fn unanswered(error: &OrchestratorError<Error>, config: &ConfigBag) -> Outcome {
    let error = error
        .as_connector_error()
        .map(|error| error as &(dyn StdError + 'static));
    match sent::never(config.load::<CaptureSmithyConnection>(), error) {
        true => Outcome::NotConnected,
        false => Outcome::Unanswered,
    }
}
