//! Signs that what is known of a table is wrong.
//!
//! A table can be deleted and created anew with another key, by anybody at any time. What then is known is harmless, since
//! operations merely go their ordinary way, but it should not stay. The signs, from the surest on:
//!
//! | sign | what is done |
//! |---|---|
//! | this client creates or deletes the table | forgotten, and learned anew with the next operation |
//! | this client changes its indexes or tags | learned anew with the next operation |
//! | the server says that there is no such table, or that a key is not as it should be | learned anew, at most every ten seconds |
//! | an operation lacks the attribute that should be the key, or reads an index that is not known | learned anew, at most every ten seconds |
//! | ten minutes have passed | learned anew |

use super::{Table, Tables};
use crate::cluster::Cluster;
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

/// Which table an operation is about, kept until its answer is there.
#[derive(Debug)]
struct About {
    table: Arc<Table>,
    does: Does,
}

impl Storable for About {
    type Storer = StoreReplace<Self>;
}

#[derive(Clone, Copy, Debug)]
enum Does {
    /// Reads or writes items.
    Access,
    /// Creates or deletes the table.
    Replace,
    /// Changes something about the table.
    Change,
}

/// An operation on items of a table begins.
pub(crate) fn remember(table: Arc<Table>, config: &mut ConfigBag) {
    let does = Does::Access;
    config.interceptor_state().store_put(About { table, does });
}

/// An operation begins that may be on a table as a whole.
pub(crate) fn begin_change(tables: &Tables, input: &Input, config: &mut ConfigBag) {
    if let Some((name, does)) = change(input)
        && let Some(table) = tables.find(name)
    {
        config.interceptor_state().store_put(About { table, does });
    }
}

fn change(input: &Input) -> Option<(&str, Does)> {
    if let Some(input) = input.downcast_ref::<CreateTableInput>() {
        Some((input.table_name.as_deref()?, Does::Replace))
    } else if let Some(input) = input.downcast_ref::<DeleteTableInput>() {
        Some((input.table_name.as_deref()?, Does::Replace))
    } else if let Some(input) = input.downcast_ref::<UpdateTableInput>() {
        Some((input.table_name.as_deref()?, Does::Change))
    } else if let Some(input) = input.downcast_ref::<TagResourceInput>() {
        Some((of_resource(input.resource_arn.as_deref()?), Does::Change))
    } else {
        let input = input.downcast_ref::<UntagResourceInput>()?;
        Some((of_resource(input.resource_arn.as_deref()?), Does::Change))
    }
}

/// The table that `arn:…:table/NAME` names; its own name will do for all who take that for one.
fn of_resource(resource: &str) -> &str {
    resource.rsplit_once('/').map_or(resource, |(_, name)| name)
}

/// An attempt has ended, and may show one of the signs.
pub(crate) fn judge(
    cluster: &Cluster,
    context: &FinalizerInterceptorContextRef<'_>,
    config: &ConfigBag,
) {
    let Some(about) = config.load::<About>() else {
        return;
    };
    match about.does {
        // Whether it was done, an error does not always tell.
        Does::Replace => about.table.forget(),
        Does::Change => about.table.expire(),
        Does::Access if is_against_the_key(context) => about.table.doubt(cluster.now()),
        Does::Access => {}
    }
}

fn is_against_the_key(context: &FinalizerInterceptorContextRef<'_>) -> bool {
    let Some(Err(_)) = context.output_or_error() else {
        return false;
    };
    let response = context.response();
    let response = response.filter(|response| response.status().is_client_error());
    let body = response.and_then(|response| response.body().bytes());
    body.is_some_and(names_the_key)
}

/// Errors are short: what is longer is none of those.
const LONGEST: usize = 1024;

fn names_the_key(body: &[u8]) -> bool {
    let has = |text: &str| body.windows(text.len()).any(|part| part == text.as_bytes());
    body.len() <= LONGEST
        && (has("ResourceNotFoundException")
            || (has("ValidationException") && (has("key") || has("Key"))))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn errors_about_tables_and_keys_are_signs() {
        for (body, is_sign) in [
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
            assert_eq!(names_the_key(body.as_bytes()), is_sign, "{body}");
        }
    }

    #[test]
    fn tags_name_their_table_at_the_end() {
        assert_eq!(
            of_resource("arn:scylla:alternator:k:scylla:table/t.1"),
            "t.1"
        );
        assert_eq!(of_resource("t"), "t");
    }
}
