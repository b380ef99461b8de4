//! What an attempt says of its node.

use super::sent;
use crate::health::Outcome;
use aws_smithy_runtime_api::client::connection::CaptureSmithyConnection;
use aws_smithy_runtime_api::client::interceptors::context::{
    Error, FinalizerInterceptorContextRef,
};
use aws_smithy_runtime_api::client::orchestrator::OrchestratorError;
use aws_smithy_runtime_api::client::result::ConnectorError;
use aws_smithy_types::config_bag::ConfigBag;
use std::error::Error as StdError;
use std::time::Duration;

/// An outcome, and whether it counts among the node's failures.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Judgement {
    pub(super) outcome: Outcome,
    pub(super) failed: bool,
}

impl Judgement {
    /// Whether another node might do better, so that it matters where the operation can go on to.
    pub(super) fn calls_for_another(self) -> bool {
        self.failed || self.outcome.was_not_sent()
    }
}

/// How long a connection must at least have been waited for until its absence says something about the node: several
/// round trips over the widest networks, as a new connection with TLS takes. Deadlines of the application that are
/// shorter, or of which little was left, say something about the application.
const TIME_TO_CONNECT: Duration = Duration::from_millis(500);

/// Judges an attempt that has left for its node and been under way for `age`.
pub(super) fn judge(
    context: &FinalizerInterceptorContextRef<'_>,
    config: &ConfigBag,
    age: Duration,
) -> Judgement {
    let outcome = match context.output_or_error() {
        Some(Err(error)) if is_transport(error) => unanswered(error, context, config, age),
        // Anything else that went wrong did so on this side: nothing came from the node.
        _ if context.response().is_none() => Outcome::Neutral,
        _ => Outcome::Answered,
    };
    let server_error = context
        .response()
        .is_some_and(|response| response.status().as_u16() >= 500);
    let no_answer = matches!(
        outcome,
        Outcome::NotConnected | Outcome::Cut | Outcome::TimedOut
    );
    Judgement {
        outcome,
        failed: server_error || no_answer,
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

fn unanswered(
    error: &OrchestratorError<Error>,
    context: &FinalizerInterceptorContextRef<'_>,
    config: &ConfigBag,
    age: Duration,
) -> Outcome {
    let connector = error.as_connector_error();
    let source = connector.map(|error| error as &(dyn StdError + 'static));
    // What was answered in part was sent, whatever the HTTP client says of its connections.
    let never_sent = context.response().is_none()
        && sent::never(config.load::<CaptureSmithyConnection>(), source);
    let timed_out = error.is_timeout_error() || connector.is_some_and(ConnectorError::is_timeout);
    match (never_sent, timed_out) {
        (true, _) if error.is_timeout_error() && age < TIME_TO_CONNECT => Outcome::NotSent,
        (true, _) => Outcome::NotConnected,
        (false, true) => Outcome::TimedOut,
        (false, false) => Outcome::Cut,
    }
}
