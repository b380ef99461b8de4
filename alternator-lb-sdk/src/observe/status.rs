//! How a node is.

use crate::health::State;
use crate::routing::Target;

/// One node at the moment of [`Alternator::nodes()`](crate::Alternator::nodes).
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NodeStatus {
    url: String,
    state: NodeState,
    in_flight: u32,
    requests: u64,
    failures: u64,
}

/// Whether a node is used.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum NodeState {
    /// It gets its share of the requests.
    Up,
    /// It could not be connected, and is left out; now and then one request tries it.
    Down,
}

impl NodeStatus {
    pub(crate) fn of<E>(node: &Target<E>) -> Self {
        Self {
            url: node.url().as_str().to_owned(),
            state: match node.health().state() {
                State::Up => NodeState::Up,
                State::Resting { .. } | State::OnTrial => NodeState::Down,
            },
            in_flight: node.in_flight(),
            requests: node.requests(),
            failures: node.failures(),
        }
    }

    /// The address, as `scheme://host:port`.
    #[must_use]
    pub fn url(&self) -> &str {
        &self.url
    }

    /// Whether the node is used.
    #[must_use]
    pub fn state(&self) -> NodeState {
        self.state
    }

    /// Attempts under way. Discovery does not count.
    #[must_use]
    pub fn in_flight(&self) -> u32 {
        self.in_flight
    }

    /// Attempts made since the node was first listed. Discovery does not count.
    #[must_use]
    pub fn requests(&self) -> u64 {
        self.requests
    }

    /// Those of the [`requests`](Self::requests) that were not answered, or with a server error (5xx). Counted where
    /// the whole plugin or [`interceptor()`](crate::Alternator::interceptor) is installed.
    #[must_use]
    pub fn failures(&self) -> u64 {
        self.failures
    }
}
