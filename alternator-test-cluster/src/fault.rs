//! Faults that can be injected into a node.

use std::time::Duration;

/// A fault of one node, from [`Node::inject`](crate::Node::inject) until [`Node::recover`](crate::Node::recover).
///
/// A node has at most one fault at a time. The fault persists across [`Node::stop`](crate::Node::stop) and
/// [`Node::start`](crate::Node::start). Injection and recovery also affect requests that are in flight.
#[derive(Clone, Copy, Debug, PartialEq)]
#[non_exhaustive]
pub enum Fault {
    /// Connections are accepted and requests read, but no request gets a response, including `/localnodes` and `GET /`,
    /// as from a stopped process (`SIGSTOP`). Pending requests are executed and get their responses on recovery,
    /// whether or not their clients still wait.
    Hang,
    /// Every response is delayed by this duration. Recovery releases delayed responses at once.
    Delay(Duration),
    /// Responses to DynamoDB operations are delayed by this duration, but those to `/localnodes` and `GET /` are not,
    /// as from a node that is alive and busy with long scans. Recovery releases delayed responses at once.
    SlowOperations(Duration),
    /// Responses to DynamoDB operations are delayed for this share of the requests, spread as for
    /// [`Fault::ServerError`], as from a node that pauses now and then. Recovery releases delayed responses at once.
    SlowShare {
        /// The share of requests, from 0 (none) to 1 (all).
        share: f64,
        /// The delay.
        delay: Duration,
    },
    /// DynamoDB operations fail with 500 `InternalServerError` without being executed, for this share of the requests.
    ///
    /// Failures are spread evenly and begin with the first request: with 0.5, the first, third, fifth … request since
    /// the injection fails. Values outside the range from 0 to 1 are clamped, and NaN counts as 0.
    ServerError {
        /// The share of requests, from 0 (none) to 1 (all).
        share: f64,
    },
    /// DynamoDB operations fail with 400 `RequestLimitExceeded` without being executed, for this share of the requests,
    /// spread as for [`Fault::ServerError`].
    Throttle {
        /// The share of requests, from 0 (none) to 1 (all).
        share: f64,
    },
    /// The connection is closed after this many bytes of each response, including its head. Shorter responses are not
    /// affected, nor are those of exactly this length.
    CutAfter {
        /// The number of bytes that the client still receives.
        bytes: usize,
    },
    /// The head of every response is sent at once, the body only on recovery.
    StallAfterHeaders,
    /// New connections are never established, and requests on existing ones get no response, as if packets to the node
    /// were dropped. On recovery both proceed if their clients still wait.
    ///
    /// The fault is implemented by a full listen backlog, which works on Linux. On other systems connections may still
    /// be established, and then hang.
    BlackHole,
}

impl Fault {
    /// Returns whether requests wait until recovery.
    pub(crate) const fn holds_requests(self) -> bool {
        matches!(self, Self::Hang | Self::BlackHole)
    }

    /// Returns whether the request with this number, counted from 0 since the injection, is in the failing `share`.
    pub(crate) fn is_in_share(share: f64, number: u64) -> bool {
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

    fn failing_requests(share: f64, total: u64) -> Vec<u64> {
        (0..total)
            .filter(|number| Fault::is_in_share(share, *number))
            .collect()
    }

    #[test]
    fn failures_are_spread_evenly_from_the_first_request_on() {
        assert_eq!(failing_requests(0.5, 6), [0, 2, 4]);
        assert_eq!(failing_requests(0.25, 9), [0, 4, 8]);
        assert_eq!(failing_requests(1.0, 3), [0, 1, 2]);
        assert!(failing_requests(0.0, 1000).is_empty());
    }

    #[test]
    fn number_of_failures_deviates_from_the_share_by_at_most_one() {
        for share in [0.01, 0.1, 0.3, 0.7, 0.99] {
            let failed = failing_requests(share, 10_000).len() as f64;
            assert!(
                (failed - share * 10_000.0).abs() <= 1.0,
                "{share}: {failed}"
            );
        }
    }

    #[test]
    fn share_outside_its_range_is_clamped() {
        assert_eq!(failing_requests(7.0, 2), [0, 1]);
        assert!(failing_requests(-1.0, 100).is_empty());
        assert!(failing_requests(f64::NAN, 100).is_empty());
    }
}
