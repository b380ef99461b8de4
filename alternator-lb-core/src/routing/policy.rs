//! How the next node is selected.

/// How requests are distributed over the usable nodes.
///
/// # Default
///
/// [`Policy::default()`] is round robin with the power of two choices: the next node in turn, unless it has so many
/// more requests in flight than another one that it looks slower. Equal nodes are served in turn and evenly; a slow one
/// receives what it can carry, instead of a part of every caller's time; one that was restored or is overloaded
/// receives less. A process starts at a random node, so that many short-lived ones do not all begin with the same.
///
/// The comparison of two nodes is that of Mitzenmacher's "The power of two choices" (2001): it all but removes the
/// longest queues, whereas choosing the least loaded of all nodes sends all clients to the same one.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Policy(pub(super) Algorithm);

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) enum Algorithm {
    #[default]
    PowerOfTwoChoices,
    RoundRobin,
    Random,
}

impl Policy {
    /// Selects one node after the other, exactly evenly, whatever their load.
    ///
    /// Use it where the evenness of the requests itself matters, as in a test. A slow node then slows every caller
    /// down.
    #[must_use]
    pub fn round_robin() -> Self {
        Self(Algorithm::RoundRobin)
    }

    /// Selects a random node each time.
    ///
    /// Use it to rule out that the rhythm of the application and that of round robin fall into step. It is even only in
    /// the long run: of *n* requests over *k* nodes, a node's share varies by about √(*n*/*k*).
    #[must_use]
    pub fn random() -> Self {
        Self(Algorithm::Random)
    }
}
