//! What has changed with a node.

use super::Target;
use crate::health::Transition;
use std::sync::Arc;

/// A node that goes, comes or stays out.
#[derive(Debug)]
pub struct Change<E> {
    pub node: Arc<Target<E>>,
    pub transition: Transition,
    /// Whether ejections are ignored from now on, or not any more, if that has changed with it.
    pub panic: Option<bool>,
}
