//! What pays for retries.

use std::time::Duration;

/// A bucket of tokens that fills again, as the SDK has them.
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

    /// Takes so many tokens, or none if there are not enough.
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

    /// Puts tokens back, as many as fit.
    pub fn refund(&mut self, tokens: f64) {
        self.tokens = (self.tokens + tokens).min(self.capacity);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_taken_comes_back_with_time_and_by_gifts() {
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
