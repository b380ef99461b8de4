//! The SDK's retry classifiers, which say of a failed attempt whether another may follow.

use super::outcome::of_response;
use alternator_lb_core::health::Outcome;
use aws_smithy_runtime::client::retries::classifiers::run_classifiers_on_ctx;
use aws_smithy_runtime_api::client::interceptors::context::{Input, InterceptorContext};
use aws_smithy_runtime_api::client::orchestrator::OrchestratorError;
use aws_smithy_runtime_api::client::result::ConnectorError;
use aws_smithy_runtime_api::client::retries::classifiers::{
    ClassifyRetry, RetryAction, RetryClassifierPriority,
};
use aws_smithy_runtime_api::client::runtime_components::RuntimeComponents;
use aws_smithy_types::retry::ErrorKind;
use std::io;

/// The number of classifiers of an operation to which the application has added none: the SDK's, and the plugin's.
const USUAL: usize = 5 + 1;

/// Returns whether the SDK makes another attempt after a broken connection, which a classifier of the application may
/// forbid.
pub(crate) fn retry_broken_connections(components: &RuntimeComponents) -> bool {
    let classifiers = components.retry_classifiers();
    if classifiers.size_hint() == (USUAL, Some(USUAL)) {
        return true;
    }
    let mut context = InterceptorContext::new(Input::erase(()));
    let broken = ConnectorError::io(io::Error::from(io::ErrorKind::ConnectionReset).into());
    context.set_output_or_error(Err(OrchestratorError::connector(broken)));
    run_classifiers_on_ctx(classifiers, &context).should_retry()
}

/// Returns whether the SDK retries the error of an attempt, as long as attempts are left.
pub(crate) fn is_retryable(context: &InterceptorContext, components: &RuntimeComponents) -> bool {
    run_classifiers_on_ctx(components.retry_classifiers(), context).should_retry()
}

/// Has an attempt retried whose date the node refused, like the SDK's own classifier, which however goes by the skew of
/// the node's clock: where a correction is refused because the clocks agree again, it sees nothing to correct.
#[derive(Debug)]
pub(crate) struct ClockSkewClassifier;

impl ClockSkewClassifier {
    pub(crate) const NAME: &str = "ClockSkewClassifier(alternator-lb-sdk)";
}

impl ClassifyRetry for ClockSkewClassifier {
    fn classify_retry(&self, context: &InterceptorContext) -> RetryAction {
        match context.response().map(of_response) {
            Some(Outcome::ClockSkew) => RetryAction::retryable_error(ErrorKind::ServerError),
            Some(_) | None => RetryAction::NoActionIndicated,
        }
    }

    fn name(&self) -> &'static str {
        Self::NAME
    }

    fn priority(&self) -> RetryClassifierPriority {
        RetryClassifierPriority::run_after(RetryClassifierPriority::http_status_code_classifier())
    }
}
