//! What an attempt says of its node.

/// What became of an attempt, as far as the node is concerned.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Outcome {
    /// The node answered: what was asked for, or that the request was wrong.
    Answered,
    /// It answered that it has too much to do.
    Overloaded,
    /// It answered with an error of its own (5xx).
    ServerError,
    /// The same, but only after so long that it will have waited for others: Alternator gives a request ten seconds, and
    /// answers 500 when the replicas have not answered by then.
    SlowServerError,
    /// There was no connection to the node.
    NotConnected,
    /// The request was not sent, but that need not be the node's fault: there was hardly time to connect.
    NotSent,
    /// There was a connection, and it broke before the answer was there.
    Cut,
    /// The answer took longer than the application waits.
    TimedOut,
    /// The attempt ended for reasons that are not the node's.
    Neutral,
}

/// What an outcome is worth as evidence on how well a node serves.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Evidence {
    Good,
    Bad,
    None,
}

impl Outcome {
    /// Whether the request certainly did not reach the node.
    pub fn was_not_sent(self) -> bool {
        match self {
            Self::NotConnected | Self::NotSent => true,
            Self::Answered
            | Self::Overloaded
            | Self::ServerError
            | Self::SlowServerError
            | Self::Cut
            | Self::TimedOut
            | Self::Neutral => false,
        }
    }

    /// Whether an answer came, whatever it said.
    pub fn was_answered(self) -> bool {
        match self {
            Self::Answered | Self::Overloaded | Self::ServerError | Self::SlowServerError => true,
            Self::NotConnected | Self::NotSent | Self::Cut | Self::TimedOut | Self::Neutral => {
                false
            }
        }
    }

    /// Whether it counts among the node's failures: no answer, or an error of its own.
    pub fn is_failure(self) -> bool {
        match self {
            Self::ServerError
            | Self::SlowServerError
            | Self::NotConnected
            | Self::Cut
            | Self::TimedOut => true,
            Self::Answered | Self::Overloaded | Self::NotSent | Self::Neutral => false,
        }
    }

    pub(super) fn evidence(self) -> Evidence {
        match self {
            Self::Answered => Evidence::Good,
            Self::ServerError | Self::Cut | Self::TimedOut => Evidence::Bad,
            // Throttling is how a node that works defends itself, and may be due to the table. A connection that was not
            // had decides by itself.
            Self::Overloaded
            | Self::SlowServerError
            | Self::NotConnected
            | Self::NotSent
            | Self::Neutral => Evidence::None,
        }
    }
}
