//! How long a node rests after it could not be connected.

use std::time::Duration;

/// The first rest: shorter than any restart of a server takes, so a refused connection that was a passing thing (a full
/// backlog, a load balancer's reload) costs the node next to nothing.
pub(super) const FIRST: Duration = Duration::from_millis(100);

/// The longest rest: what the ScyllaDB drivers wait at most before they connect again. A node that came back is used at
/// the latest this much later; a dead one costs one request in this time a refused connection, or, where its whole host
/// is gone, as long as the application waits for connections.
pub(super) const LONGEST: Duration = Duration::from_secs(10);

/// The rest after `setbacks` failures in a row (1 for the first): doubled each time, within ±15 % so that the clients of
/// a node do not all come back in the same instant. Both as in the ScyllaDB drivers' reconnection policy.
pub(super) fn after(setbacks: u32, rng: &mut fastrand::Rng) -> Duration {
    let doublings = setbacks.saturating_sub(1).min(16);
    let rest = FIRST.saturating_mul(1 << doublings).min(LONGEST);
    rest.mul_f64(0.85 + 0.3 * rng.f64())
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn rests_double_until_the_longest() {
        let mut rng = fastrand::Rng::with_seed(7);
        for (setbacks, middle) in [
            (1, 100),
            (2, 200),
            (3, 400),
            (7, 6_400),
            (8, 10_000),
            (u32::MAX, 10_000),
        ] {
            let rest = after(setbacks, &mut rng).as_secs_f64() * 1_000.0;
            let middle = f64::from(middle);
            assert!(
                (middle * 0.85..=middle * 1.15).contains(&rest),
                "{setbacks}: {rest} ms"
            );
        }
    }

    proptest! {
        #[test]
        fn no_two_clients_rest_alike(seed in any::<u64>(), setbacks in 1u32..20) {
            let mut rng = fastrand::Rng::with_seed(seed);
            prop_assert_ne!(after(setbacks, &mut rng), after(setbacks, &mut rng));
        }
    }
}
