//! The token buckets of retry budgets.

use std::time::Duration;

/// A token bucket that refills over time, as in the SDK.
#[derive(Clone, Debug)]
pub struct TokenBucket {
    capacity: f64,
    refill_per_second: f64,
    tokens: f64,
    last_refill: Duration,
}

impl TokenBucket {
    /// A full bucket.
    pub fn new(capacity: f64, refill_per_second: f64) -> Self {
        Self {
            capacity,
            refill_per_second,
            tokens: capacity,
            last_refill: Duration::ZERO,
        }
    }

    /// Takes tokens, or none if there are not enough. Returns whether it took them.
    pub fn try_take(&mut self, tokens: f64, now: Duration) -> bool {
        let elapsed = now.saturating_sub(self.last_refill);
        self.last_refill = now;
        self.refund(self.refill_per_second * elapsed.as_secs_f64());
        let is_enough = self.tokens >= tokens;
        if is_enough {
            self.tokens -= tokens;
        }
        is_enough
    }

    /// Returns tokens, up to the capacity.
    pub fn refund(&mut self, tokens: f64) {
        self.tokens = (self.tokens + tokens).min(self.capacity);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn tokens_return_with_time_and_by_refunds() {
        let second = Duration::from_secs(1);
        let mut bucket = TokenBucket::new(20.0, 5.0);
        assert!(bucket.try_take(10.0, second) && bucket.try_take(10.0, second));
        assert!(!bucket.try_take(10.0, second));
        assert!(!bucket.try_take(10.0, second * 2));
        assert!(bucket.try_take(10.0, second * 3));
        bucket.refund(100.0);
        assert!(bucket.try_take(20.0, second * 3));
        assert!(!bucket.try_take(1.0, second * 3));
    }
}
