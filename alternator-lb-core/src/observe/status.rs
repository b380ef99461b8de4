//! How a node is.

use crate::health::EjectionCause;
use crate::routing::Endpoint;
use std::time::Duration;

/// One node at the moment of `Alternator::nodes()`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NodeStatus {
    url: String,
    state: NodeState,
    in_flight: u32,
    requests: u64,
    failures: u64,
    latency: Option<Duration>,
    level: usize,
    is_warming_up: bool,
}

/// Whether a node is used.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum NodeState {
    /// It gets its share of the requests.
    Up,
    /// It is new in the list, and has not answered yet: servers name a node some seconds before it listens. It is asked
    /// again and again while there are requests, and gets none itself until it answers.
    New,
    /// It could not be connected, or answered nothing while requests waited on it. It is left out, and asked now and then
    /// whether it is back.
    Down,
    /// It answers, but mostly with server errors (5xx). It is left out for a while, and then one request tries it; unless
    /// more than half of the nodes are in this state, when they are used all the same.
    Ejected,
}

impl NodeStatus {
    pub fn of<E>(node: &Endpoint<E>, level: usize, now: Duration) -> Self {
        Self {
            url: node.url().as_str().to_owned(),
            state: match node.health().state().cause() {
                None => NodeState::Up,
                Some(EjectionCause::Pending) => NodeState::New,
                Some(EjectionCause::Unreachable) => NodeState::Down,
                Some(EjectionCause::Failing) => NodeState::Ejected,
            },
            latency: node.latency(),
            in_flight: node.in_flight(),
            is_warming_up: node.health().share(now) < 100,
            requests: node.requests(),
            level,
            failures: node.failures(),
        }
    }

    /// The address, as `scheme://host:port`.
    #[must_use]
    pub fn url(&self) -> &str {
        &self.url
    }

    /// How long its answers usually take, from the choice of the node until the answer is read: a moving average, of
    /// which each answer makes up an eighth. `None` before the first answer, and where neither the whole plugin nor
    /// `interceptor()` is installed.
    #[must_use]
    pub fn latency(&self) -> Option<Duration> {
        self.latency
    }

    /// Whether the node is used.
    #[must_use]
    pub fn state(&self) -> NodeState {
        self.state
    }

    /// How wanted the node is: 0 in the most wanted scope of the chain that has nodes, 1 in the next such scope, and so on.
    /// Nodes of higher levels get requests when too few of the lower ones can be used, and retries; see
    /// [`Scope`](crate::Scope).
    ///
    /// Where the scope is a rack, and some operations go to the same node from all racks, the rest of the datacenter is
    /// known as well. Those of its nodes that are in no scope of the chain have the number after the last scope's, and get
    /// such operations only.
    #[must_use]
    pub fn level(&self) -> usize {
        self.level
    }

    /// Whether the node has come back, or joined, less than ten seconds ago. It is [`Up`](NodeState::Up) then, and gets a
    /// tenth of its share at first, and more and more of it, while there is so much to do that it matters.
    #[must_use]
    pub fn is_warming_up(&self) -> bool {
        self.is_warming_up
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
    /// the whole plugin or `interceptor()` is installed.
    #[must_use]
    pub fn failures(&self) -> u64 {
        self.failures
    }
}
