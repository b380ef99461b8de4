//! Where an operation has been.

use super::{Attempt, Endpoint, RoutingInfo};
use crate::health::Outcome;
use std::sync::Arc;
use std::time::Duration;

/// The attempts of one operation, so that each goes to a node which the ones before did not try.
#[derive(Debug)]
pub struct Plan<E> {
    current: Option<Attempt<E>>,
    /// The node of the attempt that has ended, until another begins: of most operations there is no more to remember, and
    /// so no list to be made.
    ended: Option<Arc<Endpoint<E>>>,
    /// The nodes of the attempts before that one, in order.
    tried: Vec<Arc<Endpoint<E>>>,
    /// Where in `tried` the present round over the nodes began.
    round: usize,
    aim: Destination<E>,
    last_outcome: Option<Outcome>,
}

/// Which nodes the operation asks for.
#[derive(Debug)]
enum Destination<E> {
    Any,
    /// One that no other may stand in for.
    Pinned(Arc<Endpoint<E>>),
    /// Some that it wants before others.
    Preferred(RoutingInfo),
}

impl<E> Default for Plan<E> {
    fn default() -> Self {
        Self {
            current: None,
            ended: None,
            tried: Vec::new(),
            round: 0,
            aim: Destination::Any,
            last_outcome: None,
        }
    }
}

impl<E> Plan<E> {
    /// A plan whose attempts all go to one node.
    pub fn pinned_to(node: Arc<Endpoint<E>>) -> Self {
        Self {
            aim: Destination::Pinned(node),
            ..Self::default()
        }
    }

    /// A plan whose attempts go to the nodes that the operation wants, as long as there are such.
    pub fn preferring(info: RoutingInfo) -> Self {
        Self {
            aim: Destination::Preferred(info),
            ..Self::default()
        }
    }

    /// Whether all attempts go to one node that the operation names.
    pub fn is_pinned(&self) -> bool {
        self.pin().is_some()
    }

    /// The only node that may be tried, if the operation asked for one.
    pub(super) fn pin(&self) -> Option<&Arc<Endpoint<E>>> {
        match &self.aim {
            Destination::Pinned(node) => Some(node),
            Destination::Any | Destination::Preferred(_) => None,
        }
    }

    pub(super) fn routing_info(&self) -> Option<&RoutingInfo> {
        match &self.aim {
            Destination::Preferred(info) => Some(info),
            Destination::Any | Destination::Pinned(_) => None,
        }
    }

    /// Whether no attempt was made yet.
    pub(super) fn is_first_attempt(&self) -> bool {
        self.tried().next().is_none()
    }

    /// Ends the current attempt: it counts as in flight no longer.
    pub fn end_attempt(&mut self) {
        if let Some(attempt) = self.current.take() {
            self.remember();
            self.ended = Some(Arc::clone(attempt.node()));
        }
    }

    fn remember(&mut self) {
        self.tried.extend(self.ended.take());
    }

    pub(super) fn begin(&mut self, attempt: Attempt<E>) {
        self.remember();
        self.current = Some(attempt);
    }

    /// RoundRobinCursor another round over the nodes. The node that was tried last stays excluded: whatever is wrong with it, it
    /// is most likely to be so still.
    pub(super) fn start_round(&mut self) {
        self.remember();
        self.round = self.tried.len().saturating_sub(1);
    }

    pub fn current(&self) -> Option<&Attempt<E>> {
        self.current.as_ref()
    }

    pub(super) fn current_mut(&mut self) -> Option<&mut Attempt<E>> {
        self.current.as_mut()
    }

    /// The current attempt's request leaves for its node.
    pub fn mark_sent(&mut self) {
        if let Some(attempt) = &mut self.current {
            attempt.mark_sent();
        }
    }

    /// Whether the current attempt's request has left for its node: if not, whatever went wrong is not the node's doing.
    pub fn is_sent(&self) -> bool {
        self.current.as_ref().is_some_and(Attempt::is_sent)
    }

    /// For how long the current attempt has been under way.
    pub fn age(&self, now: Duration) -> Duration {
        let current = self.current.as_ref();
        current.map(|attempt| attempt.age(now)).unwrap_or_default()
    }

    /// What became of the last attempt that has left.
    pub fn last_outcome(&self) -> Option<Outcome> {
        self.last_outcome
    }

    pub(super) fn set_last_outcome(&mut self, outcome: Outcome) {
        self.last_outcome = Some(outcome);
    }

    /// Whether a node was tried in the present round.
    pub(super) fn has_tried(&self, id: u64) -> bool {
        let round = self.tried.iter().skip(self.round);
        let current = self.current.iter().map(Attempt::node);
        round
            .chain(&self.ended)
            .chain(current)
            .any(|node| node.id() == id)
    }

    /// Whether a node was tried at any time.
    pub(super) fn has_ever_tried(&self, id: u64) -> bool {
        self.tried().any(|node| node.id() == id)
    }

    /// All nodes tried so far, in order.
    pub fn tried(&self) -> impl Iterator<Item = &Arc<Endpoint<E>>> {
        self.tried
            .iter()
            .chain(&self.ended)
            .chain(self.current.iter().map(Attempt::node))
    }
}
