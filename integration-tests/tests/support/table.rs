//! Tables for tests.

use super::{error_text, eventually};
use aws_sdk_dynamodb::Client;
use aws_sdk_dynamodb::types::{
    AttributeDefinition, AttributeValue, BillingMode, KeySchemaElement, KeyType,
    ScalarAttributeType, TableStatus,
};
use std::sync::atomic::{AtomicU64, Ordering};

/// A table with the partition key `pk` and the sort key `sk`, both strings.
#[derive(Clone, Debug)]
pub(crate) struct Table {
    pub(crate) name: String,
}

impl Table {
    /// Creates a table with a unique name, on a cluster that other tests may share.
    pub(crate) async fn create(client: &Client) -> Self {
        static TABLES: AtomicU64 = AtomicU64::new(0);
        let number = TABLES.fetch_add(1, Ordering::Relaxed);
        let name = format!("test_{}_{number}", std::process::id());
        client
            .create_table()
            .table_name(&name)
            .attribute_definitions(attribute("pk"))
            .attribute_definitions(attribute("sk"))
            .key_schema(key("pk", KeyType::Hash))
            .key_schema(key("sk", KeyType::Range))
            .billing_mode(BillingMode::PayPerRequest)
            .send()
            .await
            .unwrap_or_else(|error| panic!("{}", error_text(error)));
        let table = Self { name };
        eventually("the table is active", async || {
            table.is_active(client).await
        })
        .await;
        table
    }

    pub(crate) async fn delete(&self, client: &Client) {
        client
            .delete_table()
            .table_name(&self.name)
            .send()
            .await
            .unwrap();
    }

    async fn is_active(&self, client: &Client) -> bool {
        let description = client.describe_table().table_name(&self.name).send().await;
        let status = description.unwrap().table.and_then(|t| t.table_status);
        status == Some(TableStatus::Active)
    }
}

/// A string attribute, as in DynamoDB's type `S`.
pub(crate) fn s(text: impl Into<String>) -> AttributeValue {
    AttributeValue::S(text.into())
}

/// A number attribute, as in DynamoDB's type `N`.
pub(crate) fn n(number: u64) -> AttributeValue {
    AttributeValue::N(number.to_string())
}

fn attribute(name: &str) -> AttributeDefinition {
    AttributeDefinition::builder()
        .attribute_name(name)
        .attribute_type(ScalarAttributeType::S)
        .build()
        .unwrap()
}

fn key(name: &str, key_type: KeyType) -> KeySchemaElement {
    KeySchemaElement::builder()
        .attribute_name(name)
        .key_type(key_type)
        .build()
        .unwrap()
}
