//! The partitions that an operation is about.
//!
//! They are read from the typed input before it is serialised: keys are borrowed and hashed, never copied.
//!
//! Operations that are not about single partitions (`Scan`, those on whole tables) are no [`ItemOperation`], and go
//! their ordinary way. So do keys that are missing or of a type that keys cannot have: the server refuses them.

mod query;
mod write;

use super::lwt::Write;
use alternator_lb_core::routing::{KeyValue, Token};
use aws_sdk_dynamodb::operation::batch_get_item::BatchGetItemInput;
use aws_sdk_dynamodb::operation::batch_write_item::BatchWriteItemInput;
use aws_sdk_dynamodb::operation::delete_item::DeleteItemInput;
use aws_sdk_dynamodb::operation::get_item::GetItemInput;
use aws_sdk_dynamodb::operation::put_item::PutItemInput;
use aws_sdk_dynamodb::operation::query::QueryInput;
use aws_sdk_dynamodb::operation::update_item::UpdateItemInput;
use aws_sdk_dynamodb::types::{AttributeValue, KeysAndAttributes, WriteRequest};
use aws_smithy_runtime_api::client::interceptors::context::Input;
use std::collections::HashMap;

/// An operation on the items of certain partitions.
#[derive(Clone, Copy, Debug)]
pub(crate) struct ItemOperation<'a> {
    keys: KeyInput<'a>,
    write: Option<Write<'a>>,
}

/// A table, or an index of it, which may have another partition key.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(crate) struct TableOrIndex<'a> {
    pub(crate) table: &'a str,
    pub(crate) index: Option<&'a str>,
}

type Attributes = HashMap<String, AttributeValue>;

/// The part of an operation's input that has the keys.
#[derive(Clone, Copy, Debug)]
enum KeyInput<'a> {
    Item(&'a str, &'a Attributes),
    Query(&'a str, &'a QueryInput),
    BatchGet(&'a HashMap<String, KeysAndAttributes>),
    BatchWrite(&'a HashMap<String, Vec<WriteRequest>>),
}

impl<'a> ItemOperation<'a> {
    /// The operation with this input. `None` if it is not about single partitions.
    pub(crate) fn from_input(input: &'a Input) -> Option<Self> {
        let (keys, write) = if let Some(get) = input.downcast_ref::<GetItemInput>() {
            (KeyInput::item(&get.table_name, &get.key), None)
        } else if let Some(put) = input.downcast_ref::<PutItemInput>() {
            (
                KeyInput::item(&put.table_name, &put.item),
                Some(write::put(put)),
            )
        } else if let Some(update) = input.downcast_ref::<UpdateItemInput>() {
            (
                KeyInput::item(&update.table_name, &update.key),
                Some(write::update(update)),
            )
        } else if let Some(delete) = input.downcast_ref::<DeleteItemInput>() {
            (
                KeyInput::item(&delete.table_name, &delete.key),
                Some(write::delete(delete)),
            )
        } else if let Some(query) = input.downcast_ref::<QueryInput>() {
            (
                query
                    .table_name
                    .as_deref()
                    .map(|table| KeyInput::Query(table, query)),
                None,
            )
        } else if let Some(reads) = input.downcast_ref::<BatchGetItemInput>() {
            (reads.request_items.as_ref().map(KeyInput::BatchGet), None)
        } else {
            let writes = input.downcast_ref::<BatchWriteItemInput>()?;
            (
                writes.request_items.as_ref().map(KeyInput::BatchWrite),
                Some(write::BATCH),
            )
        };
        Some(Self { keys: keys?, write })
    }

    /// Returns what it writes, if it does.
    pub(crate) fn write(&self) -> Option<&Write<'a>> {
        self.write.as_ref()
    }

    /// Visits the tables and indexes whose keys it names.
    pub(crate) fn for_each_source(&self, mut visit: impl FnMut(TableOrIndex<'a>)) {
        match self.keys {
            KeyInput::Item(table, _) => visit(TableOrIndex::table(table)),
            KeyInput::Query(table, query) => visit(TableOrIndex {
                table,
                index: query.index_name.as_deref(),
            }),
            KeyInput::BatchGet(tables) => tables
                .keys()
                .for_each(|table| visit(TableOrIndex::table(table))),
            KeyInput::BatchWrite(tables) => tables
                .keys()
                .for_each(|table| visit(TableOrIndex::table(table))),
        }
    }

    /// Visits the partitions that it reads or writes, as often as it names them, in any order. `key` returns the name
    /// of a partition key; tables and indexes without one are skipped.
    pub(crate) fn for_each_partition<'k>(
        &self,
        key: impl Fn(TableOrIndex<'a>) -> Option<&'k str>,
        mut visit: impl FnMut(TableOrIndex<'a>, Token),
    ) {
        self.for_each_source(|source| {
            let Some(key) = key(source) else {
                return;
            };
            self.keys.for_each_value(source, key, |value| {
                if let Some(token) = token(value) {
                    visit(source, token);
                }
            });
        });
    }
}

impl<'a> TableOrIndex<'a> {
    fn table(table: &'a str) -> Self {
        Self { table, index: None }
    }
}

impl<'a> KeyInput<'a> {
    fn item(table: &'a Option<String>, attributes: &'a Option<Attributes>) -> Option<Self> {
        Some(Self::Item(table.as_deref()?, attributes.as_ref()?))
    }

    /// Visits the values of a partition key.
    fn for_each_value(
        self,
        source: TableOrIndex<'_>,
        key: &str,
        visit: impl FnMut(&'a AttributeValue),
    ) {
        match self {
            Self::Item(_, attributes) => attributes.get(key).into_iter().for_each(visit),
            Self::Query(_, query) => query::key(query, key).into_iter().for_each(visit),
            Self::BatchGet(tables) => {
                let keys = tables
                    .get(source.table)
                    .into_iter()
                    .flat_map(|table| &table.keys);
                keys.filter_map(|attributes| attributes.get(key))
                    .for_each(visit);
            }
            Self::BatchWrite(tables) => {
                let writes = tables.get(source.table).into_iter().flatten();
                let items =
                    writes.filter_map(|write| match (&write.put_request, &write.delete_request) {
                        (Some(put), _) => Some(&put.item),
                        (None, Some(delete)) => Some(&delete.key),
                        (None, None) => None,
                    });
                items
                    .filter_map(|attributes| attributes.get(key))
                    .for_each(visit);
            }
        }
    }
}

/// The token of the partition with this key.
fn token(value: &AttributeValue) -> Option<Token> {
    let value = match value {
        AttributeValue::S(text) => KeyValue::Text(text),
        AttributeValue::N(number) => KeyValue::Number(number),
        AttributeValue::B(bytes) => KeyValue::Binary(bytes.as_ref()),
        // Keys have no other types.
        _ => return None,
    };
    Token::of_key(value)
}

#[cfg(test)]
mod tests;
