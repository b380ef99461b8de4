//! Rows of the internal tables.

use super::cell::Cell;

/// A row of a table.
#[derive(Debug)]
pub(super) struct Row<'a> {
    /// The partition key, then the clustering key, which is missing where a partition has static columns only.
    pub(super) key: Vec<Cell<'a>>,
    /// The other columns. Those without a value are not here.
    pub(super) columns: Vec<(&'static str, Cell<'a>)>,
}
