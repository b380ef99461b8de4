//! The metadata of the tables of one operation.

use super::item_operation::{ItemOperation, TableOrIndex};
use crate::metadata::{FetchedMap, TableMetadata, TableSchema};
use std::sync::Arc;
use std::time::Duration;

/// A table or index of an operation, with its metadata at the time when the operation began.
#[derive(Debug)]
pub(super) struct TableContext<'a> {
    pub(super) source: TableOrIndex<'a>,
    pub(super) table: Arc<TableMetadata>,
    pub(super) schema: Option<Arc<TableSchema>>,
    pub(super) map: Option<Arc<FetchedMap>>,
}

/// The tables and indexes of an operation.
#[derive(Debug, Default)]
pub(super) struct TableContexts<'a> {
    /// The only one, except for batches: it takes no allocation.
    first: Option<TableContext<'a>>,
    others: Vec<TableContext<'a>>,
}

impl<'a> TableContext<'a> {
    /// Uses the metadata: the token map is fetched from the first use on, unless the index is known not to exist.
    pub(super) fn for_use(source: TableOrIndex<'a>, table: Arc<TableMetadata>) -> Self {
        let schema = table.schema();
        let has_key = |schema: &Arc<TableSchema>| schema.partition_key(source.index).is_some();
        let map = match schema.as_ref().is_none_or(has_key) {
            true => table.token_map(source.index),
            false => None,
        };
        Self {
            source,
            table,
            schema,
            map,
        }
    }

    /// Reads the metadata, without any effect on it.
    pub(super) fn for_explanation(source: TableOrIndex<'a>, table: Arc<TableMetadata>) -> Self {
        Self {
            source,
            schema: table.schema(),
            map: table.peek_token_map(source.index),
            table,
        }
    }
}

impl<'a> TableContexts<'a> {
    /// Collects the contexts of an operation's tables and indexes, of those that have one.
    pub(super) fn new(
        operation: &ItemOperation<'a>,
        context: impl Fn(TableOrIndex<'a>) -> Option<TableContext<'a>>,
    ) -> Self {
        let mut this = Self::default();
        operation.for_each_source(|source| match context(source) {
            Some(context) if this.first.is_none() => this.first = Some(context),
            Some(context) => this.others.push(context),
            None => {}
        });
        this
    }

    pub(super) fn iter(&self) -> impl Iterator<Item = &TableContext<'a>> {
        self.first.iter().chain(&self.others)
    }

    pub(super) fn find(&self, source: TableOrIndex<'_>) -> Option<&TableContext<'a>> {
        self.iter().find(|context| context.source == source)
    }

    /// The name of the partition key of a table or index, if it is known.
    pub(super) fn key(&self, source: TableOrIndex<'_>) -> Option<&str> {
        let schema = self.find(source)?.schema.as_ref()?;
        schema.partition_key(source.index)
    }

    /// Invalidates the schemas that are known, as the operation lacks their keys.
    pub(super) fn invalidate_schemas(&self, now: Duration) {
        for context in self.iter().filter(|context| context.schema.is_some()) {
            context.table.invalidate_schema(now);
        }
    }

    /// The first table. That of a batch stands for the others: further operations tell what is wrong with those.
    pub(super) fn into_first(self) -> Option<Arc<TableMetadata>> {
        self.first.map(|context| context.table)
    }
}
