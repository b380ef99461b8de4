//! The retries of operations: the SDK's standard retries, and the changes of the plugin to them.
//!
//! Comments mark the rules of the SDK.

use alternator_lb_core::health::Outcome;
use alternator_lb_core::routing::{
    RESEND_TOKENS, RESEND_TOKENS_PER_SECOND, RetryBudget, RetryDecision, RetryTarget,
};
use benchmarks::fleet::TokenBucket;
use std::time::Duration;

/// The attempts of an operation so far.
#[derive(Debug, Default)]
pub(crate) struct RetryState {
    attempts: u32,
    free_attempts: u32,
    /// The budget of the last retry, which gets the cost back on success.
    paid: Option<RetryBudget>,
}

/// The retry budgets of a client.
#[derive(Debug)]
pub(crate) struct RetryBudgets {
    application: TokenBucket,
    resend: TokenBucket,
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

impl RetryBudgets {
    pub(crate) fn new() -> Self {
        Self {
            application: TokenBucket::new(TOKENS, 0.0),
            resend: TokenBucket::new(RESEND_TOKENS as f64, RESEND_TOKENS_PER_SECOND.into()),
        }
    }

    /// Takes the cost of a retry from its budget. Returns whether there was enough.
    fn try_pay(&mut self, budget: RetryBudget, now: Duration) -> bool {
        match budget {
            RetryBudget::Unlimited => true,
            RetryBudget::Resend => self.resend.try_take(COST, now),
            RetryBudget::Application => self.application.try_take(COST, now),
        }
    }

    fn refund(&mut self, budget: Option<RetryBudget>) {
        match budget {
            Some(RetryBudget::Resend) => self.resend.refund(COST),
            Some(RetryBudget::Application) => self.application.refund(COST),
            // An operation without a retry that cost something earns a token.
            Some(RetryBudget::Unlimited) | None => self.application.refund(1.0),
        }
    }
}

impl RetryState {
    /// Begins another attempt.
    pub(crate) fn begin(&mut self) {
        self.attempts += 1;
    }

    /// Returns whether the current attempt may be aborted, since another would follow.
    pub(crate) fn may_abort(&self) -> bool {
        self.attempts < ATTEMPTS + self.free_attempts
    }

    /// Settles the budgets after a success.
    pub(crate) fn succeeded(&self, retry_budgets: &mut RetryBudgets) {
        retry_budgets.refund(self.paid);
    }

    /// Returns the backoff before the next attempt, or `None` if there is no other.
    pub(crate) fn next(
        &mut self,
        outcome: Outcome,
        target: RetryTarget,
        retry_budgets: &mut RetryBudgets,
        now: Duration,
        rng: &mut fastrand::Rng,
    ) -> Option<Duration> {
        let decision = RetryDecision::new(outcome, target, self.free_attempts);
        if decision.is_free() {
            self.free_attempts += 1;
        }
        if self.attempts >= ATTEMPTS + self.free_attempts {
            return None;
        }
        if !decision.is_free() {
            if !retry_budgets.try_pay(decision.budget, now) {
                return None;
            }
            self.paid = Some(decision.budget);
        }
        let longest = decision.max_wait.min(LONGEST_WAIT);
        // Free attempts do not lengthen the backoff.
        let doublings = self.attempts.saturating_sub(1 + self.free_attempts);
        let wait = (FIRST_WAIT * 2u32.pow(doublings)).min(longest);
        Some(wait.mul_f64(rng.f64()))
    }
}
