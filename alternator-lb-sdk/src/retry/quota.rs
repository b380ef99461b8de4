//! The quotas that bound the retries of a cluster's clients.
//!
//! The SDK has one bucket of retry tokens per service and region for the whole process. The region says nothing about
//! the cluster here, so that an outage of one cluster would take the retries of another, and fifty requests in flight
//! on a node that dies would take those of everything. So each [`Alternator`](crate::Alternator) has its own: one like
//! the SDK's, in a partition that is set where the application has set none, and a large one for requests that a
//! node's death has cut.

use alternator_lb_core::routing::{RESEND_TOKENS, RESEND_TOKENS_PER_SECOND, RETRY_COST};
use aws_sdk_dynamodb::config::retry::{
    ClientRateLimiter, RetryConfig, RetryPartition, TokenBucket,
};

/// The name by which the partition of a former installation is recognized.
const PARTITION: &str = "alternator-lb-sdk";

/// The quotas of one cluster.
#[derive(Debug)]
pub(crate) struct RetryQuota {
    /// Pays for retries after broken connections.
    pub(crate) resend: TokenBucket,
    standard: RetryPartition,
    /// With the costs of the SDK's newer retry rules.
    newer: RetryPartition,
}

impl RetryQuota {
    pub(crate) fn new() -> Self {
        let resend = TokenBucket::builder()
            .capacity(RESEND_TOKENS)
            .retry_cost(RETRY_COST)
            .timeout_retry_cost(RETRY_COST)
            .throttling_retry_cost(RETRY_COST)
            // The SDK holds the tokens of one retry per client, and forgets them when another operation is retried, so
            // only a reward gives back what the retries of concurrent operations took.
            .success_reward(RETRY_COST as f32)
            .refill_rate(RESEND_TOKENS_PER_SECOND);
        let newer = TokenBucket::builder()
            .retry_cost(14)
            .timeout_retry_cost(14)
            .throttling_retry_cost(5);
        let limiter = ClientRateLimiter::default();
        let partition = |bucket| {
            let partition = RetryPartition::custom(PARTITION).token_bucket(bucket);
            partition.client_rate_limiter(limiter.clone()).build()
        };
        Self {
            resend: resend.build(),
            standard: partition(TokenBucket::default()),
            newer: partition(newer.build()),
        }
    }

    /// Returns the partition for a configuration, unless the application has set one.
    pub(crate) fn partition(
        &self,
        configured: Option<&RetryPartition>,
        retries: Option<&RetryConfig>,
    ) -> Option<RetryPartition> {
        let is_of_application = configured.is_some_and(|it| it.to_string() != PARTITION);
        let partition = match retries.is_some_and(follows_newer_rules) {
            true => &self.newer,
            false => &self.standard,
        };
        (!is_of_application).then(|| partition.clone())
    }
}

/// Returns whether the application has opted in to the SDK's newer retry rules (`AWS_NEW_RETRIES_2026`), in which
/// retries cost more tokens. The setting has no public getter; where its `Debug` output changes, the costs are those of
/// the usual rules.
fn follows_newer_rules(retries: &RetryConfig) -> bool {
    format!("{retries:?}").contains("V2_1")
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{Alternator, AlternatorExt as _};
    use alternator_test_cluster::{Fault, TestCluster};
    use aws_sdk_dynamodb::Client;
    use aws_sdk_dynamodb::config::{self, BehaviorVersion};
    use aws_smithy_types::retry::RetrySpec;
    use futures_util::future::join_all;
    use std::time::Duration;

    #[tokio::test]
    async fn concurrent_resends_give_back_what_they_took_when_they_succeed() {
        let cluster = TestCluster::builder().nodes(2).start().unwrap();
        cluster.node(1).inject(Fault::CutAfter { bytes: 0 });
        let alternator = Alternator::builder().seeds(cluster.urls());
        let alternator = alternator.without_discovery().build().unwrap();
        let quick = RetryConfig::standard().with_initial_backoff(Duration::from_millis(1));
        let config = config::Builder::new()
            .behavior_version(BehaviorVersion::latest())
            .retry_config(quick)
            .alternator(&alternator);
        let client = Client::from_conf(config.build());
        let operations = join_all((0..60).map(|_| client.list_tables().send()));
        assert!(operations.await.iter().all(Result::is_ok));
        assert!(cluster.node(1).counters().requests > 1);
        // A tenth of a second would give back ten of the hundreds of tokens that the retries took.
        assert!(alternator.cluster().retry_quota.resend.is_full());
    }

    #[test]
    fn newer_rules_of_the_sdk_are_recognized() {
        let usual = RetryConfig::standard();
        assert!(!follows_newer_rules(&usual));
        assert!(!follows_newer_rules(
            &usual.clone().with_retry_spec(RetrySpec::v2_0())
        ));
        assert!(follows_newer_rules(
            &usual.with_retry_spec(RetrySpec::v2_1())
        ));
    }
}
