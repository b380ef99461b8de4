//! The record of an attempt, for the application.

use super::Reason;
use crate::health::Outcome;
use crate::topology::NodeUrl;
use std::fmt;
use std::io;
use std::time::Duration;

/// One attempt of an operation: where it went and why, what came back, and what followed.
///
/// Holds no data of the application: of a response, the status and the code of the error.
///
/// [`Display`](fmt::Display) prints one line, which is folded here:
///
/// ```text
/// +0.000s http://10.0.0.1:8000, the next in round robin: connection refused after 312.408µs (not connected), at no
/// cost; then another node
/// ```
#[derive(Clone, Debug)]
pub struct AttemptRecord {
    node: NodeUrl,
    reason: Reason,
    began: Duration,
    elapsed: Option<Duration>,
    end: AttemptEnd,
    is_free: bool,
    next: NextStep,
}

/// The end of an attempt.
#[derive(Clone, Debug)]
pub struct AttemptEnd {
    /// The result.
    pub result: AttemptResult,
    /// The evidence about the node. `None` if the attempt has not ended, or was dropped.
    pub outcome: Option<Outcome>,
    /// The HTTP status, if there was a response.
    pub status: Option<u16>,
    /// The code of DynamoDB's error, if the response has one.
    pub error_code: Option<Box<str>>,
    /// The error of the connection, if the operating system or the HTTP client named one.
    pub io_error: Option<io::ErrorKind>,
}

/// The result of an attempt.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum AttemptResult {
    /// Nothing yet: the attempt is under way.
    InFlight,
    /// Nothing: the application has dropped the future of the operation.
    Dropped,
    /// A response with success.
    Success,
    /// A response with an error.
    ErrorResponse,
    /// No response, or not the whole of it: the connection was not established, or it broke.
    ConnectionFailed,
    /// No response within a timeout of the application: that of the connection, of reading, of the attempt or of the
    /// operation.
    TimedOut,
    /// No response: the plugin has ended the request, because its node was ejected or its connection was lost.
    Aborted,
    /// No response yet: that of a [hedged](super::Hedge) read's second request, which is the next attempt here, came
    /// first.
    Outrun,
    /// An error of this process: the request was not sent, as where it could not be signed, or the response was
    /// refused.
    LocalError,
}

/// The step after an attempt.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum NextStep {
    /// Nothing yet: the attempt is under way, or the SDK waits before the next one.
    Pending,
    /// An attempt on a node that the operation had not tried.
    UntriedNode,
    /// An attempt on a node that the operation had tried before, as no other one was left.
    TriedNode,
    /// An attempt on the same node.
    SameNode,
    /// No attempt: this one succeeded.
    Completed,
    /// No attempt: the SDK does not retry this error.
    NotRetryable,
    /// No attempt: all that the SDK's `RetryConfig` allows were made.
    RetriesUsedUp,
    /// No attempt: the bucket of tokens that pays for retries was empty.
    QuotaEmpty,
    /// No attempt: the timeout of the operation had passed.
    OperationTimedOut,
    /// No attempt: the application has dropped the future of the operation.
    Dropped,
}

impl AttemptRecord {
    /// Begins the record of an attempt, `began` after its operation.
    pub(super) fn begin(node: NodeUrl, reason: Reason, began: Duration) -> Self {
        Self {
            node,
            reason,
            began,
            elapsed: None,
            end: AttemptEnd::without_evidence(AttemptResult::InFlight),
            is_free: false,
            next: NextStep::Pending,
        }
    }

    /// Ends the attempt if it is in flight.
    pub(super) fn end(&mut self, end: AttemptEnd, elapsed: Duration) {
        if self.end.result == AttemptResult::InFlight {
            (self.end, self.elapsed) = (end, Some(elapsed));
        }
    }

    pub(super) fn set_free(&mut self) {
        self.is_free = true;
    }

    /// Sets what followed, unless that is known.
    pub(super) fn set_next(&mut self, next: NextStep) {
        if self.next == NextStep::Pending {
            self.next = next;
            self.is_free &= next.is_attempt();
        }
    }

    /// Ends the record of an operation that is dropped.
    pub(super) fn drop_operation(&mut self) {
        if self.end.result == AttemptResult::InFlight {
            self.end = AttemptEnd::without_evidence(AttemptResult::Dropped);
        }
        self.set_next(NextStep::Dropped);
    }

    /// The address of the node, as `scheme://host:port`.
    #[must_use]
    pub fn node(&self) -> &str {
        self.node.as_str()
    }

    /// The reason for the node.
    #[must_use]
    pub fn reason(&self) -> Reason {
        self.reason
    }

    /// The time from the beginning of the operation to that of the attempt. The selection of the node begins an
    /// attempt, so that signing is part of it.
    #[must_use]
    pub fn began(&self) -> Duration {
        self.began
    }

    /// The time that the attempt took. `None` while it is under way, and if it was dropped: that reads no clock.
    #[must_use]
    pub fn elapsed(&self) -> Option<Duration> {
        self.elapsed
    }

    /// The result.
    #[must_use]
    pub fn result(&self) -> AttemptResult {
        self.end.result
    }

    /// The evidence about the node, which decides on the node's health and on the conditions of the retry.
    /// `None` while the attempt is under way, and if it was dropped.
    #[must_use]
    pub fn outcome(&self) -> Option<Outcome> {
        self.end.outcome
    }

    /// The HTTP status. `None` if there was no response.
    #[must_use]
    pub fn status(&self) -> Option<u16> {
        self.end.status
    }

    /// The code of DynamoDB's error, as `InternalServerError`. `None` if the response has none.
    #[must_use]
    pub fn error_code(&self) -> Option<&str> {
        self.end.error_code.as_deref()
    }

    /// The error of the connection, as far as its kind is known.
    #[must_use]
    pub fn io_error(&self) -> Option<io::ErrorKind> {
        self.end.io_error
    }

    /// Returns whether the attempt was retried at no cost: it counts as none of those that the SDK's `RetryConfig`
    /// allows, since its request did not reach the node, or was refused unread.
    #[must_use]
    pub fn is_free(&self) -> bool {
        self.is_free
    }

    /// The step after the attempt.
    #[must_use]
    pub fn next_step(&self) -> NextStep {
        self.next
    }

    /// The result in a few words, with the time that the attempt took.
    #[must_use]
    pub fn summary(&self) -> impl fmt::Display + '_ {
        fmt::from_fn(|f| {
            write!(f, "{}", self.end)?;
            match self.elapsed {
                Some(elapsed) => write!(f, " after {elapsed:.3?}"),
                None => Ok(()),
            }
        })
    }
}

impl AttemptEnd {
    /// The end of an attempt that says nothing about its node.
    /// The end of an attempt of which nothing is known but its result.
    #[must_use]
    pub fn without_evidence(result: AttemptResult) -> Self {
        Self {
            result,
            outcome: None,
            status: None,
            error_code: None,
            io_error: None,
        }
    }
}

impl NextStep {
    /// Returns whether another attempt followed.
    #[must_use]
    pub fn is_attempt(self) -> bool {
        match self {
            Self::UntriedNode | Self::TriedNode | Self::SameNode => true,
            Self::Pending
            | Self::Completed
            | Self::NotRetryable
            | Self::RetriesUsedUp
            | Self::QuotaEmpty
            | Self::OperationTimedOut
            | Self::Dropped => false,
        }
    }
}

impl fmt::Display for AttemptRecord {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (began, node, reason) = (self.began.as_secs_f64(), &self.node, self.reason);
        write!(f, "+{began:.3}s {node}, {reason}: {}", self.summary())?;
        if let Some(outcome) = self.end.outcome
            && self.end.result != AttemptResult::Success
        {
            write!(f, " ({outcome})")?;
        }
        if self.is_free {
            f.write_str(", at no cost")?;
        }
        match self.next {
            NextStep::Pending | NextStep::Completed => Ok(()),
            next => write!(f, "; {next}"),
        }
    }
}

impl fmt::Display for AttemptEnd {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match (self.result, self.status) {
            (AttemptResult::InFlight, _) => f.write_str("under way"),
            (AttemptResult::Dropped, _) => f.write_str("dropped"),
            (AttemptResult::Outrun, _) => f.write_str("no response yet"),
            (AttemptResult::TimedOut, _) => f.write_str("timed out"),
            (AttemptResult::Aborted, _) => match self.outcome {
                Some(Outcome::ConnectionLost) => f.write_str("ended, as the node was ejected,"),
                _ => f.write_str("ended, as its connection led nowhere,"),
            },
            (AttemptResult::ConnectionFailed, status) => {
                if let Some(status) = status {
                    write!(f, "{status}, then ")?;
                }
                match (self.io_error, self.outcome) {
                    (Some(error), _) => error.fmt(f),
                    (None, Some(outcome)) => outcome.fmt(f),
                    (None, None) => f.write_str("failed"),
                }
            }
            (AttemptResult::LocalError, None) => f.write_str("not sent"),
            (AttemptResult::LocalError, Some(status)) => write!(f, "{status}, refused here"),
            (AttemptResult::Success | AttemptResult::ErrorResponse, status) => {
                match status {
                    Some(status) => write!(f, "{status}")?,
                    None => f.write_str("responded")?,
                }
                match &self.error_code {
                    Some(code) => write!(f, " {code}"),
                    None => Ok(()),
                }
            }
        }
    }
}

impl fmt::Display for NextStep {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Pending => "the next step is not decided",
            Self::UntriedNode => "then another node",
            Self::TriedNode => "then a node that was tried before",
            Self::SameNode => "then the same node",
            Self::Completed => "the operation has succeeded",
            Self::NotRetryable => "no retry, as the SDK does not retry this error",
            Self::RetriesUsedUp => "no retry, as the retries are used up",
            Self::QuotaEmpty => "no retry, as the retry quota is empty",
            Self::OperationTimedOut => "no retry, as the timeout of the operation has passed",
            Self::Dropped => "no retry, as the operation was dropped",
        })
    }
}
