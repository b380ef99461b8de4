//! Whether an operation is tried again, and when: the SDK's standard retries, and what the plugin makes of them.
//!
//! The rules are those of the table in the library's `sdk/failover.rs`, which is written against the SDK's own types. What the
//! SDK does is said by the comments.

use crate::health::Outcome;
use crate::routing::Elsewhere;
use benchmarks::fleet::Bucket;
use std::time::Duration;

/// The tries of an operation so far.
#[derive(Debug, Default)]
pub(crate) struct Tries {
    made: u32,
    free: u32,
    /// What paid for the last retry, and gets that back if it succeeds.
    paid: Option<Purse>,
}

#[derive(Clone, Copy, Debug)]
enum Purse {
    Sdk,
    Cuts,
}

/// What pays for the retries of a client.
#[derive(Debug)]
pub(crate) struct Purses {
    sdk: Bucket,
    cuts: Bucket,
}

/// The SDK's default.
const ATTEMPTS: u32 = 3;
/// The SDK's defaults: the first wait, doubled each time, and the longest.
const FIRST_WAIT: Duration = Duration::from_secs(1);
const LONGEST_WAIT: Duration = Duration::from_secs(20);
/// The SDK's bucket, and what a retry costs of what it takes for transient: lost connections and statuses from 500 on.
const TOKENS: f64 = 500.0;
const COST: f64 = 10.0;
/// `sdk/failover.rs`: `MAX_FREE`, `CUT_TOKENS`, `CUT_TOKENS_PER_SECOND` and `SHORT_WAIT`.
const MAX_FREE: u32 = 8;
const CUT_TOKENS: f64 = 10_000.0;
const CUT_TOKENS_PER_SECOND: f64 = 100.0;
const SHORT_WAIT: Duration = Duration::from_millis(10);

impl Purses {
    pub(crate) fn new() -> Self {
        Self {
            sdk: Bucket::new(TOKENS, 0.0),
            cuts: Bucket::new(CUT_TOKENS, CUT_TOKENS_PER_SECOND),
        }
    }

    fn purse(&mut self, purse: Purse) -> &mut Bucket {
        match purse {
            Purse::Sdk => &mut self.sdk,
            Purse::Cuts => &mut self.cuts,
        }
    }
}

impl Tries {
    /// Another is made.
    pub(crate) fn begin(&mut self) {
        self.made += 1;
    }

    /// Whether the one under way may be ended, since another would follow (`sdk/departure.rs`).
    pub(crate) fn may_end(&self) -> bool {
        self.made < ATTEMPTS + self.free
    }

    /// The operation has succeeded.
    pub(crate) fn succeeded(&self, purses: &mut Purses) {
        match self.paid {
            Some(purse) => purses.purse(purse).give(COST),
            // One that needs no retry earns a token.
            None => purses.sdk.give(1.0),
        }
    }

    /// How long to wait for the next try after a failed one, if another is made.
    pub(crate) fn next(
        &mut self,
        outcome: Outcome,
        elsewhere: Elsewhere,
        purses: &mut Purses,
        now: Duration,
        rng: &mut fastrand::Rng,
    ) -> Option<Duration> {
        let is_free =
            outcome.was_not_sent() && elsewhere != Elsewhere::Nowhere && self.free < MAX_FREE;
        if is_free {
            self.free += 1;
        }
        if self.made >= ATTEMPTS + self.free {
            return None;
        }
        if !is_free {
            let purse = match outcome {
                Outcome::Cut => Purse::Cuts,
                _ => Purse::Sdk,
            };
            if !purses.purse(purse).take(COST, now) {
                return None;
            }
            self.paid = Some(purse);
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
        // Free attempts do not make the wait longer.
        let doublings = self.made.saturating_sub(1 + self.free);
        let wait = (FIRST_WAIT * 2u32.pow(doublings)).min(longest);
        Some(wait.mul_f64(rng.f64()))
    }
}
