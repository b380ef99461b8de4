//! A table of texts by key, and operations on it. Plain use of the SDK, without any knowledge of load balancing.

use crate::Error;
use aws_sdk_dynamodb::Client;
use aws_sdk_dynamodb::types::{
    AttributeDefinition, AttributeValue, BillingMode, KeySchemaElement, KeyType,
    ScalarAttributeType, StreamSpecification,
};

/// Creates a table with the string key `id`, and with a stream of its changes if `stream` is set.
///
/// # Errors
///
/// Returns the errors of the operation.
pub async fn create_table(
    client: &Client,
    name: &str,
    stream: Option<StreamSpecification>,
) -> Result<(), Error> {
    let id = AttributeDefinition::builder()
        .attribute_name("id")
        .attribute_type(ScalarAttributeType::S)
        .build()?;
    let key = KeySchemaElement::builder()
        .attribute_name("id")
        .key_type(KeyType::Hash)
        .build()?;
    client
        .create_table()
        .table_name(name)
        .attribute_definitions(id)
        .key_schema(key)
        .billing_mode(BillingMode::PayPerRequest)
        .set_stream_specification(stream)
        .send()
        .await?;
    Ok(())
}

/// Deletes the table.
///
/// # Errors
///
/// Returns the errors of the operation.
pub async fn drop_table(client: &Client, name: &str) -> Result<(), Error> {
    client.delete_table().table_name(name).send().await?;
    Ok(())
}

/// Writes one item.
///
/// # Errors
///
/// Returns the errors of the operation.
pub async fn put(client: &Client, table: &str, id: &str, text: &str) -> Result<(), Error> {
    client
        .put_item()
        .table_name(table)
        .item("id", AttributeValue::S(id.to_owned()))
        .item("text", AttributeValue::S(text.to_owned()))
        .send()
        .await?;
    Ok(())
}

/// Reads the text of one item, with a consistent read.
///
/// # Errors
///
/// Returns the errors of the operation.
pub async fn get(client: &Client, table: &str, id: &str) -> Result<Option<String>, Error> {
    let response = client
        .get_item()
        .table_name(table)
        .key("id", AttributeValue::S(id.to_owned()))
        .consistent_read(true)
        .send()
        .await?;
    let text = response.item().and_then(|item| item.get("text"));
    Ok(text.and_then(|text| text.as_s().ok()).cloned())
}
