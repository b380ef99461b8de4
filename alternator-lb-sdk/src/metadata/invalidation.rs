//! Signs that the metadata of a table is out of date.
//!
//! Any client can delete a table and create it anew with another key. Wrong metadata is harmless, since operations
//! merely go their ordinary way, but it must not stay. From the surest evidence on:
//!
//! | evidence | reaction |
//! |---|---|
//! | this client creates or deletes the table | metadata is dropped, and fetched with the next operation |
//! | this client changes its indexes or tags | described again with the next operation |
//! | the server says that the table does not exist, or that a key is wrong | described again, at most every ten seconds |
//! | an operation lacks the key attribute, or reads an unknown index | described again, at most every ten seconds |
//! | half an hour has passed | described again |

use super::{MetadataCache, TableMetadata};
use aws_sdk_dynamodb::operation::create_table::CreateTableInput;
use aws_sdk_dynamodb::operation::delete_table::DeleteTableInput;
use aws_sdk_dynamodb::operation::tag_resource::TagResourceInput;
use aws_sdk_dynamodb::operation::untag_resource::UntagResourceInput;
use aws_sdk_dynamodb::operation::update_table::UpdateTableInput;
use aws_smithy_runtime_api::client::interceptors::context::{
    FinalizerInterceptorContextRef, Input,
};
use aws_smithy_types::config_bag::{ConfigBag, Storable, StoreReplace};
use std::sync::Arc;

/// The table of an operation, kept until its response is there.
#[derive(Debug)]
struct OperationTable {
    table: Arc<TableMetadata>,
    effect: Effect,
}

impl Storable for OperationTable {
    type Storer = StoreReplace<Self>;
}

/// The effect of an operation on its table.
#[derive(Clone, Copy, Debug)]
enum Effect {
    /// Reads or writes items.
    Items,
    /// Creates or deletes the table.
    Replace,
    /// Changes properties of the table.
    Alter,
}

/// Keeps the table of an operation on items.
pub(crate) fn item_operation_begins(table: Arc<TableMetadata>, config: &mut ConfigBag) {
    let effect = Effect::Items;
    let operation = OperationTable { table, effect };
    config.interceptor_state().store_put(operation);
}

/// Keeps the table of an operation on tables, if it is cached.
pub(crate) fn table_operation_begins(cache: &MetadataCache, input: &Input, config: &mut ConfigBag) {
    if let Some((name, effect)) = effect(input)
        && let Some(table) = cache.find(name)
    {
        let operation = OperationTable { table, effect };
        config.interceptor_state().store_put(operation);
    }
}

fn effect(input: &Input) -> Option<(&str, Effect)> {
    let (resource, effect) = if let Some(input) = input.downcast_ref::<CreateTableInput>() {
        (&input.table_name, Effect::Replace)
    } else if let Some(input) = input.downcast_ref::<DeleteTableInput>() {
        (&input.table_name, Effect::Replace)
    } else if let Some(input) = input.downcast_ref::<UpdateTableInput>() {
        (&input.table_name, Effect::Alter)
    } else if let Some(input) = input.downcast_ref::<TagResourceInput>() {
        (&input.resource_arn, Effect::Alter)
    } else {
        let input = input.downcast_ref::<UntagResourceInput>()?;
        (&input.resource_arn, Effect::Alter)
    };
    Some((table_name(resource.as_deref()?), effect))
}

/// The name in `arn:…:table/NAME`. A mere name is taken for itself.
fn table_name(resource: &str) -> &str {
    resource.rsplit_once('/').map_or(resource, |(_, name)| name)
}

/// Invalidates the metadata of the operation's table, if the attempt that has ended is evidence against it.
pub(crate) fn attempt_ended(
    cache: &MetadataCache,
    context: &FinalizerInterceptorContextRef<'_>,
    config: &ConfigBag,
) {
    let Some(operation) = config.load::<OperationTable>() else {
        return;
    };
    match operation.effect {
        // An error does not always tell whether it was done.
        Effect::Replace => operation.table.replace(),
        Effect::Alter => operation.table.schema_schedule.refresh_now(),
        Effect::Items if names_a_key_error(context) => {
            operation.table.schema_schedule.refresh_by(cache.now());
        }
        Effect::Items => {}
    }
}

fn names_a_key_error(context: &FinalizerInterceptorContextRef<'_>) -> bool {
    let response = context.response();
    let response = response.filter(|response| response.status().is_client_error());
    let body = response.and_then(|response| response.body().bytes());
    matches!(context.output_or_error(), Some(Err(_))) && body.is_some_and(is_key_error)
}

/// Errors about keys are short.
const MAX_ERROR: usize = 1024;

fn is_key_error(body: &[u8]) -> bool {
    let has = |text: &str| body.windows(text.len()).any(|part| part == text.as_bytes());
    body.len() <= MAX_ERROR
        && (has("ResourceNotFoundException")
            || (has("ValidationException") && (has("key") || has("Key"))))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn errors_about_tables_and_keys_are_evidence() {
        for (body, is_evidence) in [
            (
                r#"{"__type":"x#ResourceNotFoundException","message":"no t"}"#,
                true,
            ),
            (
                r#"{"__type":"x#ValidationException","message":"Missing key column pk"}"#,
                true,
            ),
            (
                r#"{"__type":"x#ValidationException","message":"Key column pk not found"}"#,
                true,
            ),
            (
                r#"{"__type":"x#ValidationException","message":"bad expression"}"#,
                false,
            ),
            (
                r#"{"__type":"x#ConditionalCheckFailedException","message":"key"}"#,
                false,
            ),
            ("", false),
        ] {
            assert_eq!(is_key_error(body.as_bytes()), is_evidence, "{body}");
        }
    }

    #[test]
    fn resource_of_a_tag_ends_with_the_table() {
        assert_eq!(
            table_name("arn:scylla:alternator:k:scylla:table/t.1"),
            "t.1"
        );
        assert_eq!(table_name("t"), "t");
    }
}
