//! Options of the operations on one table.

use super::affinity::KeyAffinity;
use super::routing_settings::RoutingOptions;

/// Options of the operations on one table, where they are to differ from the settings of the
/// [`Builder`](crate::Builder).
///
/// Given to [`Builder::table_options`](crate::Builder::table_options). Options that are not set are inherited from the
/// builder.
///
/// ```
/// use alternator_lb_sdk::{Alternator, KeyAffinity, TableOptions};
///
/// let counters = TableOptions::new().key_affinity(KeyAffinity::conditional_writes());
/// let alternator = Alternator::builder()
///     .seeds(["http://10.0.0.1:8000"])
///     .table_options("counters", counters)
///     .build()?;
/// # Ok::<(), alternator_lb_sdk::BuildError>(())
/// ```
#[derive(Clone, Debug, Default, PartialEq, Eq)]
#[must_use = "options do nothing until a builder gets them"]
pub struct TableOptions {
    pub(crate) routing: RoutingOptions,
}

impl TableOptions {
    /// Options that change nothing.
    pub fn new() -> Self {
        Self::default()
    }

    /// Sets which operations on a partition of the table share a node, or that none do.
    ///
    /// Use it where only some tables have conditional writes or counters, or where one needs another
    /// [`KeyAffinity`] than the rest.
    ///
    /// # Default
    ///
    /// The builder's [`key_affinity`](crate::Builder::key_affinity).
    pub fn key_affinity(mut self, affinity: impl Into<Option<KeyAffinity>>) -> Self {
        self.routing.affinity = Some(affinity.into());
        self
    }

    /// Sets whether operations on the table go to a replica of their partition.
    ///
    /// Use it for the few large tables of an application with many small ones: of the others no token map is read.
    ///
    /// # Default
    ///
    /// The builder's [`token_aware`](crate::Builder::token_aware), which is off unless it is called.
    pub fn token_aware(mut self, token_aware: bool) -> Self {
        self.routing.token_aware = Some(token_aware);
        self
    }
}
