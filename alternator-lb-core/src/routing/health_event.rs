//! What has changed with a node.

use super::Endpoint;
use crate::health::Transition;
use std::sync::Arc;

/// A node that goes, comes or stays out.
#[derive(Debug)]
pub struct HealthEvent<E> {
    pub node: Arc<Endpoint<E>>,
    pub transition: Transition,
    /// Whether ejections are ignored from now on, or not any more, if that has changed with it.
    pub panic: Option<bool>,
}
