//! How the next node is chosen.

/// How requests are dealt to the nodes that can be used.
///
/// # Default
///
/// [`Policy::default()`] is rotation: it gives every node exactly its share, and a process starts at a random node, so
/// that many short-lived ones do not all begin with the same.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Policy(pub(super) Rule);

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) enum Rule {
    #[default]
    Rotation,
    Random,
}

impl Policy {
    /// One node after the other, always: exactly even, whatever the nodes are busy with.
    ///
    /// Use it where the evenness of the requests itself matters, as in a test.
    #[must_use]
    pub fn round_robin() -> Self {
        Self(Rule::Rotation)
    }

    /// A random node each time.
    ///
    /// Use it to rule out that the rhythm of the application and that of the rotation fall into step. Even only in the
    /// long run: of *n* requests over *k* nodes, a node's share varies by about √(*n*/*k*).
    #[must_use]
    pub fn random() -> Self {
        Self(Rule::Random)
    }
}
