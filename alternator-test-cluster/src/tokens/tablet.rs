//! A tablet, as tests see it.

use crate::Node;

/// One tablet of a table.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct Tablet {
    /// The token before its first; the lowest there is for the first tablet.
    pub after: i64,
    /// Its last token.
    pub last_token: i64,
    /// The nodes that hold it.
    pub replicas: Vec<Node>,
}
