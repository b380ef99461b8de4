//! The reason of an ejection.

use super::Outcome;
use std::fmt;

/// Why a node takes no requests.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum EjectionReason {
    /// The node is new, and has not responded yet.
    Pending,
    /// The node could not be connected.
    NotConnected,
    /// The node did not respond to a health check while requests waited on it, or to a probe.
    Unresponsive,
    /// The node responded mostly with server errors (5xx) of its own.
    #[non_exhaustive]
    ServerErrors {
        /// The HTTP status of the last one; none if it is not known.
        status: Option<u16>,
    },
    /// The node mostly broke connections, or did not respond in the time that the application waits.
    NoResponses,
    /// The responses are not Alternator's: another program has the node's address, or a proxy answered.
    #[non_exhaustive]
    Foreign {
        /// The HTTP status of the last one; none if it is not known.
        status: Option<u16>,
    },
}

impl EjectionReason {
    /// The reason if the node is ejected after an attempt with this outcome and this HTTP status.
    #[must_use]
    pub fn after(outcome: Outcome, status: Option<u16>) -> Self {
        match outcome {
            Outcome::NotConnected | Outcome::NotSent => Self::NotConnected,
            Outcome::ConnectionLost | Outcome::StaleConnection | Outcome::TimedOut => {
                Self::NoResponses
            }
            Outcome::Foreign => Self::Foreign { status },
            Outcome::Responded
            | Outcome::Overloaded
            | Outcome::ServerError
            | Outcome::Contention
            | Outcome::ReplicaError
            | Outcome::NoReplicas
            | Outcome::NoLiveReplica
            | Outcome::ClockSkew
            | Outcome::Neutral => Self::ServerErrors { status },
        }
    }

    /// Packs the kind above the 16 bits of the status.
    pub(crate) fn pack(self) -> u32 {
        let (kind, status) = match self {
            Self::Pending => (0, 0),
            Self::NotConnected => (1, 0),
            Self::Unresponsive => (2, 0),
            Self::ServerErrors { status } => (3, status.unwrap_or(0)),
            Self::NoResponses => (4, 0),
            Self::Foreign { status } => (5, status.unwrap_or(0)),
        };
        kind << 16 | u32::from(status)
    }

    pub(crate) fn unpack(packed: u32) -> Self {
        let [_, kind, status @ ..] = packed.to_be_bytes();
        let status = Some(u16::from_be_bytes(status)).filter(|status| *status > 0);
        match kind {
            0 => Self::Pending,
            1 => Self::NotConnected,
            2 => Self::Unresponsive,
            3 => Self::ServerErrors { status },
            4 => Self::NoResponses,
            _ => Self::Foreign { status },
        }
    }
}

impl fmt::Display for EjectionReason {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Pending => f.write_str("it is new, and has not responded yet"),
            Self::NotConnected => f.write_str("it cannot be connected"),
            Self::Unresponsive => f.write_str("it does not respond to health checks"),
            Self::ServerErrors {
                status: Some(status),
            } => write!(f, "it responds with errors of its own (status {status})"),
            Self::ServerErrors { status: None } => {
                f.write_str("it responds with errors of its own")
            }
            Self::NoResponses => f.write_str("its connections break, or it responds too late"),
            Self::Foreign {
                status: Some(status),
            } => write!(
                f,
                "it responds, but not as Alternator does (status {status})"
            ),
            Self::Foreign { status: None } => {
                f.write_str("it responds, but not as Alternator does")
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_reason_packs_into_a_distinct_number_and_back() {
        let reasons = [
            EjectionReason::Pending,
            EjectionReason::NotConnected,
            EjectionReason::Unresponsive,
            EjectionReason::ServerErrors { status: None },
            EjectionReason::ServerErrors { status: Some(503) },
            EjectionReason::NoResponses,
            EjectionReason::Foreign { status: Some(404) },
        ];
        let packed = reasons.map(EjectionReason::pack);
        assert_eq!(packed.map(EjectionReason::unpack), reasons);
        let distinct: std::collections::HashSet<u32> = packed.into();
        assert_eq!(distinct.len(), reasons.len());
    }
}
