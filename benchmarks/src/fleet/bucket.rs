//! What pays for retries.

use std::time::Duration;

/// A bucket of tokens that fills again, as the SDK has them.
#[derive(Clone, Debug)]
pub struct Bucket {
    capacity: f64,
    per_second: f64,
    tokens: f64,
    looked: Duration,
}

impl Bucket {
    /// A full bucket.
    pub fn new(capacity: f64, per_second: f64) -> Self {
        Self {
            capacity,
            per_second,
            tokens: capacity,
            looked: Duration::ZERO,
        }
    }

    /// Takes so many tokens, or none if there are not enough.
    pub fn take(&mut self, tokens: f64, now: Duration) -> bool {
        let elapsed = now.saturating_sub(self.looked);
        self.looked = now;
        self.give(self.per_second * elapsed.as_secs_f64());
        let is_enough = self.tokens >= tokens;
        if is_enough {
            self.tokens -= tokens;
        }
        is_enough
    }

    /// Puts tokens back, as many as fit.
    pub fn give(&mut self, tokens: f64) {
        self.tokens = (self.tokens + tokens).min(self.capacity);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_taken_comes_back_with_time_and_by_gifts() {
        let second = Duration::from_secs(1);
        let mut bucket = Bucket::new(20.0, 5.0);
        assert!(bucket.take(10.0, second) && bucket.take(10.0, second));
        assert!(!bucket.take(10.0, second));
        assert!(!bucket.take(10.0, second * 2));
        assert!(bucket.take(10.0, second * 3));
        bucket.give(100.0);
        assert!(bucket.take(20.0, second * 3));
        assert!(!bucket.take(1.0, second * 3));
    }
}
