//! The public description of a tablet.

use crate::Node;

/// A tablet of a table.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct Tablet {
    /// The token before the first token of the tablet; [`i64::MIN`] for the first tablet.
    pub after: i64,
    /// The last token of the tablet.
    pub last_token: i64,
    /// The replicas of the tablet.
    pub replicas: Vec<Node>,
}
