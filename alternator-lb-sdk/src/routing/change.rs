//! What has changed with a node.

use super::Target;
use crate::health::Transition;
use std::sync::Arc;

/// A node that goes, comes or stays out.
#[derive(Debug)]
pub(crate) struct Change<E> {
    pub(crate) node: Arc<Target<E>>,
    pub(crate) transition: Transition,
    /// Whether ejections are ignored from now on, or not any more, if that has changed with it.
    pub(crate) panic: Option<bool>,
}
