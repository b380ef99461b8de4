//! Properties of the metadata that nodes respond with.

#![expect(
    clippy::panic,
    reason = "a property that does not hold is reported by a panic"
)]

use super::TableSchema;
use super::server_tables::fuzzing::check_page;
use serde_json::{Value, json};

/// Checks what is read of a page of one of the server's tables, or of the description of a table.
///
/// The input is the body of a response: it can be both at once.
pub fn metadata_responses(body: &[u8]) {
    if let Ok(response) = serde_json::from_slice(body) {
        check_description(&response);
        check_page(&response);
    }
}

/// Checks that the schema in a description, described again, is the same.
fn check_description(response: &Value) {
    let Some(schema) = TableSchema::parse(response) else {
        return;
    };
    let key_schema = |key| json!([{"AttributeName": key, "KeyType": "HASH"}]);
    let lists = ["GlobalSecondaryIndexes", "LocalSecondaryIndexes"];
    let indexes = lists
        .iter()
        .filter_map(|list| response.pointer(&format!("/Table/{list}")));
    let indexes = indexes.filter_map(Value::as_array).flatten();
    let names: Vec<&str> = indexes
        .filter_map(|index| index.get("IndexName")?.as_str())
        .collect();
    let described = names.iter().filter_map(|name| {
        let key = schema.partition_key(Some(name))?;
        Some(json!({"IndexName": name, "KeySchema": key_schema(key)}))
    });
    let described: Vec<Value> = described.collect();
    let again = TableSchema::parse(&json!({"Table": {
        "KeySchema": key_schema(&schema.key),
        "GlobalSecondaryIndexes": described,
        "TableId": schema.id,
        "TableArn": schema.resource,
    }}));
    let Some(again) = again else {
        panic!("{schema:?} cannot be parsed again");
    };
    assert_eq!((&again.id, &again.resource), (&schema.id, &schema.resource));
    assert_eq!(again.partition_key(None), schema.partition_key(None));
    for name in names {
        assert_eq!(
            again.partition_key(Some(name)),
            schema.partition_key(Some(name)),
            "{name}"
        );
    }
}
