//! The retries of operations: the SDK's standard retries, and the changes of the plugin to them.
//!
//! The rules are those of the table in the library's `sdk/failover.rs`, which is written against the SDK's own types.
//! Comments mark the rules of the SDK.

use crate::health::Outcome;
use crate::routing::Elsewhere;
use benchmarks::fleet::TokenBucket;
use std::time::Duration;

/// The attempts of an operation so far.
#[derive(Debug, Default)]
pub(crate) struct RetryState {
    attempts: u32,
    free_attempts: u32,
    /// The budget of the last retry, which gets the cost back on success.
    paid: Option<Budget>,
}

#[derive(Clone, Copy, Debug)]
enum Budget {
    Sdk,
    LostConnections,
}

/// The retry budgets of a client.
#[derive(Debug)]
pub(crate) struct RetryBudgets {
    sdk: TokenBucket,
    lost_connections: TokenBucket,
}

/// The default of the SDK.
const ATTEMPTS: u32 = 3;
/// The backoff of the SDK: the first wait, doubled each time, and the longest.
const FIRST_WAIT: Duration = Duration::from_secs(1);
const LONGEST_WAIT: Duration = Duration::from_secs(20);
/// The token bucket of the SDK, and its cost of a retry of a transient error: lost connections and statuses from 500
/// on.
const TOKENS: f64 = 500.0;
const COST: f64 = 10.0;
/// `MAX_FREE`, `CUT_TOKENS`, `CUT_TOKENS_PER_SECOND` and `SHORT_WAIT` of the library's `sdk/failover.rs`.
const MAX_FREE: u32 = 8;
const CUT_TOKENS: f64 = 10_000.0;
const CUT_TOKENS_PER_SECOND: f64 = 100.0;
const SHORT_WAIT: Duration = Duration::from_millis(10);

impl RetryBudgets {
    pub(crate) fn new() -> Self {
        Self {
            sdk: TokenBucket::new(TOKENS, 0.0),
            lost_connections: TokenBucket::new(CUT_TOKENS, CUT_TOKENS_PER_SECOND),
        }
    }

    fn bucket(&mut self, budget: Budget) -> &mut TokenBucket {
        match budget {
            Budget::Sdk => &mut self.sdk,
            Budget::LostConnections => &mut self.lost_connections,
        }
    }
}

impl RetryState {
    /// Begins another attempt.
    pub(crate) fn begin(&mut self) {
        self.attempts += 1;
    }

    /// Returns whether the current attempt may be aborted, since another would follow (`sdk/departure.rs`).
    pub(crate) fn may_abort(&self) -> bool {
        self.attempts < ATTEMPTS + self.free_attempts
    }

    /// Settles the budgets after a success.
    pub(crate) fn succeeded(&self, retry_budgets: &mut RetryBudgets) {
        match self.paid {
            Some(budget) => retry_budgets.bucket(budget).refund(COST),
            // An operation without a retry earns a token.
            None => retry_budgets.sdk.refund(1.0),
        }
    }

    /// Returns the backoff before the next attempt, or `None` if there is no other.
    pub(crate) fn next(
        &mut self,
        outcome: Outcome,
        elsewhere: Elsewhere,
        retry_budgets: &mut RetryBudgets,
        now: Duration,
        rng: &mut fastrand::Rng,
    ) -> Option<Duration> {
        let is_free = outcome.was_not_sent()
            && elsewhere != Elsewhere::Nowhere
            && self.free_attempts < MAX_FREE;
        if is_free {
            self.free_attempts += 1;
        }
        if self.attempts >= ATTEMPTS + self.free_attempts {
            return None;
        }
        if !is_free {
            let budget = match outcome {
                Outcome::Cut => Budget::LostConnections,
                _ => Budget::Sdk,
            };
            if !retry_budgets.bucket(budget).try_take(COST, now) {
                return None;
            }
            self.paid = Some(budget);
        }
        let longest = match elsewhere {
            Elsewhere::Untried | Elsewhere::Ejected if is_free => Duration::ZERO,
            Elsewhere::Untried if matches!(outcome, Outcome::Cut | Outcome::ServerError) => {
                SHORT_WAIT
            }
            Elsewhere::Untried | Elsewhere::Ejected | Elsewhere::Tried | Elsewhere::Nowhere => {
                LONGEST_WAIT
            }
        };
        // Free attempts do not lengthen the backoff.
        let doublings = self.attempts.saturating_sub(1 + self.free_attempts);
        let wait = (FIRST_WAIT * 2u32.pow(doublings)).min(longest);
        Some(wait.mul_f64(rng.f64()))
    }
}
