//! Spreads the clients of a fleet that would otherwise act in the same instant.

use std::time::Duration;

/// The fraction by which pauses vary unless a constant of their own says otherwise: processes that started together
/// drift apart within a few intervals, and none waits noticeably longer than it should.
pub const DEFAULT_JITTER: f64 = 0.2;

/// Returns `base` multiplied by a random factor between `1 - fraction` and `1 + fraction`.
pub fn jittered(base: Duration, fraction: f64, rng: &mut fastrand::Rng) -> Duration {
    base.mul_f64(1.0 - fraction + 2.0 * fraction * rng.f64())
}

/// Returns the pause with the default jitter.
pub fn with_default_jitter(pause: Duration) -> Duration {
    jittered(pause, DEFAULT_JITTER, &mut fastrand::Rng::new())
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn jittered_pause_stays_within_its_fraction(millis in 1_u32..100_000, fraction in 0.0..1.0, seed in any::<u64>()) {
            let base = Duration::from_millis(millis.into());
            let pause = jittered(base, fraction, &mut fastrand::Rng::with_seed(seed));
            let tolerance = Duration::from_nanos(1);
            prop_assert!(pause + tolerance >= base.mul_f64(1.0 - fraction));
            prop_assert!(pause <= base.mul_f64(1.0 + fraction) + tolerance);
        }
    }

    #[test]
    fn pauses_of_different_clients_differ() {
        let pause = |seed| {
            jittered(
                Duration::from_secs(1),
                DEFAULT_JITTER,
                &mut fastrand::Rng::with_seed(seed),
            )
        };
        let mut pauses: Vec<Duration> = (0..100).map(pause).collect();
        pauses.sort_unstable();
        pauses.dedup();
        assert!(
            pauses.len() > 90,
            "{} different pauses of 100",
            pauses.len()
        );
    }
}
