//! A selected node, and the reason of the selection.

use super::{Endpoint, Reason};
use std::sync::Arc;

/// A node that was selected.
#[derive(Debug)]
pub(super) struct Selection<'s, E> {
    pub(super) node: &'s Arc<Endpoint<E>>,
    pub(super) reason: Reason,
    /// True if the node is in a scope after the preferred one.
    pub(super) is_spill_over: bool,
}

impl<'s, E> Selection<'s, E> {
    pub(super) fn new(node: &'s Arc<Endpoint<E>>, reason: Reason) -> Self {
        Self {
            node,
            reason,
            is_spill_over: false,
        }
    }

    /// The same of a priority level, of which 0 is the preferred scope.
    pub(super) fn of_priority(self, priority: usize) -> Self {
        Self {
            is_spill_over: priority > 0,
            ..self
        }
    }
}
