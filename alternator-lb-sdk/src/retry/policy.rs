//! Decides whether an operation makes another attempt, where, after which wait, and what pays for it.
//!
//! The SDK decides on a retry after the interceptors have seen the attempt, by three values of the operation's
//! configuration: the number of attempts, the longest wait, and the token bucket that pays for retries. By itself the
//! SDK waits up to a second, because it would query the same server again, and draws on a bucket which fifty such
//! retries empty. [`RetryDecision`] says what holds instead, and why.
//!
//! A request whose compressed body was refused unread is sent again at once, at no cost.
//!
//! Attempts that do not count leave the number of the application's retries and their waits as they are, except
//! that the first wait of the SDK's newer retry rules cannot be set from outside; it is 25 ms for DynamoDB.

use super::classifiers;
#[cfg(feature = "compression")]
use crate::compression;
use crate::transport::sdk_endpoint::{SdkEndpoint, SdkPlan};
use alternator_lb_core::health::Outcome;
use alternator_lb_core::routing::{
    MAX_FREE_ATTEMPTS, NextStep, RetryBudget, RetryDecision, RetryTarget, Router,
};
use aws_sdk_dynamodb::config::retry::TokenBucket;
use aws_smithy_runtime_api::client::interceptors::context::{Error, InterceptorContext};
use aws_smithy_runtime_api::client::orchestrator::OrchestratorError;
use aws_smithy_runtime_api::client::retries::RequestAttempts;
use aws_smithy_runtime_api::client::runtime_components::RuntimeComponents;
use aws_smithy_types::config_bag::{ConfigBag, Storable, StoreReplace};
use aws_smithy_types::retry::{RetryConfig, RetryMode};
use std::error::Error as StdError;
use std::sync::LazyLock;
use std::time::Duration;

/// A bucket that pays for everything.
static UNLIMITED: LazyLock<TokenBucket> = LazyLock::new(TokenBucket::unlimited);

/// Returns whether the SDK repeats an attempt whose connection broke, as long as attempts are left.
pub(crate) fn repeats_broken_attempts(components: &RuntimeComponents) -> bool {
    can_retry(components) && classifiers::retry_broken_connections(components)
}

/// Returns whether an attempt is left after the one under way.
pub(crate) fn has_attempt_left(config: &ConfigBag) -> bool {
    let made = config.load::<RequestAttempts>();
    let numbers = made.zip(config.load::<RetryConfig>());
    numbers.is_some_and(|(made, allowed)| made.attempts() < allowed.max_attempts())
}

/// Returns whether another attempt is left if the connection of the one under way proves stale, which costs none.
pub(crate) fn has_free_attempt_left(config: &ConfigBag) -> bool {
    let (retries, free_attempts) = match config.load::<ApplicationRetries>() {
        Some(application) => (Some(&application.retries), application.free_attempts),
        None => (config.load::<RetryConfig>(), 0),
    };
    retries.is_some_and(RetryConfig::has_retry) && free_attempts < MAX_FREE_ATTEMPTS
}

/// Returns whether the SDK can make a second attempt: without a way to sleep it does not, not even after no wait at
/// all.
pub(crate) fn can_retry(components: &RuntimeComponents) -> bool {
    components.sleep_impl().is_some()
}

/// The node that another attempt would go to after an attempt that took `age` and ends `now`.
pub(crate) fn target(
    router: &Router<SdkEndpoint>,
    plan: &SdkPlan,
    outcome: Outcome,
    (age, now): (Duration, Duration),
    components: &RuntimeComponents,
) -> RetryTarget {
    match outcome.may_fail_over() && can_retry(components) {
        true => router.retry_target(plan, now).after(age),
        false => RetryTarget::NoNode,
    }
}

/// Prepares the SDK's decision after an attempt that failed. After a success the bucket stays that has paid for the
/// last retry: the SDK gives its reward to it. Returns whether another attempt costs the application nothing.
pub(crate) fn prepare(
    config: &mut ConfigBag,
    outcome: Outcome,
    target: RetryTarget,
    resend_bucket: &TokenBucket,
) -> bool {
    let is_changed = outcome.may_fail_over() || outcome == Outcome::ClockSkew;
    if !is_changed && config.load::<ApplicationRetries>().is_none() {
        // Nothing was changed, and nothing is to be: the common case costs one look.
        return false;
    }
    let Some(mut application) = ApplicationRetries::load(config) else {
        return false;
    };
    let decision = RetryDecision::new(outcome, target, application.free_attempts);
    application.free_attempts += u32::from(decision.is_free());
    let bucket = match decision.budget {
        RetryBudget::Unlimited => UNLIMITED.clone(),
        RetryBudget::Resend => resend_bucket.clone(),
        RetryBudget::Application => application.bucket.clone(),
    };
    application.store(config, decision.max_wait, bucket);
    decision.is_free()
}

/// Returns why no attempt follows one that failed, by the rules of the SDK's retry strategy in their order.
pub(crate) fn last_step(
    context: &InterceptorContext,
    components: &RuntimeComponents,
    config: &ConfigBag,
) -> NextStep {
    let error = context.output_or_error().and_then(Result::err);
    #[cfg(feature = "compression")]
    if error.is_some_and(|error| compression::is_too_large(error)) {
        return NextStep::NotRetryable;
    }
    if error.is_some_and(is_operation_timeout) {
        NextStep::OperationTimedOut
    } else if !classifiers::is_retryable(context, components) {
        NextStep::NotRetryable
    } else if !has_attempt_left(config) {
        NextStep::RetriesUsedUp
    } else {
        NextStep::QuotaEmpty
    }
}

/// Returns whether the time for the whole operation is over, and not only that for an attempt. The SDK's errors differ
/// in nothing but their texts; where these change, the other reasons are looked for.
fn is_operation_timeout(error: &OrchestratorError<Error>) -> bool {
    let is_of_operation =
        |source: &dyn StdError| source.to_string().starts_with("operation timeout");
    error.is_timeout_error() && error.source().is_some_and(is_of_operation)
}

/// Keeps the throttling of an attempt from the SDK's rate limiter, which adaptive retries have: it is one for all
/// nodes, and a node that sheds a twentieth of its requests would make it hold back nearly all of those to all nodes.
/// The next attempt counts again.
pub(crate) fn exempt_from_rate_limit(config: &mut ConfigBag) {
    if let Some(retries) = config.load::<RetryConfig>()
        && retries.mode() == RetryMode::Adaptive
        && let Some(application) = ApplicationRetries::load(config)
    {
        let standard = retries.clone().with_retry_mode(RetryMode::Standard);
        let state = config.interceptor_state();
        state.store_put(standard);
        state.store_put(application);
    }
}

/// Has the SDK send the operation again at once, at no cost, if the server refused its compressed body unread, and
/// never if the response was too large, whatever the application allows. Returns whether the attempt does not count.
#[cfg(feature = "compression")]
pub(crate) fn prepare_by_compression(
    config: &mut ConfigBag,
    error: &OrchestratorError<Error>,
) -> bool {
    if compression::is_refused(error)
        && let Some(mut application) = ApplicationRetries::load(config)
    {
        application.free_attempts += 1;
        application.store(config, Duration::ZERO, UNLIMITED.clone());
        return true;
    }
    if compression::is_too_large(error)
        && let Some(retries) = config.load::<RetryConfig>().cloned()
    {
        let state = config.interceptor_state();
        state.store_put(retries.with_max_attempts(1));
    }
    false
}

/// The retries as the application configured them, kept while the operation's configuration differs.
#[derive(Clone, Debug)]
struct ApplicationRetries {
    retries: RetryConfig,
    bucket: TokenBucket,
    free_attempts: u32,
}

impl Storable for ApplicationRetries {
    type Storer = StoreReplace<Self>;
}

impl ApplicationRetries {
    /// Returns those that are kept, or else those of the configuration.
    fn load(config: &ConfigBag) -> Option<Self> {
        if let Some(known) = config.load::<Self>() {
            return Some(known.clone());
        }
        Some(Self {
            retries: config.load::<RetryConfig>()?.clone(),
            bucket: config.load::<TokenBucket>()?.clone(),
            free_attempts: 0,
        })
    }

    /// Configures the operation as if its free attempts had not been made: the SDK counts them all, and doubles the
    /// wait with each.
    fn store(self, config: &mut ConfigBag, max_wait: Duration, bucket: TokenBucket) {
        let attempts = self
            .retries
            .max_attempts()
            .saturating_add(self.free_attempts);
        let first_wait = self.retries.initial_backoff() / 2u32.pow(self.free_attempts);
        let retries = self
            .retries
            .clone()
            .with_max_attempts(attempts)
            .with_initial_backoff(first_wait)
            .with_max_backoff(max_wait.min(self.retries.max_backoff()));
        let state = config.interceptor_state();
        state.store_put(retries);
        state.store_put(bucket);
        state.store_put(self);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::retry::quota::RetryQuota;
    use alternator_lb_core::routing::MAX_FAILOVER_WAIT;
    use aws_smithy_types::config_bag::Layer;

    const ATTEMPTS: u32 = 3;

    fn config() -> ConfigBag {
        let mut layer = Layer::new("application");
        layer.store_put(RetryConfig::standard().with_max_attempts(ATTEMPTS));
        layer.store_put(TokenBucket::new(500));
        ConfigBag::of_layers(vec![layer])
    }

    /// The number of attempts and the longest wait that the SDK finds after an attempt.
    fn after(config: &mut ConfigBag, outcome: Outcome, target: RetryTarget) -> (u32, Duration) {
        prepare(config, outcome, target, &RetryQuota::new().resend);
        let retries = config.load::<RetryConfig>().unwrap();
        (retries.max_attempts(), retries.max_backoff())
    }

    const NEVER_SENT: Outcome = Outcome::NotConnected;

    fn application_wait() -> Duration {
        RetryConfig::standard().max_backoff()
    }

    #[test]
    fn successful_attempt_changes_nothing() {
        let mut config = config();
        let before = config.load::<RetryConfig>().unwrap().clone();
        prepare(
            &mut config,
            Outcome::Responded,
            RetryTarget::UntriedNode,
            &RetryQuota::new().resend,
        );
        assert_eq!(config.load::<RetryConfig>(), Some(&before));
        assert!(config.load::<ApplicationRetries>().is_none());
    }

    #[test]
    fn free_attempts_leave_the_retries_of_the_application() {
        let mut config = config();
        let free = |count| (ATTEMPTS + count, Duration::ZERO);
        assert_eq!(
            after(&mut config, NEVER_SENT, RetryTarget::UntriedNode),
            free(1)
        );
        assert_eq!(
            after(&mut config, NEVER_SENT, RetryTarget::UntriedNode),
            free(2)
        );

        let paid = (ATTEMPTS + 2, application_wait());
        for outcome in [
            Outcome::Responded,
            Outcome::ServerError,
            Outcome::ConnectionLost,
            NEVER_SENT,
        ] {
            assert_eq!(
                after(&mut config, outcome, RetryTarget::NoNode),
                paid,
                "{outcome:?}"
            );
            // The SDK waits four times this before the third attempt, which is the first that costs a retry.
            let first_wait = config.load::<RetryConfig>().unwrap().initial_backoff();
            assert_eq!(first_wait * 4, RetryConfig::standard().initial_backoff());
        }
    }

    #[test]
    fn unsent_attempt_without_another_node_costs_a_retry() {
        let mut config = config();
        assert_eq!(
            after(&mut config, NEVER_SENT, RetryTarget::NoNode),
            (ATTEMPTS, application_wait())
        );
    }

    #[test]
    fn free_attempt_on_a_tried_node_waits() {
        let mut config = config();
        assert_eq!(
            after(&mut config, NEVER_SENT, RetryTarget::TriedNode),
            (ATTEMPTS + 1, application_wait())
        );
    }

    #[test]
    fn free_attempts_of_an_operation_are_bounded() {
        let mut config = config();
        for free in 1..=MAX_FREE_ATTEMPTS {
            assert_eq!(
                after(&mut config, NEVER_SENT, RetryTarget::UntriedNode),
                (ATTEMPTS + free, Duration::ZERO)
            );
        }
        let last = (ATTEMPTS + MAX_FREE_ATTEMPTS, application_wait());
        assert_eq!(
            after(&mut config, NEVER_SENT, RetryTarget::UntriedNode),
            last
        );
    }

    #[test]
    fn failed_attempt_moves_to_another_node_after_a_short_wait() {
        for outcome in [Outcome::ConnectionLost, Outcome::ServerError] {
            let mut config = config();
            assert_eq!(
                after(&mut config, outcome, RetryTarget::UntriedNode),
                (ATTEMPTS, MAX_FAILOVER_WAIT)
            );
            assert_eq!(
                after(&mut config, outcome, RetryTarget::NoNode),
                (ATTEMPTS, application_wait())
            );
        }
    }

    #[test]
    fn timed_out_attempt_keeps_the_wait_of_the_application() {
        let mut config = config();
        let timed_out = Outcome::TimedOut;
        assert_eq!(
            after(&mut config, timed_out, RetryTarget::UntriedNode),
            (ATTEMPTS, application_wait())
        );
    }

    #[test]
    fn shorter_wait_of_the_application_is_kept() {
        let mut config = config();
        let retries = RetryConfig::standard().with_max_backoff(Duration::from_millis(3));
        config.interceptor_state().store_put(retries);
        assert_eq!(
            after(
                &mut config,
                Outcome::ConnectionLost,
                RetryTarget::UntriedNode
            )
            .1,
            Duration::from_millis(3)
        );
    }
}
