//! Makes the SDK go on to the next node without the wait that it is used to.
//!
//! The SDK decides on a retry after the interceptors have seen the attempt, by what it then finds in the operation's
//! configuration: how many attempts are allowed, how long to wait at most, and the bucket that pays for retries. Left
//! alone it would wait up to a second, because to it the same server is asked again, and take from a bucket that all
//! clients of the process share, and which fifty such retries empty.
//!
//! | the attempt | and there is | attempt | wait | paid by |
//! |---|---|---|---|---|
//! | was never sent | a node that was not tried yet | free | none | nobody |
//! | was never sent | no node that is up, but one that is out and was not tried yet | free | none | nobody |
//! | was never sent | another node that is up | free | the application's | nobody |
//! | was cut | a node that was not tried yet | the application's | short | a bucket of the cluster |
//! | was cut | no such node | the application's | the application's | a bucket of the cluster |
//! | got a server error (5xx) | a node that was not tried yet | the application's | short | the SDK's bucket |
//! | was refused unread, and is sent in another form | | free | none | nobody |
//! | anything else | | the application's | the application's | the SDK's bucket |
//!
//! The bucket of the cluster is there because a node that dies with a thousand requests in flight would empty the SDK's;
//! it is bounded too. Free attempts do not use up the application's, nor make its waits longer (but for the SDK's newer
//! retry rules, whose first wait cannot be set from outside; it is 25 ms for DynamoDB).

use alternator_lb_core::health::Outcome;
use alternator_lb_core::routing::RetryTarget;
use aws_sdk_dynamodb::config::retry::TokenBucket;
use aws_smithy_types::config_bag::{ConfigBag, Storable, StoreReplace};
use aws_smithy_types::retry::RetryConfig;
use std::sync::LazyLock;
use std::time::Duration;

/// How many failovers an operation makes at most: each costs a refused connection. Eight dead nodes in a row are met
/// only in the first milliseconds after most of a cluster has died; from then on they are left out.
const MAX_FREE: u32 = 8;

/// What the re-sends after cut connections may cost together: five thousand of them at once, at ten tokens each as in the
/// SDK. More than that are not in flight on one node. Those that succeed give back what they took.
const CUT_TOKENS: usize = 50_000;
/// How fast the rest comes back, in tokens a second: ten re-sends a second for ever.
const CUT_TOKENS_PER_SECOND: f32 = 100.0;

/// The longest wait before a retry on another node. The SDK waits a random part of it: enough that a thousand callers
/// which failed together arrive over some milliseconds, as many as a node serves in that time, and no more, since the
/// other node has done nothing that asks for patience.
const SHORT_WAIT: Duration = Duration::from_millis(10);

/// Costs nothing, holds everything.
static FREE: LazyLock<TokenBucket> = LazyLock::new(TokenBucket::unlimited);

/// The bucket of a cluster for re-sends after cut connections.
pub(crate) fn cut_bucket() -> TokenBucket {
    TokenBucket::builder()
        .capacity(CUT_TOKENS)
        .refill_rate(CUT_TOKENS_PER_SECOND)
        .build()
}

/// How the application wants retries, kept while this operation's configuration says otherwise.
#[derive(Clone, Debug)]
struct Wanted {
    retries: RetryConfig,
    bucket: TokenBucket,
    /// Failovers so far.
    free: u32,
}

impl Storable for Wanted {
    type Storer = StoreReplace<Self>;
}

/// Whether another node might do better, so that it matters where the operation can go on to.
pub(crate) fn calls_for_another(outcome: Outcome) -> bool {
    outcome.is_failure() || outcome.was_not_sent()
}

/// Prepares the SDK's decision after an attempt. Where the operation can go on to matters only if the outcome
/// [calls for another](calls_for_another) node.
pub(crate) fn prepare(
    config: &mut ConfigBag,
    outcome: Outcome,
    target: RetryTarget,
    cut_bucket: &TokenBucket,
) {
    let known = config.load::<Wanted>().cloned();
    if !calls_for_another(outcome) && known.is_none() {
        // Nothing was changed, and nothing is to be: the common case costs one look.
        return;
    }
    let Some(mut wanted) = known.or_else(|| Wanted::read(config)) else {
        return;
    };
    let never_sent = outcome.was_not_sent();
    let is_free = never_sent && target != RetryTarget::NoNode && wanted.free < MAX_FREE;
    if is_free {
        wanted.free += 1;
    }
    let retries = wanted.retries();
    let longest_wait = match target {
        RetryTarget::UntriedNode | RetryTarget::EjectedNode if is_free => Duration::ZERO,
        RetryTarget::UntriedNode if is_the_nodes(outcome) => SHORT_WAIT,
        RetryTarget::UntriedNode
        | RetryTarget::EjectedNode
        | RetryTarget::TriedNode
        | RetryTarget::NoNode => Duration::MAX,
    };
    let longest_wait = longest_wait.min(retries.max_backoff());
    let retries = retries.with_max_backoff(longest_wait);
    let bucket = match outcome {
        _ if is_free => &*FREE,
        Outcome::Cut => cut_bucket,
        Outcome::NotConnected
        | Outcome::NotSent
        | Outcome::Answered
        | Outcome::Overloaded
        | Outcome::ServerError
        | Outcome::SlowServerError
        | Outcome::TimedOut
        | Outcome::Neutral => &wanted.bucket,
    };
    let state = config.interceptor_state();
    state.store_put(retries);
    state.store_put(bucket.clone());
    state.store_put(wanted);
}

/// Has the operation sent again, at once and paid by nobody. For a request that was refused unread, and is sent in another
/// form.
#[cfg(feature = "compression")]
pub(crate) fn repeat(config: &mut ConfigBag) {
    let known = config.load::<Wanted>().cloned();
    let Some(mut wanted) = known.or_else(|| Wanted::read(config)) else {
        return;
    };
    wanted.free += 1;
    let state = config.interceptor_state();
    state.store_put(wanted.retries().with_max_backoff(Duration::ZERO));
    state.store_put(FREE.clone());
    state.store_put(wanted);
}

/// Has the operation not sent again, whatever the application allows.
#[cfg(feature = "compression")]
pub(crate) fn give_up(config: &mut ConfigBag) {
    if let Some(retries) = config.load::<RetryConfig>().cloned() {
        let state = config.interceptor_state();
        state.store_put(retries.with_max_attempts(1));
    }
}

/// Whether the node itself failed, so that another is as good as new. That the application did not want to wait any longer
/// may be due to all of them, and so may be an error after all the time that the server has.
fn is_the_nodes(outcome: Outcome) -> bool {
    match outcome {
        Outcome::Cut | Outcome::ServerError => true,
        Outcome::Answered
        | Outcome::Overloaded
        | Outcome::SlowServerError
        | Outcome::NotConnected
        | Outcome::NotSent
        | Outcome::TimedOut
        | Outcome::Neutral => false,
    }
}

impl Wanted {
    fn read(config: &ConfigBag) -> Option<Self> {
        Some(Self {
            retries: config.load::<RetryConfig>()?.clone(),
            bucket: config.load::<TokenBucket>()?.clone(),
            free: 0,
        })
    }

    /// What the application wants, as if the free attempts had not been: the SDK counts them all, and doubles the wait
    /// with each.
    fn retries(&self) -> RetryConfig {
        let attempts = self.retries.max_attempts().saturating_add(self.free);
        let first_wait = self.retries.initial_backoff() / 2u32.pow(self.free);
        self.retries
            .clone()
            .with_max_attempts(attempts)
            .with_initial_backoff(first_wait)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use aws_smithy_types::config_bag::Layer;

    const ATTEMPTS: u32 = 3;

    fn config() -> ConfigBag {
        let mut layer = Layer::new("the application's");
        layer.store_put(RetryConfig::standard().with_max_attempts(ATTEMPTS));
        layer.store_put(TokenBucket::new(500));
        ConfigBag::of_layers(vec![layer])
    }

    /// The attempts and the longest wait that the SDK finds after an attempt.
    fn after(config: &mut ConfigBag, outcome: Outcome, target: RetryTarget) -> (u32, Duration) {
        prepare(config, outcome, target, &cut_bucket());
        let retries = config.load::<RetryConfig>().unwrap();
        (retries.max_attempts(), retries.max_backoff())
    }

    const NEVER_SENT: Outcome = Outcome::NotConnected;

    fn patience() -> Duration {
        RetryConfig::standard().max_backoff()
    }

    #[test]
    fn an_attempt_that_went_well_changes_nothing() {
        let mut config = config();
        let before = config.load::<RetryConfig>().unwrap().clone();
        prepare(
            &mut config,
            Outcome::Answered,
            RetryTarget::UntriedNode,
            &cut_bucket(),
        );
        assert_eq!(config.load::<RetryConfig>(), Some(&before));
        assert!(config.load::<Wanted>().is_none());
    }

    #[test]
    fn failovers_leave_the_paid_retries_whole() {
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

        let paid = (ATTEMPTS + 2, patience());
        for outcome in [
            Outcome::Answered,
            Outcome::ServerError,
            Outcome::Cut,
            NEVER_SENT,
        ] {
            assert_eq!(
                after(&mut config, outcome, RetryTarget::NoNode),
                paid,
                "{outcome:?}"
            );
            // Of the third attempt, which is the first that is paid for, the SDK waits four times this.
            let first_wait = config.load::<RetryConfig>().unwrap().initial_backoff();
            assert_eq!(first_wait * 4, RetryConfig::standard().initial_backoff());
        }
    }

    #[test]
    fn without_another_node_nothing_is_free() {
        let mut config = config();
        assert_eq!(
            after(&mut config, NEVER_SENT, RetryTarget::NoNode),
            (ATTEMPTS, patience())
        );
    }

    #[test]
    fn back_to_a_node_that_was_tried_there_is_a_wait_but_no_attempt_is_lost() {
        let mut config = config();
        assert_eq!(
            after(&mut config, NEVER_SENT, RetryTarget::TriedNode),
            (ATTEMPTS + 1, patience())
        );
    }

    #[test]
    fn failovers_end_after_eight() {
        let mut config = config();
        for free in 1..=MAX_FREE {
            assert_eq!(
                after(&mut config, NEVER_SENT, RetryTarget::UntriedNode),
                (ATTEMPTS + free, Duration::ZERO)
            );
        }
        let last = (ATTEMPTS + MAX_FREE, patience());
        assert_eq!(
            after(&mut config, NEVER_SENT, RetryTarget::UntriedNode),
            last
        );
    }

    #[test]
    fn to_another_node_the_wait_is_short_and_the_attempt_paid() {
        for outcome in [Outcome::Cut, Outcome::ServerError] {
            let mut config = config();
            assert_eq!(
                after(&mut config, outcome, RetryTarget::UntriedNode),
                (ATTEMPTS, SHORT_WAIT)
            );
            assert_eq!(
                after(&mut config, outcome, RetryTarget::NoNode),
                (ATTEMPTS, patience())
            );
        }
    }

    #[test]
    fn an_application_that_did_not_want_to_wait_is_not_hurried() {
        let mut config = config();
        let timed_out = Outcome::TimedOut;
        assert_eq!(
            after(&mut config, timed_out, RetryTarget::UntriedNode),
            (ATTEMPTS, patience())
        );
    }

    #[test]
    fn an_application_that_waits_less_waits_less() {
        let mut config = config();
        let retries = RetryConfig::standard().with_max_backoff(Duration::from_millis(3));
        config.interceptor_state().store_put(retries);
        assert_eq!(
            after(&mut config, Outcome::Cut, RetryTarget::UntriedNode).1,
            Duration::from_millis(3)
        );
    }
}
