//! Which partitions an operation is about.
//!
//! Read from the typed input, before it is serialised: it is borrowed, looked up, and hashed; nothing is copied.
//!
//! Operations that are about no single partitions (`Scan`, those on whole tables) have no [`Access`], and go their ordinary
//! way. So do keys that are missing or of another type than keys have: the server refuses them.

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

/// An operation on certain partitions.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Access<'a> {
    target: Target<'a>,
    write: Option<Write<'a>>,
}

/// What has a partition key: a table, or an index of it, which may have another one.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(crate) struct Source<'a> {
    pub(crate) table: &'a str,
    pub(crate) index: Option<&'a str>,
}

type Attributes = HashMap<String, AttributeValue>;

#[derive(Clone, Copy, Debug)]
enum Target<'a> {
    Item(&'a str, &'a Attributes),
    Query(&'a str, &'a QueryInput),
    Reads(&'a HashMap<String, KeysAndAttributes>),
    Writes(&'a HashMap<String, Vec<WriteRequest>>),
}

impl<'a> Access<'a> {
    /// What the operation with this input does; none if it is about no single partitions.
    pub(crate) fn of(input: &'a Input) -> Option<Self> {
        let (target, write) = if let Some(get) = input.downcast_ref::<GetItemInput>() {
            (Target::item(&get.table_name, &get.key), None)
        } else if let Some(put) = input.downcast_ref::<PutItemInput>() {
            (
                Target::item(&put.table_name, &put.item),
                Some(write::put(put)),
            )
        } else if let Some(update) = input.downcast_ref::<UpdateItemInput>() {
            (
                Target::item(&update.table_name, &update.key),
                Some(write::update(update)),
            )
        } else if let Some(delete) = input.downcast_ref::<DeleteItemInput>() {
            (
                Target::item(&delete.table_name, &delete.key),
                Some(write::delete(delete)),
            )
        } else if let Some(query) = input.downcast_ref::<QueryInput>() {
            (
                query
                    .table_name
                    .as_deref()
                    .map(|table| Target::Query(table, query)),
                None,
            )
        } else if let Some(reads) = input.downcast_ref::<BatchGetItemInput>() {
            (reads.request_items.as_ref().map(Target::Reads), None)
        } else {
            let writes = input.downcast_ref::<BatchWriteItemInput>()?;
            (
                writes.request_items.as_ref().map(Target::Writes),
                Some(write::BATCH),
            )
        };
        Some(Self {
            target: target?,
            write,
        })
    }

    /// How it writes, if it does.
    pub(crate) fn write(&self) -> Option<&Write<'a>> {
        self.write.as_ref()
    }

    /// The tables and indexes whose keys it names.
    pub(crate) fn for_each_source(&self, mut visit: impl FnMut(Source<'a>)) {
        match self.target {
            Target::Item(table, _) => visit(Source::table(table)),
            Target::Query(table, query) => visit(Source {
                table,
                index: query.index_name.as_deref(),
            }),
            Target::Reads(tables) => tables.keys().for_each(|table| visit(Source::table(table))),
            Target::Writes(tables) => tables.keys().for_each(|table| visit(Source::table(table))),
        }
    }

    /// The partitions that it reads or writes, as often as it names them, in any order; `key` knows what the partition key
    /// of a source is called. Those whose key is not known are left out.
    pub(crate) fn for_each_partition<'k>(
        &self,
        key: impl Fn(Source<'a>) -> Option<&'k str>,
        mut visit: impl FnMut(Source<'a>, Token),
    ) {
        self.for_each_source(|source| {
            let Some(key) = key(source) else {
                return;
            };
            self.target.for_each_value(source, key, |value| {
                if let Some(token) = token(value) {
                    visit(source, token);
                }
            });
        });
    }
}

impl<'a> Source<'a> {
    fn table(table: &'a str) -> Self {
        Self { table, index: None }
    }
}

impl<'a> Target<'a> {
    fn item(table: &'a Option<String>, attributes: &'a Option<Attributes>) -> Option<Self> {
        Some(Self::Item(table.as_deref()?, attributes.as_ref()?))
    }

    /// The values that the partition key of a source has.
    fn for_each_value(self, source: Source<'_>, key: &str, visit: impl FnMut(&'a AttributeValue)) {
        match self {
            Self::Item(_, attributes) => attributes.get(key).into_iter().for_each(visit),
            Self::Query(_, query) => query::key(query, key).into_iter().for_each(visit),
            Self::Reads(tables) => {
                let keys = tables
                    .get(source.table)
                    .into_iter()
                    .flat_map(|table| &table.keys);
                keys.filter_map(|attributes| attributes.get(key))
                    .for_each(visit);
            }
            Self::Writes(tables) => {
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

/// The token of the partition whose key has this value.
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
