//! Decides whether an operation makes another attempt, where, after which wait, and what pays for it.
//!
//! The SDK decides on a retry after the interceptors have seen the attempt, by three values of the operation's configuration:
//! the number of attempts, the longest wait, and the token bucket that pays for retries. By itself the SDK waits up to a
//! second, because to it the same server is asked again, and draws on a bucket that all clients of the process share, which
//! fifty such retries empty.
//!
//! | attempt | next node | attempt counts | wait | paid by |
//! |---|---|---|---|---|
//! | never sent | an untried node | no | none | – |
//! | never sent | an untried node that is ejected, as no node is up | no | none | – |
//! | never sent | a tried node that is up | no | the application's | – |
//! | connection broke | an untried node | yes | short | the cluster's bucket |
//! | connection broke | none | yes | the application's | the cluster's bucket |
//! | server error (5xx) | an untried node | yes | short | the SDK's bucket |
//! | compressed body refused unread | same | no | none | – |
//! | anything else | any | yes | the application's | the SDK's bucket |
//!
//! The cluster's bucket exists because a node that dies with a thousand requests in flight would empty the SDK's; it is
//! bounded too. Attempts that do not count leave the number of the application's retries and their waits as they are, except
//! that the first wait of the SDK's newer retry rules cannot be set from outside; it is 25 ms for DynamoDB.

use super::outcome::TIME_TO_CONNECT;
use crate::cluster::SdkPlan;
use crate::transport::sdk_endpoint::SdkEndpoint;
use alternator_lb_core::health::Outcome;
use alternator_lb_core::routing::{RetryTarget, Router};
use aws_sdk_dynamodb::config::retry::TokenBucket;
use aws_smithy_runtime_api::client::retries::RequestAttempts;
use aws_smithy_runtime_api::client::runtime_components::RuntimeComponents;
use aws_smithy_types::config_bag::{ConfigBag, Storable, StoreReplace};
use aws_smithy_types::retry::RetryConfig;
use std::sync::LazyLock;
use std::time::Duration;

/// The number of attempts of an operation that cost no retry. Each costs a refused connection; eight dead nodes in a row are
/// met only in the first milliseconds after most of a cluster has died, until they are ejected.
const MAX_FREE_ATTEMPTS: u32 = 8;

/// What the retries after broken connections may cost together: five thousand of them at once, at ten tokens each as in the
/// SDK. More than that are not in flight on one node. Those that succeed give their tokens back.
const RESEND_TOKENS: usize = 50_000;
/// The refill of that bucket per second: ten retries a second for ever.
const RESEND_TOKENS_PER_SECOND: f32 = 100.0;

/// The longest wait before a retry on another node. The SDK waits a random part of it: enough that a thousand callers which
/// failed together arrive over some milliseconds, as many as a node serves in that time, and no more, since the other node
/// has given no reason to wait.
const MAX_FAILOVER_WAIT: Duration = Duration::from_millis(10);

/// A bucket that pays for everything.
static UNLIMITED: LazyLock<TokenBucket> = LazyLock::new(TokenBucket::unlimited);

/// The bucket of a cluster that pays for retries after broken connections.
pub(crate) fn resend_bucket() -> TokenBucket {
    TokenBucket::builder()
        .capacity(RESEND_TOKENS)
        .refill_rate(RESEND_TOKENS_PER_SECOND)
        .build()
}

/// Whether the SDK would make another attempt if the one under way failed.
pub(crate) fn allows_another_attempt(config: &ConfigBag, components: &RuntimeComponents) -> bool {
    let made = config.load::<RequestAttempts>();
    let allowed = config.load::<RetryConfig>();
    let is_followed = made
        .zip(allowed)
        .is_some_and(|(made, allowed)| made.attempts() < allowed.max_attempts());
    is_followed && can_retry(components)
}

/// Whether the SDK can make a second attempt: without a way to sleep it does not, not even after no wait at all.
pub(crate) fn can_retry(components: &RuntimeComponents) -> bool {
    components.sleep_impl().is_some()
}

/// The node that another attempt would go to after an attempt that took `age`.
pub(crate) fn target(
    router: &Router<SdkEndpoint>,
    plan: &SdkPlan,
    outcome: Outcome,
    age: Duration,
    components: &RuntimeComponents,
) -> RetryTarget {
    if !moves_on(outcome) || !can_retry(components) {
        return RetryTarget::NoNode;
    }
    match router.retry_target(plan) {
        // Ejected nodes are tried in turn while each costs no more than a refused connection.
        RetryTarget::EjectedNode if age >= TIME_TO_CONNECT => RetryTarget::NoNode,
        target => target,
    }
}

/// Prepares the SDK's decision after an attempt.
pub(crate) fn prepare(
    config: &mut ConfigBag,
    outcome: Outcome,
    target: RetryTarget,
    resend_bucket: &TokenBucket,
) {
    let known = config.load::<ApplicationRetries>().cloned();
    if !moves_on(outcome) && known.is_none() {
        // Nothing was changed, and nothing is to be: the common case costs one look.
        return;
    }
    let Some(mut application) = known.or_else(|| ApplicationRetries::load(config)) else {
        return;
    };
    let is_free = outcome.was_not_sent()
        && target != RetryTarget::NoNode
        && application.free_attempts < MAX_FREE_ATTEMPTS;
    if is_free {
        application.free_attempts += 1;
    }
    let max_wait = match target {
        RetryTarget::UntriedNode | RetryTarget::EjectedNode if is_free => Duration::ZERO,
        RetryTarget::UntriedNode if is_of_the_node(outcome) => MAX_FAILOVER_WAIT,
        RetryTarget::UntriedNode
        | RetryTarget::EjectedNode
        | RetryTarget::TriedNode
        | RetryTarget::NoNode => Duration::MAX,
    };
    let bucket = match outcome {
        _ if is_free => &*UNLIMITED,
        Outcome::ConnectionLost => resend_bucket,
        Outcome::NotConnected
        | Outcome::NotSent
        | Outcome::Responded
        | Outcome::Overloaded
        | Outcome::ServerError
        | Outcome::SlowServerError
        | Outcome::TimedOut
        | Outcome::Neutral => &application.bucket,
    };
    let bucket = bucket.clone();
    application.store(config, max_wait, bucket);
}

/// Has the SDK send the operation again at once, at no cost: the server refused it unread, and it is sent in another form.
#[cfg(feature = "compression")]
pub(crate) fn resend_free(config: &mut ConfigBag) {
    let known = config.load::<ApplicationRetries>().cloned();
    if let Some(mut application) = known.or_else(|| ApplicationRetries::load(config)) {
        application.free_attempts += 1;
        application.store(config, Duration::ZERO, UNLIMITED.clone());
    }
}

/// Has the SDK make no further attempt, whatever the application allows.
#[cfg(feature = "compression")]
pub(crate) fn forbid(config: &mut ConfigBag) {
    if let Some(retries) = config.load::<RetryConfig>().cloned() {
        let state = config.interceptor_state();
        state.store_put(retries.with_max_attempts(1));
    }
}

/// Whether another node might do better after this outcome.
fn moves_on(outcome: Outcome) -> bool {
    outcome.is_failure() || outcome.was_not_sent()
}

/// Whether the node itself failed, so that another node needs no wait. A timeout of the application may be due to all nodes,
/// and so may be a server error that took all the time that a server has.
fn is_of_the_node(outcome: Outcome) -> bool {
    match outcome {
        Outcome::ConnectionLost | Outcome::ServerError => true,
        Outcome::Responded
        | Outcome::Overloaded
        | Outcome::SlowServerError
        | Outcome::NotConnected
        | Outcome::NotSent
        | Outcome::TimedOut
        | Outcome::Neutral => false,
    }
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
    fn load(config: &ConfigBag) -> Option<Self> {
        Some(Self {
            retries: config.load::<RetryConfig>()?.clone(),
            bucket: config.load::<TokenBucket>()?.clone(),
            free_attempts: 0,
        })
    }

    /// Configures the operation as if its free attempts had not been made: the SDK counts them all, and doubles the wait
    /// with each.
    fn store(self, config: &mut ConfigBag, max_wait: Duration, bucket: TokenBucket) {
        let attempts = self
            .retries
            .max_attempts()
            .saturating_add(self.free_attempts);
        let first_wait = self.retries.initial_backoff() / 2u32.pow(self.free_attempts);
        let retries = self.retries.clone();
        let retries = retries
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
        prepare(config, outcome, target, &resend_bucket());
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
            &resend_bucket(),
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
