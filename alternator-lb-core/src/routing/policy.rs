//! How the next node is chosen.

/// How requests are dealt to the nodes that can be used.
///
/// # Default
///
/// [`Policy::default()`] is rotation with two choices: the next node in turn, unless it has so many more requests in
/// flight than another one that it looks slower. Nodes that are alike are served in turn and evenly; a slow one gets what
/// it can carry, instead of a part of every caller's time; one that comes back or is overloaded gets less. A process
/// starts at a random node, so that many short-lived ones do not all begin with the same.
///
/// The choice between two at hand is the one of Mitzenmacher's "The power of two choices" (2001), which all but does away
/// with the longest queues, where choosing the emptiest of all sends everybody to the same node.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Policy(pub(super) Rule);

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) enum Rule {
    #[default]
    PowerOfTwoChoices,
    RoundRobin,
    Random,
}

impl Policy {
    /// One node after the other, always: exactly even, whatever the nodes are busy with.
    ///
    /// Use it where the evenness of the requests itself matters, as in a test. A slow node then slows every caller down.
    #[must_use]
    pub fn round_robin() -> Self {
        Self(Rule::RoundRobin)
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
