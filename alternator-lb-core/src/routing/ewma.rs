//! The moving average of latencies.

/// The divisor of the moving average: each response weighs an eighth, as in TCP's estimate of round trips (RFC 6298).
/// About ten responses show a change.
const DIVISOR: u64 = 8;

/// Returns the moving average after another latency, in the same unit. Zero stands for no average, and is never
/// returned.
#[inline]
pub(super) fn next_average(average: u64, latency: u64) -> u64 {
    let next = match average {
        0 => latency,
        average => (average - average / DIVISOR).saturating_add(latency / DIVISOR),
    };
    next.max(1)
}
