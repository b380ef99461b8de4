//! The evidence that the end of an attempt gives about its node.

use std::fmt;

/// The outcome of an attempt, as far as it concerns the node.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Outcome {
    /// The node responded: with a result, or that the request was wrong.
    Responded,
    /// The node responded that it is overloaded.
    Overloaded,
    /// The node responded with a server error (5xx) that may be its own.
    ServerError,
    /// The node responded that another coordinator got in the way of its transaction on the same key. The same node
    /// should try again: another one would get in the way once more.
    Contention,
    /// The node responded that other nodes, the replicas, did not respond, are not there, or limit the partition.
    ReplicaError,
    /// The node responded that its datacenter holds no replicas of the table. Another datacenter may.
    NoReplicas,
    /// The node responded that the one replica that a transaction needs in its datacenter is not alive, which is also
    /// what a node says whose datacenter holds none. A node of another datacenter may do better.
    NoLiveReplica,
    /// The node refused the date of the signature: its clock and this process's differ. The same node should be sent
    /// the request again, dated by its clock.
    ClockSkew,
    /// The response is not Alternator's: another program has the node's address, or a proxy answered.
    Foreign,
    /// The node could not be connected.
    NotConnected,
    /// The request was not sent, for lack of time to connect: not necessarily the node's fault.
    NotSent,
    /// The connection broke before the response was complete.
    ConnectionLost,
    /// The connection led nowhere: there was no response, although the node responds on new connections.
    StaleConnection,
    /// The response took longer than the application waits.
    TimedOut,
    /// The attempt ended for reasons unrelated to the node.
    Neutral,
}

impl Outcome {
    /// All outcomes, in the order of their declaration.
    pub const ALL: [Self; Self::COUNT] = [
        Self::Responded,
        Self::Overloaded,
        Self::ServerError,
        Self::Contention,
        Self::ReplicaError,
        Self::NoReplicas,
        Self::NoLiveReplica,
        Self::ClockSkew,
        Self::Foreign,
        Self::NotConnected,
        Self::NotSent,
        Self::ConnectionLost,
        Self::StaleConnection,
        Self::TimedOut,
        Self::Neutral,
    ];

    pub(crate) const COUNT: usize = Self::Neutral as usize + 1;

    pub(crate) fn index(self) -> usize {
        self as usize
    }

    /// Returns the name, in snake case, as in metrics and dumps.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Responded => "responded",
            Self::Overloaded => "overloaded",
            Self::ServerError => "server_error",
            Self::Contention => "contention",
            Self::ReplicaError => "replica_error",
            Self::NoReplicas => "no_replicas",
            Self::NoLiveReplica => "no_live_replica",
            Self::ClockSkew => "clock_skew",
            Self::Foreign => "foreign",
            Self::NotConnected => "not_connected",
            Self::NotSent => "not_sent",
            Self::ConnectionLost => "connection_lost",
            Self::StaleConnection => "stale_connection",
            Self::TimedOut => "timed_out",
            Self::Neutral => "neutral",
        }
    }

    /// Returns whether the request certainly did not reach the node.
    pub fn was_not_sent(self) -> bool {
        matches!(self, Self::NotConnected | Self::NotSent)
    }

    /// Returns whether the node responded, with success or not, so that it is there.
    pub fn has_response(self) -> bool {
        match self {
            Self::Responded
            | Self::Overloaded
            | Self::ServerError
            | Self::Contention
            | Self::ReplicaError
            | Self::NoReplicas
            | Self::NoLiveReplica
            | Self::ClockSkew => true,
            Self::Foreign
            | Self::NotConnected
            | Self::NotSent
            | Self::ConnectionLost
            | Self::StaleConnection
            | Self::TimedOut
            | Self::Neutral => false,
        }
    }

    /// Returns whether the outcome counts as a failure of the node: no response, or an error of its own.
    pub fn is_failure(self) -> bool {
        match self {
            Self::ServerError
            | Self::Foreign
            | Self::NotConnected
            | Self::ConnectionLost
            | Self::TimedOut => true,
            Self::Responded
            | Self::Overloaded
            | Self::Contention
            | Self::ReplicaError
            | Self::NoReplicas
            | Self::NoLiveReplica
            | Self::ClockSkew
            | Self::NotSent
            | Self::StaleConnection
            | Self::Neutral => false,
        }
    }

    /// Returns whether the outcome may be the effect of a connection that the node had left in disorder: some releases
    /// shed load with the body of the request unread, which breaks the next request on the same connection.
    pub(crate) fn may_follow_unread_body(self) -> bool {
        matches!(self, Self::Foreign | Self::ConnectionLost)
    }

    /// Returns whether the same node should be tried again, and no other.
    pub(crate) fn repeats_node(self) -> bool {
        matches!(self, Self::Contention | Self::ClockSkew)
    }

    /// Returns whether an operation that wants one coordinator stays with its node: the node is there, and a second
    /// coordinator would get in the way of the first. `has_responded` says whether the node has responded to another
    /// request since the attempt began, so that a response that is missing does not mean that the node is.
    pub(crate) fn keeps_coordinator(self, has_responded: bool) -> bool {
        match self {
            Self::Responded
            | Self::Overloaded
            | Self::ServerError
            | Self::Contention
            | Self::ReplicaError
            | Self::NoLiveReplica
            | Self::ClockSkew
            | Self::StaleConnection
            | Self::Neutral => true,
            Self::ConnectionLost | Self::TimedOut => has_responded,
            Self::NoReplicas | Self::Foreign | Self::NotConnected | Self::NotSent => false,
        }
    }

    /// Returns whether another node might do better, and soon.
    pub fn may_fail_over(self) -> bool {
        self.is_failure() || self.costs_no_attempt() || self == Self::NoReplicas
    }

    /// Returns whether the attempt does not count as one, as if it had not been made.
    pub fn costs_no_attempt(self) -> bool {
        self.was_not_sent() || self == Self::StaleConnection
    }
}

impl fmt::Display for Outcome {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Responded => "responded",
            Self::Overloaded => "overloaded",
            Self::ServerError => "server error",
            Self::Contention => "contention",
            Self::ReplicaError => "replica error",
            Self::NoReplicas => "no replicas",
            Self::NoLiveReplica => "no live replica",
            Self::ClockSkew => "clock skew",
            Self::Foreign => "not a response of Alternator",
            Self::NotConnected => "not connected",
            Self::NotSent => "not sent",
            Self::ConnectionLost => "connection lost",
            Self::StaleConnection => "stale connection",
            Self::TimedOut => "no response in time",
            Self::Neutral => "nothing about the node",
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn indices_count_up_and_names_differ() {
        let indices = Outcome::ALL.map(Outcome::index);
        assert_eq!(indices, std::array::from_fn(|index| index));
        let names = Outcome::ALL.map(Outcome::name);
        let distinct: std::collections::HashSet<_> = names.into();
        assert_eq!(distinct.len(), Outcome::COUNT);
    }
}
