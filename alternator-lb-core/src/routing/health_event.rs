//! Changes of a node's health.

use super::Endpoint;
use crate::health::Transition;
use std::sync::Arc;

/// A change of a node's health, and its effect on panic mode.
#[derive(Debug)]
pub struct HealthEvent<E> {
    /// The node.
    pub node: Arc<Endpoint<E>>,
    /// The change.
    pub transition: Transition,
    /// Whether panic mode, in which ejections are ignored, begins or ends with this change; none if neither.
    pub panic_mode: Option<bool>,
}
