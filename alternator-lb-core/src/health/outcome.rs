//! The evidence that the end of an attempt gives about its node.

/// The outcome of an attempt, as far as it concerns the node.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Outcome {
    /// The node responded: with a result, or that the request was wrong.
    Responded,
    /// The node responded that it is overloaded.
    Overloaded,
    /// The node responded with an error of its own (5xx).
    ServerError,
    /// A server error that came so late that the node probably waited for others: Alternator gives a request ten
    /// seconds, and responds with 500 when the replicas have not responded by then.
    SlowServerError,
    /// The node could not be connected.
    NotConnected,
    /// The request was not sent, for lack of time to connect: not necessarily the node's fault.
    NotSent,
    /// The connection broke before the response was complete.
    ConnectionLost,
    /// The response took longer than the application waits.
    TimedOut,
    /// The attempt ended for reasons unrelated to the node.
    Neutral,
}

impl Outcome {
    /// Returns whether the request certainly did not reach the node.
    pub fn was_not_sent(self) -> bool {
        matches!(self, Self::NotConnected | Self::NotSent)
    }

    /// Returns whether the node responded, with success or not.
    pub fn has_response(self) -> bool {
        match self {
            Self::Responded | Self::Overloaded | Self::ServerError | Self::SlowServerError => true,
            Self::NotConnected
            | Self::NotSent
            | Self::ConnectionLost
            | Self::TimedOut
            | Self::Neutral => false,
        }
    }

    /// Returns whether the outcome counts as a failure of the node: no response, or an error of its own.
    pub fn is_failure(self) -> bool {
        match self {
            Self::ServerError
            | Self::SlowServerError
            | Self::NotConnected
            | Self::ConnectionLost
            | Self::TimedOut => true,
            Self::Responded | Self::Overloaded | Self::NotSent | Self::Neutral => false,
        }
    }

    /// Returns whether another node might do better.
    pub fn may_fail_over(self) -> bool {
        self.is_failure() || self.was_not_sent()
    }
}
