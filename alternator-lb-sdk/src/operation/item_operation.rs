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
            let write = write::put(put);
            (KeyInput::item(&put.table_name, &put.item), Some(write))
        } else if let Some(update) = input.downcast_ref::<UpdateItemInput>() {
            let write = write::update(update);
            (KeyInput::item(&update.table_name, &update.key), Some(write))
        } else if let Some(delete) = input.downcast_ref::<DeleteItemInput>() {
            let write = write::delete(delete);
            (KeyInput::item(&delete.table_name, &delete.key), Some(write))
        } else if let Some(query) = input.downcast_ref::<QueryInput>() {
            let table = query.table_name.as_deref()?;
            (Some(KeyInput::Query(table, query)), None)
        } else if let Some(reads) = input.downcast_ref::<BatchGetItemInput>() {
            (reads.request_items.as_ref().map(KeyInput::BatchGet), None)
        } else {
            let writes = input.downcast_ref::<BatchWriteItemInput>()?;
            let items = writes.request_items.as_ref()?;
            (Some(KeyInput::BatchWrite(items)), Some(write::BATCH))
        };
        Some(Self { keys: keys?, write })
    }

    /// Returns what it writes, if it does.
    pub(crate) fn write(&self) -> Option<&Write<'a>> {
        self.write.as_ref()
    }

    /// Visits the tables and indexes whose keys it names, each once.
    pub(crate) fn for_each_source(&self, mut visit: impl FnMut(TableOrIndex<'a>)) {
        let mut visit = |table, index| visit(TableOrIndex { table, index });
        match self.keys {
            KeyInput::Item(table, _) => visit(table, None),
            KeyInput::Query(table, query) => visit(table, query.index_name.as_deref()),
            KeyInput::BatchGet(tables) => tables.keys().for_each(|table| visit(table, None)),
            KeyInput::BatchWrite(tables) => tables.keys().for_each(|table| visit(table, None)),
        }
    }

    /// Returns the only attribute that the operation names of its item. Each item has a partition key, so that is what it
    /// is.
    pub(crate) fn only_attribute(&self) -> Option<&'a str> {
        match self.keys {
            KeyInput::Item(_, item) if item.len() == 1 => item.keys().next().map(String::as_str),
            KeyInput::Item(..)
            | KeyInput::Query(..)
            | KeyInput::BatchGet(_)
            | KeyInput::BatchWrite(_) => None,
        }
    }

    /// Visits the partitions of a table or index that it reads or writes, as often as it names them. `key` is the name
    /// of the partition key.
    pub(crate) fn for_each_partition(
        &self,
        source: TableOrIndex<'_>,
        key: &str,
        mut visit: impl FnMut(Token),
    ) {
        let mut visit = |value: &AttributeValue| token(value).into_iter().for_each(&mut visit);
        let mut visit_item = |item: &Attributes| item.get(key).into_iter().for_each(&mut visit);
        match self.keys {
            KeyInput::Item(_, item) => visit_item(item),
            KeyInput::Query(_, query) => query::key(query, key).into_iter().for_each(visit),
            KeyInput::BatchGet(tables) => {
                let reads = tables.get(source.table).into_iter();
                reads.flat_map(|reads| &reads.keys).for_each(visit_item);
            }
            KeyInput::BatchWrite(tables) => {
                for write in tables.get(source.table).into_iter().flatten() {
                    match (&write.put_request, &write.delete_request) {
                        (Some(put), _) => visit_item(&put.item),
                        (None, Some(delete)) => visit_item(&delete.key),
                        (None, None) => {}
                    }
                }
            }
        }
    }
}

impl<'a> KeyInput<'a> {
    fn item(table: &'a Option<String>, attributes: &'a Option<Attributes>) -> Option<Self> {
        Some(Self::Item(table.as_deref()?, attributes.as_ref()?))
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
