//! Rows of the server's own tables.

use crate::connection::{Failure, FailureKind, NodeClient};
use aws_sdk_dynamodb::types::AttributeValue;
use std::collections::HashMap;

/// The rows of a page.
#[derive(Debug)]
pub(crate) enum Rows {
    Parsed(Vec<Row>),
    /// There are some, in a form that the SDK does not accept: the server renders keys of some pages as numbers.
    Unparsed,
}

/// A row, in which nearly everything is rendered as a string.
#[derive(Clone, Debug, Default)]
pub(crate) struct Row(HashMap<String, AttributeValue>);

/// The number of rows of a page: more than the other tables have, and a part of the ring of tokens, about a megabyte.
const PAGE_ROWS: i32 = 5_000;

impl Rows {
    pub(super) fn is_empty(&self) -> bool {
        match self {
            Self::Parsed(rows) => rows.is_empty(),
            Self::Unparsed => false,
        }
    }

    pub(super) fn iter(&self) -> impl Iterator<Item = &Row> {
        match self {
            Self::Parsed(rows) => rows.iter(),
            Self::Unparsed => [].iter(),
        }
    }
}

impl Row {
    pub(crate) fn text(&self, column: &str) -> Option<&str> {
        self.0.get(column)?.as_s().ok().map(String::as_str)
    }
}

/// Reads columns of a table such as `system.local`: one page of the rows with this key, or of all rows if it is empty.
/// Columns of booleans cannot be read, since the server renders them as strings, which the SDK does not accept.
pub(crate) async fn read(
    client: &NodeClient,
    table: &str,
    key: &[(&str, &str)],
    columns: &[&str],
) -> Result<Rows, Failure> {
    let name = format!(".scylla.alternator.{table}");
    // Placeholders, since some columns have reserved names.
    let names = columns.iter().enumerate();
    let names = names.map(|(number, column)| (format!("#c{number}"), (*column).to_owned()));
    let mut names: HashMap<String, String> = names.collect();
    let projection: Vec<_> = (0..columns.len())
        .map(|number| format!("#c{number}"))
        .collect();
    let projection = projection.join(", ");
    if key.is_empty() {
        let scan = client.sdk().scan().table_name(name).limit(PAGE_ROWS);
        let scan = scan.projection_expression(projection);
        let scan = scan.set_expression_attribute_names(Some(names)).send();
        let output = client.result(scan).await;
        return rows(output.map(|output| output.items));
    }
    let mut values = HashMap::new();
    let mut conditions = Vec::new();
    for (number, (column, value)) in key.iter().enumerate() {
        names.insert(format!("#k{number}"), (*column).to_owned());
        values.insert(
            format!(":k{number}"),
            AttributeValue::S((*value).to_owned()),
        );
        conditions.push(format!("#k{number} = :k{number}"));
    }
    let query = client.sdk().query().table_name(name).limit(PAGE_ROWS);
    let query = query.projection_expression(projection);
    let query = query.key_condition_expression(conditions.join(" AND "));
    let query = query.set_expression_attribute_names(Some(names));
    let query = query.set_expression_attribute_values(Some(values)).send();
    let output = client.result(query).await;
    rows(output.map(|output| output.items))
}

type Items = Vec<HashMap<String, AttributeValue>>;

fn rows(items: Result<Option<Items>, Failure>) -> Result<Rows, Failure> {
    match items {
        Ok(items) => {
            let items = items.unwrap_or_default().into_iter();
            Ok(Rows::Parsed(items.map(Row).collect()))
        }
        // It shows that the table can be read.
        Err(failure) if failure.kind == FailureKind::UnparsableOutput => Ok(Rows::Unparsed),
        Err(failure) => Err(failure),
    }
}
