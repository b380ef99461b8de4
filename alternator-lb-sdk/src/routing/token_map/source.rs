//! Where maps come from.

use super::{Hint, TokenMap};

/// Somebody who tells which nodes hold which ranges.
pub(crate) trait MapSource {
    /// Who it is.
    fn origin(&self) -> Origin;

    /// What is known after it has told all that it knows, where `known` was known before. None if nothing can be made of
    /// it.
    fn tell(&self, known: &TokenMap) -> Option<TokenMap>;
}

/// Who has told.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Origin {
    /// The server's own tables, which tell of the whole ring.
    Tables,
    /// Nodes that were asked for what they do not have, each of one range.
    Hints,
}

/// Later ones are the better ones.
impl MapSource for [Hint] {
    fn origin(&self) -> Origin {
        Origin::Hints
    }

    fn tell(&self, known: &TokenMap) -> Option<TokenMap> {
        Some(known.learned(self))
    }
}
