//! The bars that metadata requests must not exceed.

use super::record::{MetadataRecord, RequestKind};
use std::ops::Range;

/// A requirement on the metadata requests of a period.
#[derive(Clone, Copy, Debug, PartialEq)]
#[non_exhaustive]
pub enum Bar {
    /// No node gets more requests per second than this in any minute.
    Minute(f64),
    /// No node gets more requests than this in any second.
    Second(u32),
    /// No client makes more requests than this about a table, without those that its tables share.
    PerTable(u32),
    /// At least this share of the reads goes to a replica.
    ReplicaReads(f64),
}

impl Bar {
    /// Returns whether the bar is met, and the sentence that says so.
    pub(super) fn check(self, record: &MetadataRecord, seconds: Range<usize>) -> (bool, String) {
        let kinds = &RequestKind::METADATA;
        match self {
            Self::Minute(most) => {
                let rate = f64::from(record.peak(kinds, seconds, MINUTE)) / MINUTE as f64;
                let text = format!(
                    "{rate:.1} requests per second at a node in its busiest minute (at most {most:.0})"
                );
                (rate <= most, text)
            }
            Self::Second(most) => {
                let peak = record.peak(kinds, seconds, 1);
                let text = format!("{peak} requests at a node in any second (at most {most})");
                (peak <= most, text)
            }
            Self::PerTable(most) => {
                let requests = record.most_per_table();
                let text =
                    format!("{requests} requests of a client about a table (at most {most})");
                (requests <= most, text)
            }
            Self::ReplicaReads(least) => {
                let (mean, lowest) = record.shares(seconds);
                let text = format!(
                    "{:.2} % of the reads go to a replica, {:.2} % in the worst second (at least {:.0} %)",
                    mean * 100.0,
                    lowest * 100.0,
                    least * 100.0
                );
                (lowest >= least, text)
            }
        }
    }
}

/// The seconds of a minute, the shortest time in which a node's own mean is no matter of chance: at five requests per
/// second, the standard deviation is 6 %.
pub(super) const MINUTE: usize = 60;

#[cfg(test)]
mod tests {
    use super::*;
    use std::time::Duration;

    #[test]
    fn bars_are_met_up_to_their_number() {
        let mut record = MetadataRecord::new(2, Duration::from_secs(60));
        for second in 0..60 {
            record.request(RequestKind::Shared, 1, 0, Duration::from_secs(second));
        }
        record.request(RequestKind::Membership, 1, 0, Duration::ZERO);
        record.table_requests(3);
        record.replica_reads(0.98, Duration::ZERO);
        for (bar, expected) in [
            (Bar::Minute(1.0), true),
            (Bar::Minute(0.9), false),
            (Bar::Second(1), true),
            (Bar::Second(0), false),
            (Bar::PerTable(3), true),
            (Bar::PerTable(2), false),
            (Bar::ReplicaReads(0.98), true),
            (Bar::ReplicaReads(0.99), false),
        ] {
            assert_eq!(bar.check(&record, 0..60).0, expected, "{bar:?}");
        }
    }
}
