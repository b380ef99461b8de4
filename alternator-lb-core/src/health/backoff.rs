//! Ejection backoff: the time until an ejected node may be probed again, by the number of its consecutive ejections.

use super::EjectionCause;
use crate::jitter::jittered;
use crate::sync::atomic::{AtomicU32, Ordering};
use std::time::Duration;

/// The lifetime of a permit: as long as the response to a slow operation may take.
pub(super) const PERMIT_LIFETIME: Duration = Duration::from_secs(10);

/// Returns the backoff after a number of consecutive ejections (1 for the first): doubled each time, with jitter.
pub(super) fn after(
    cause: EjectionCause,
    consecutive_ejections: u32,
    rng: &mut fastrand::Rng,
) -> Duration {
    let (initial, max, jitter) = match cause {
        // The initial backoff is shorter than any restart of a server, so a refused connection with a passing cause (a
        // full backlog, a load balancer's reload) costs the node next to nothing. The maximum, with its jitter, is that
        // of the reconnection of the ScyllaDB drivers. A probe ends the backoff, which costs no request anything.
        EjectionCause::Pending | EjectionCause::Unreachable => (100, 10_000, 0.15),
        // linkerd's numbers. A request of the application ends the backoff, and is sent again if the node still fails:
        // tolerable every second at first, and once a minute in the long run.
        EjectionCause::Failing => (1_000, 60_000, 0.5),
    };
    let doublings = consecutive_ejections.saturating_sub(1).min(16);
    let millis = u64::min(initial << doublings, max);
    // The jitter is to either side, so that the clients of a node do not all return at once.
    jittered(Duration::from_millis(millis), jitter, rng)
}

/// The number of a node's consecutive ejections and their cause, in one atomic: a node that was slow to start listening
/// must not back off long for its first errors.
#[derive(Debug, Default)]
pub(super) struct ConsecutiveEjections(AtomicU32);

impl ConsecutiveEjections {
    /// Returns the count that one more ejection for this cause would bring.
    pub(super) fn after_next(&self, cause: EjectionCause) -> u32 {
        let packed = self.0.load(Ordering::Relaxed);
        match packed & CAUSE_MASK == cause as u32 {
            true => (packed >> CAUSE_BITS).saturating_add(1).min(MAX),
            false => 1,
        }
    }

    pub(super) fn count(&self) -> u32 {
        self.0.load(Ordering::Relaxed) >> CAUSE_BITS
    }

    pub(super) fn set(&self, cause: EjectionCause, count: u32) {
        let packed = count.min(MAX) << CAUSE_BITS | cause as u32;
        self.0.store(packed, Ordering::Relaxed);
    }
}

/// The cause is in the lowest bits, the count above it.
const CAUSE_BITS: u32 = 2;
const CAUSE_MASK: u32 = (1 << CAUSE_BITS) - 1;
/// The backoff reaches its maximum long before.
const MAX: u32 = 1 << 20;

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn backoff_doubles_up_to_its_maximum() {
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
        /// The chance that none of 300 clients falls into a given tenth of the range is 2e-14.
        #[test]
        fn backoffs_of_different_clients_cover_the_whole_jitter_range(seed in any::<u32>(), ejections in 1u32..20) {
            let middle = f64::from(1u32 << (ejections - 1)).min(60.0);
            let mut tenths = [0; 10];
            for client in 0..300 {
                let mut rng = fastrand::Rng::with_seed(u64::from(seed) << 16 | client);
                let backoff = after(EjectionCause::Failing, ejections, &mut rng);
                let position = backoff.as_secs_f64() / middle - 0.5;
                tenths[((position * 10.0) as usize).min(9)] += 1;
            }
            prop_assert!(tenths.iter().all(|&clients| clients > 0), "{tenths:?}");
        }
    }
}
