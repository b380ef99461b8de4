//! The input of an operation, read back from the body of its request.
//!
//! For an HTTP client, which gets nothing else. Reads what routing by keys looks at, of the four operations on one
//! item: the table, the attributes that can be a key, and what decides whether a write uses a transaction.

use aws_sdk_dynamodb::operation::delete_item::DeleteItemInput;
use aws_sdk_dynamodb::operation::get_item::GetItemInput;
use aws_sdk_dynamodb::operation::put_item::PutItemInput;
use aws_sdk_dynamodb::operation::update_item::UpdateItemInput;
use aws_sdk_dynamodb::types::{
    AttributeAction, AttributeValue, AttributeValueUpdate, ExpectedAttributeValue, ReturnValue,
};
use aws_smithy_runtime_api::client::interceptors::context::Input;
use aws_smithy_types::{Blob, base64};
use serde::Deserialize;
use serde::de::IgnoredAny;
use std::collections::HashMap;

/// Parses the body of an operation of this name. `None` if it is no operation on one item, or not understood.
pub(crate) fn parse(operation: &str, body: &[u8]) -> Option<Input> {
    let parse = || serde_json::from_slice::<ItemBody>(body).ok();
    Some(match operation {
        "GetItem" => Input::erase(parse()?.get()?),
        "PutItem" => Input::erase(parse()?.put()?),
        "UpdateItem" => Input::erase(parse()?.update()?),
        "DeleteItem" => Input::erase(parse()?.delete()?),
        _ => return None,
    })
}

/// The members that the four operations have between them.
#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct ItemBody {
    table_name: String,
    key: Option<HashMap<String, Value>>,
    item: Option<HashMap<String, Value>>,
    condition_expression: Option<String>,
    expected: Option<IgnoredAny>,
    update_expression: Option<String>,
    attribute_updates: Option<HashMap<String, Update>>,
    return_values: Option<String>,
}

/// The value of an attribute, as far as it can be a key.
#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct Value {
    s: Option<String>,
    n: Option<String>,
    b: Option<String>,
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct Update {
    action: Option<String>,
    value: Option<IgnoredAny>,
}

impl ItemBody {
    fn get(self) -> Option<GetItemInput> {
        let get = GetItemInput::builder().table_name(self.table_name);
        get.set_key(self.key.map(attributes)).build().ok()
    }

    fn put(self) -> Option<PutItemInput> {
        PutItemInput::builder()
            .table_name(self.table_name)
            .set_item(self.item.map(attributes))
            .set_condition_expression(self.condition_expression)
            .set_expected(self.expected.map(expected))
            .set_return_values(returns(self.return_values))
            .build()
            .ok()
    }

    fn update(self) -> Option<UpdateItemInput> {
        UpdateItemInput::builder()
            .table_name(self.table_name)
            .set_key(self.key.map(attributes))
            .set_condition_expression(self.condition_expression)
            .set_expected(self.expected.map(expected))
            .set_update_expression(self.update_expression)
            .set_attribute_updates(self.attribute_updates.map(updates))
            .set_return_values(returns(self.return_values))
            .build()
            .ok()
    }

    fn delete(self) -> Option<DeleteItemInput> {
        DeleteItemInput::builder()
            .table_name(self.table_name)
            .set_key(self.key.map(attributes))
            .set_condition_expression(self.condition_expression)
            .set_expected(self.expected.map(expected))
            .set_return_values(returns(self.return_values))
            .build()
            .ok()
    }
}

fn attributes(values: HashMap<String, Value>) -> HashMap<String, AttributeValue> {
    let values = values.into_iter();
    values.map(|(name, value)| (name, value.into())).collect()
}

/// Stands for any condition: its existence counts, and not its content.
fn expected(_: IgnoredAny) -> HashMap<String, ExpectedAttributeValue> {
    HashMap::new()
}

fn returns(values: Option<String>) -> Option<ReturnValue> {
    values.map(|values| values.as_str().into())
}

fn updates(updates: HashMap<String, Update>) -> HashMap<String, AttributeValueUpdate> {
    let typed = |Update { action, value }| {
        let action = action.map(|action| AttributeAction::from(action.as_str()));
        let value = value.map(|_| AttributeValue::Null(true));
        let update = AttributeValueUpdate::builder().set_action(action);
        update.set_value(value).build()
    };
    let updates = updates.into_iter();
    updates
        .map(|(name, update)| (name, typed(update)))
        .collect()
}

impl From<Value> for AttributeValue {
    fn from(value: Value) -> Self {
        let binary = || Some(Self::B(Blob::new(base64::decode(value.b?).ok()?)));
        match (value.s, value.n) {
            (Some(text), _) => Self::S(text),
            (None, Some(number)) => Self::N(number),
            // Of a type that keys do not have: that it is there counts.
            (None, None) => binary().unwrap_or(Self::Null(true)),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::operation::item_operation::{ItemOperation, TableOrIndex};
    use alternator_lb_core::routing::{KeyValue, Token};
    use serde_json::json;

    /// The token of the partition with the key `pk` that an operation is about, and whether it reads what it changes.
    fn described(operation: &str, mut body: serde_json::Value) -> Option<(i64, Option<bool>)> {
        body["TableName"] = "t".into();
        let input = parse(operation, body.to_string().as_bytes())?;
        let operation = ItemOperation::from_input(&input)?;
        let mut tokens = Vec::new();
        let source = TableOrIndex {
            table: "t",
            index: None,
        };
        operation.for_each_source(|found| assert_eq!(found, source));
        operation.for_each_partition(source, "pk", |token| tokens.push(token.value()));
        let is_read_modify_write = operation.write().map(|write| write.is_read_modify_write());
        Some((*tokens.first()?, is_read_modify_write))
    }

    fn token(key: KeyValue<'_>) -> i64 {
        Token::of_key(key).unwrap().value()
    }

    #[test]
    fn keys_of_all_types_are_read() {
        for (value, key) in [
            (
                json!({"S": "knödel \"x\" \u{1F600}"}),
                KeyValue::Text("knödel \"x\" \u{1F600}"),
            ),
            (json!({"N": "-1.50"}), KeyValue::Number("-1.50")),
            (json!({"B": "AP8Q"}), KeyValue::Binary(&[0, 255, 16])),
        ] {
            let expected = Some((token(key), None));
            let key = json!({"sk": {"S": "-"}, "pk": value});
            assert_eq!(
                described("GetItem", json!({"Key": key})),
                expected,
                "{value}"
            );
        }
    }

    #[test]
    fn item_of_any_types_has_its_key() {
        let item = json!({
            "pk": {"S": "a"}, "list": {"L": [{"S": "b"}]}, "map": {"M": {"pk": {"S": "c"}}},
            "flag": {"BOOL": true}, "none": {"NULL": true}, "set": {"SS": ["d"]},
        });
        let found = described("PutItem", json!({"Item": item}));
        assert_eq!(found, Some((token(KeyValue::Text("a")), Some(false))));
    }

    #[test]
    fn writes_that_read_are_recognized() {
        let key = json!({"pk": {"S": "a"}});
        let reads = |operation: &str, member: &str, value: serde_json::Value| {
            let body = json!({"Key": key, "Item": key, member: value});
            described(operation, body).unwrap().1.unwrap()
        };
        for operation in ["PutItem", "UpdateItem", "DeleteItem"] {
            assert!(reads(
                operation,
                "ConditionExpression",
                "attribute_exists(pk)".into()
            ));
            assert!(reads(
                operation,
                "Expected",
                json!({"x": {"Exists": false}})
            ));
            assert!(reads(operation, "ReturnValues", "ALL_OLD".into()));
            assert!(!reads(operation, "ReturnValues", "NONE".into()));
        }
        assert!(reads("UpdateItem", "UpdateExpression", "ADD n :one".into()));
        assert!(!reads(
            "UpdateItem",
            "UpdateExpression",
            "SET n = :one".into()
        ));
        let add = json!({"n": {"Action": "ADD", "Value": {"N": "1"}}});
        assert!(reads("UpdateItem", "AttributeUpdates", add));
        let put = json!({"n": {"Value": {"N": "1"}}});
        assert!(!reads("UpdateItem", "AttributeUpdates", put));
    }

    #[test]
    fn anything_else_is_left_alone() {
        let key = json!({"pk": {"S": "a"}});
        assert_eq!(described("Query", json!({"Key": key})), None);
        assert_eq!(described("GetItem", json!({})), None);
        assert_eq!(described("GetItem", json!({"Key": {"pk": "a"}})), None);
        assert_eq!(
            described("GetItem", json!({"Key": {"pk": {"B": "not base64!"}}})),
            None
        );
        for body in ["", "{", "[]", "null", "\u{1F600}", r#"{"TableName":1}"#] {
            assert!(parse("GetItem", body.as_bytes()).is_none(), "{body}");
        }
    }
}
