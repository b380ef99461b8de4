//! The public description of a tablet.

use crate::{Node, TabletStage};

/// A tablet of a table.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct Tablet {
    /// The token before the first token of the tablet; [`i64::MIN`] for the first tablet.
    pub after: i64,
    /// The last token of the tablet.
    pub last_token: i64,
    /// The replicas of the tablet, until a transition has ended those from before it.
    pub replicas: Vec<Node>,
    /// The stage of the tablet if it is in transition.
    pub stage: Option<TabletStage>,
}
