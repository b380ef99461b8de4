//! What can be wrong with a node.

use std::time::Duration;

/// A fault of one node, from [`Node::inject`](crate::Node::inject) until [`Node::recover`](crate::Node::recover).
///
/// A node has one fault at a time. It stays through [`Node::stop`](crate::Node::stop) and
/// [`Node::start`](crate::Node::start), and requests under way feel its coming and going.
#[derive(Clone, Copy, Debug, PartialEq)]
#[non_exhaustive]
pub enum Fault {
    /// Connections are accepted and requests read, but nothing is answered, `/localnodes` and `GET /` included: as a
    /// process that was stopped (`SIGSTOP`). What hangs is executed and answered on recovery, whether or not the client
    /// still waits for it.
    Hang,
    /// Every answer comes later by this much. Recovery releases what is being delayed at once.
    Delay(Duration),
    /// Answers to DynamoDB operations come later by this much; `/localnodes` and `GET /` are answered at once: as a node
    /// that is busy with long scans, and alive. Recovery releases what is being delayed at once.
    SlowOperations(Duration),
    /// DynamoDB operations answer 500 `InternalServerError` without being executed, for this share of the requests.
    ///
    /// The share is spread evenly and begins with the first request: 0.5 fails the first, third, fifth … request since
    /// the injection. Values outside 0 to 1 count as the nearer end, and what is not a number as 0.
    ServerError {
        /// From 0 (none) to 1 (all).
        share: f64,
    },
    /// DynamoDB operations answer 400 `RequestLimitExceeded` without being executed, for this share of the requests,
    /// spread as with [`Fault::ServerError`].
    Throttle {
        /// From 0 (none) to 1 (all).
        share: f64,
    },
    /// The connection is cut after so many bytes of any answer, its head included. An answer that is not longer than
    /// that is not touched.
    CutAfter {
        /// Bytes that still reach the client.
        bytes: usize,
    },
    /// The head of every answer is sent at once, its body on recovery.
    StallAfterHeaders,
    /// New connections are never established, and what comes over old ones is not answered: as if packets to the node
    /// were dropped. On recovery both go on, as far as clients still wait.
    ///
    /// Made by a full listen backlog, which works on Linux; elsewhere connections may still be established, and then
    /// hang.
    BlackHole,
}

impl Fault {
    /// Whether requests wait until the fault is gone.
    pub(crate) const fn holds_requests(self) -> bool {
        matches!(self, Self::Hang | Self::BlackHole)
    }

    /// Whether the request with this number, counted from 0 since the injection, falls into `share`.
    pub(crate) fn falls_into(share: f64, number: u64) -> bool {
        let share = if share.is_nan() {
            0.0
        } else {
            share.clamp(0.0, 1.0)
        };
        // Exact up to 2^53 requests.
        let number = number as f64;
        ((number + 1.0) * share).ceil() > (number * share).ceil()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn failing(share: f64, of: u64) -> Vec<u64> {
        (0..of)
            .filter(|number| Fault::falls_into(share, *number))
            .collect()
    }

    #[test]
    fn a_share_is_spread_evenly_and_begins_at_once() {
        assert_eq!(failing(0.5, 6), [0, 2, 4]);
        assert_eq!(failing(0.25, 9), [0, 4, 8]);
        assert_eq!(failing(1.0, 3), [0, 1, 2]);
        assert!(failing(0.0, 1000).is_empty());
    }

    #[test]
    fn a_share_is_met_within_one_request() {
        for share in [0.01, 0.1, 0.3, 0.7, 0.99] {
            let met = failing(share, 10_000).len() as f64;
            assert!((met - share * 10_000.0).abs() <= 1.0, "{share}: {met}");
        }
    }

    #[test]
    fn a_share_outside_its_range_counts_as_the_nearer_end() {
        assert_eq!(failing(7.0, 2), [0, 1]);
        assert!(failing(-1.0, 100).is_empty());
        assert!(failing(f64::NAN, 100).is_empty());
    }
}
