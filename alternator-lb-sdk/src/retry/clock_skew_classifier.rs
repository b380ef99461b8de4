//! Retries attempts whose signature had a date that the node refused.

use super::outcome::of_response;
use alternator_lb_core::health::Outcome;
use aws_smithy_runtime_api::client::interceptors::context::InterceptorContext;
use aws_smithy_runtime_api::client::retries::classifiers::{
    ClassifyRetry, RetryAction, RetryClassifierPriority,
};
use aws_smithy_types::retry::ErrorKind;

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
