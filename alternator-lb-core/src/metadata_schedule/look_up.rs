//! Look-ups of many tables at once, and those that all tables share.

use super::seconds;
use std::time::Duration;

/// The age at which the answers that all tables share are stale: the replication of the keyspaces, the addresses of the
/// nodes, the server's settings. They change by an operator's hand.
pub const SHARED_AGE: Duration = seconds(10 * 60);

/// The least age at which addresses are stale. A node that comes back at another address is known by the old one to
/// other nodes for some seconds, in which its new one is listed already.
const MIN_ADDRESS_AGE: Duration = seconds(60);

/// The share of the wait before a map is fetched, for each map that is wanted.
const DELAY_PER_MAP: Duration = Duration::from_millis(250);

/// The longest wait before a map is fetched: until then requests take a hop more.
const MAX_DELAY: Duration = seconds(10);

/// Returns the age at which the addresses of the nodes are stale, where the list of nodes had been the same for
/// `unchanged` when they were read: as long as that, so that addresses which were read during a change are soon read
/// again.
#[must_use]
pub fn address_age(unchanged: Duration) -> Duration {
    unchanged.clamp(MIN_ADDRESS_AGE, SHARED_AGE)
}

/// Returns the wait before a map is fetched, while this many are `wanted`, itself included: a random part of a time
/// that grows with them.
///
/// A process with one table waits for an eighth of a second on average. One that uses forty tables at its start spreads
/// their maps over ten seconds, and thousands of such processes, started together, spread theirs alike.
#[must_use]
pub fn look_up_delay(wanted: usize, rng: &mut fastrand::Rng) -> Duration {
    let wanted = u32::try_from(wanted).unwrap_or(u32::MAX);
    let longest = DELAY_PER_MAP.saturating_mul(wanted).min(MAX_DELAY);
    longest.mul_f64(rng.f64())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn addresses_are_believed_as_long_as_the_list_was_unchanged() {
        for (unchanged, age) in [(0, 60), (59, 60), (300, 300), (3_600, 600)] {
            assert_eq!(address_age(seconds(unchanged)), seconds(age));
        }
    }

    #[test]
    fn maps_of_many_tables_are_spread_over_ten_seconds() {
        let mut rng = fastrand::Rng::with_seed(7);
        for (wanted, longest) in [(1, 250), (4, 1_000), (40, 10_000), (usize::MAX, 10_000)] {
            let delays = (0..1_000).map(|_| look_up_delay(wanted, &mut rng).as_millis());
            let longest_seen = delays.max().unwrap_or_default();
            assert!(
                (longest * 9 / 10..=longest).contains(&longest_seen),
                "{wanted}: {longest_seen}"
            );
        }
    }
}
