//! How long a node that was ejected rests.

use super::EjectionCause;
use crate::jitter::jittered;
use std::time::Duration;

/// How rests grow.
struct Backoff {
    first: Duration,
    longest: Duration,
    /// How much a rest varies to either side, so that the clients of a node do not all come back in the same instant.
    jitter: f64,
}

/// A node that cannot be connected, or does not answer the question whether it is there.
///
/// The first rest is shorter than any restart of a server takes, so a refused connection that was a passing thing (a full
/// backlog, a load balancer's reload) costs the node next to nothing. The longest is what the ScyllaDB drivers wait at
/// most before they connect again, with their jitter. What a rest ends with is a probe, which costs no request anything.
const UNREACHABLE: Backoff = Backoff {
    first: Duration::from_millis(100),
    longest: Duration::from_secs(10),
    jitter: 0.15,
};

/// A node that answers, but badly: linkerd's numbers. What a rest ends with is a request of the application, which has
/// to be sent again if the node is not well yet: that may happen every second at first, and once a minute for long.
const FAILING: Backoff = Backoff {
    first: Duration::from_secs(1),
    longest: Duration::from_secs(60),
    jitter: 0.5,
};

/// How long the right to try a node lasts: as long as a slow operation may take to be answered.
pub(super) const PERMIT_LIFETIME: Duration = Duration::from_secs(10);

/// The rest after `consecutive_ejections` in a row (1 for the first): doubled each time.
pub(super) fn after(
    cause: EjectionCause,
    consecutive_ejections: u32,
    rng: &mut fastrand::Rng,
) -> Duration {
    let growth = match cause {
        EjectionCause::Pending | EjectionCause::Unreachable => UNREACHABLE,
        EjectionCause::Failing => FAILING,
    };
    let doublings = consecutive_ejections.saturating_sub(1).min(16);
    let backoff = growth.first.saturating_mul(1 << doublings);
    jittered(backoff.min(growth.longest), growth.jitter, rng)
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn rests_double_until_the_longest() {
        let mut rng = fastrand::Rng::with_seed(7);
        for (cause, consecutive_ejections, middle, jitter) in [
            (EjectionCause::Unreachable, 1, 100, 0.15),
            (EjectionCause::Unreachable, 2, 200, 0.15),
            (EjectionCause::Pending, 7, 6_400, 0.15),
            (EjectionCause::Unreachable, 8, 10_000, 0.15),
            (EjectionCause::Unreachable, u32::MAX, 10_000, 0.15),
            (EjectionCause::Failing, 1, 1_000, 0.5),
            (EjectionCause::Failing, 6, 32_000, 0.5),
            (EjectionCause::Failing, 7, 60_000, 0.5),
        ] {
            let backoff = after(cause, consecutive_ejections, &mut rng).as_secs_f64() * 1_000.0;
            let middle = f64::from(middle);
            assert!(
                (middle * (1.0 - jitter)..=middle * (1.0 + jitter)).contains(&backoff),
                "{cause:?} {consecutive_ejections}: {backoff} ms"
            );
        }
    }

    proptest! {
        #[test]
        fn no_two_clients_rest_alike(seed in any::<u64>(), consecutive_ejections in 1u32..20) {
            let mut rng = fastrand::Rng::with_seed(seed);
            let mut rest = || after(EjectionCause::Failing, consecutive_ejections, &mut rng);
            prop_assert_ne!(rest(), rest());
        }
    }
}
