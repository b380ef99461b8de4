//! A table of texts by their key, and what an application does with one: plain use of the SDK, with nothing in it that
//! knows of load balancing.

use crate::Error;
use aws_sdk_dynamodb::Client;
use aws_sdk_dynamodb::types::{
    AttributeDefinition, AttributeValue, BillingMode, KeySchemaElement, KeyType,
    ScalarAttributeType, StreamSpecification,
};

/// Creates a table whose key is the text `id`, with a stream of its changes if `stream` says how.
///
/// # Errors
///
/// Those of the operation.
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

/// Removes the table and all that is in it.
///
/// # Errors
///
/// Those of the operation.
pub async fn drop_table(client: &Client, name: &str) -> Result<(), Error> {
    client.delete_table().table_name(name).send().await?;
    Ok(())
}

/// Writes one item.
///
/// # Errors
///
/// Those of the operation.
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

/// Reads one item's text, as it was written last.
///
/// # Errors
///
/// Those of the operation.
pub async fn get(client: &Client, table: &str, id: &str) -> Result<Option<String>, Error> {
    let answer = client
        .get_item()
        .table_name(table)
        .key("id", AttributeValue::S(id.to_owned()))
        .consistent_read(true)
        .send()
        .await?;
    let text = answer.item().and_then(|item| item.get("text"));
    Ok(text.and_then(|text| text.as_s().ok()).cloned())
}
