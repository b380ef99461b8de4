//! The time until operations are normal again.

use super::counts::{TENTH, start};
use super::record::TenthTotals;
use std::ops::Range;
use std::time::Duration;

/// The highest normal share of failures.
const FAILED: f64 = 0.001;

/// The highest normal share of slow operations: with more, the p99 is slow.
const SLOW: f64 = 0.01;

/// Returns the time from the beginning of the period until operations stay normal, or `None` if they do not.
pub(super) fn recovery_time(
    tenth_totals: &[TenthTotals],
    period: Range<usize>,
) -> Option<Duration> {
    let within = tenth_totals.get(period.clone()).unwrap_or_default();
    let Some(last) = within.iter().rposition(|moment| !moment.is_normal()) else {
        return Some(Duration::ZERO);
    };
    let settled = last + 1;
    (settled < within.len()).then(|| start(settled))
}

impl TenthTotals {
    fn is_normal(self) -> bool {
        let most = |share: f64| f64::from(self.operations) * share;
        // One of few operations is not significant.
        f64::from(self.failed) <= most(FAILED).max(1.0)
            && f64::from(self.slow) <= most(SLOW).max(1.0)
    }
}

const _: () = assert!(
    TENTH.as_millis() == 100,
    "a total covers a tenth of a second"
);

#[cfg(test)]
mod tests {
    use super::*;

    fn moment(failed: u32, slow: u32) -> TenthTotals {
        TenthTotals {
            operations: 10_000,
            failed,
            slow,
        }
    }

    #[test]
    fn recovery_time_ends_after_the_last_abnormal_tenth() {
        let usual = moment(10, 100);
        let tenth_totals = [moment(11, 0), usual, moment(0, 101), usual, usual];
        let millis = Duration::from_millis;
        assert_eq!(recovery_time(&tenth_totals, 0..5), Some(millis(300)));
        assert_eq!(recovery_time(&tenth_totals, 1..2), Some(millis(0)));
        assert_eq!(recovery_time(&tenth_totals, 1..3), None);
    }

    #[test]
    fn single_failure_among_few_operations_is_normal() {
        let one = TenthTotals {
            operations: 10,
            failed: 1,
            slow: 1,
        };
        assert!(one.is_normal());
    }
}
