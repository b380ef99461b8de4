use crate::operation::item_operation::ItemOperation;
use aws_sdk_dynamodb::operation::delete_item::DeleteItemInput;
use aws_sdk_dynamodb::operation::put_item::PutItemInput;
use aws_sdk_dynamodb::operation::update_item::UpdateItemInput;
use aws_sdk_dynamodb::operation::update_item::builders::UpdateItemInputBuilder;
use aws_sdk_dynamodb::types::{
    AttributeAction, AttributeValue, AttributeValueUpdate, ExpectedAttributeValue, ReturnValue,
};
use aws_smithy_runtime_api::client::interceptors::context::Input;
use std::fmt::Debug;

fn erased(input: impl Debug + Send + Sync + 'static) -> Input {
    Input::erase(input)
}

fn text(value: &str) -> AttributeValue {
    AttributeValue::S(value.to_owned())
}

fn update() -> UpdateItemInputBuilder {
    UpdateItemInput::builder()
        .table_name("t")
        .key("pk", text("a"))
}

fn write_of(update: UpdateItemInputBuilder) -> bool {
    let input = erased(update.build().unwrap());
    ItemOperation::from_input(&input)
        .unwrap()
        .write()
        .unwrap()
        .is_read_modify_write()
}

fn attribute_update(
    action: Option<AttributeAction>,
    value: Option<AttributeValue>,
) -> AttributeValueUpdate {
    let update = AttributeValueUpdate::builder().set_value(value);
    update.set_action(action).build()
}

#[test]
fn conditions_and_return_values_of_puts_and_deletes_are_read() {
    let put = || {
        PutItemInput::builder()
            .table_name("t")
            .item("pk", text("a"))
    };
    let delete = || {
        DeleteItemInput::builder()
            .table_name("t")
            .key("pk", text("a"))
    };
    let expected = || ExpectedAttributeValue::builder().exists(false).build();
    let inputs = [
        (erased(put().build().unwrap()), false),
        (
            erased(put().return_values(ReturnValue::None).build().unwrap()),
            false,
        ),
        (
            erased(put().return_values(ReturnValue::AllOld).build().unwrap()),
            true,
        ),
        (
            erased(
                put()
                    .condition_expression("attribute_not_exists(pk)")
                    .build()
                    .unwrap(),
            ),
            true,
        ),
        (
            erased(put().expected("x", expected()).build().unwrap()),
            true,
        ),
        (erased(delete().build().unwrap()), false),
        (
            erased(delete().return_values(ReturnValue::AllOld).build().unwrap()),
            true,
        ),
        (
            erased(delete().condition_expression("x = :v").build().unwrap()),
            true,
        ),
        (
            erased(delete().expected("x", expected()).build().unwrap()),
            true,
        ),
    ];
    for (input, depends) in inputs {
        let operation = ItemOperation::from_input(&input).unwrap();
        assert_eq!(
            operation.write().unwrap().is_read_modify_write(),
            depends,
            "{input:?}"
        );
    }
}

#[test]
fn conditions_and_expressions_of_updates_are_read() {
    let expected = ExpectedAttributeValue::builder().exists(false).build();
    assert!(!write_of(update()));
    assert!(!write_of(update().update_expression("SET x = :v")));
    assert!(write_of(update().update_expression("SET x = x + :v")));
    assert!(write_of(update().condition_expression("x = :v")));
    assert!(write_of(update().expected("x", expected)));
    let table = [
        (ReturnValue::None, false),
        (ReturnValue::UpdatedNew, false),
        (ReturnValue::UpdatedOld, true),
        (ReturnValue::AllOld, true),
        (ReturnValue::AllNew, true),
    ];
    for (values, depends) in table {
        assert_eq!(
            write_of(update().return_values(values.clone())),
            depends,
            "{values}"
        );
    }
}

#[test]
fn legacy_updates_change_stored_values_by_their_action() {
    let table = [
        (None, Some(text("x")), false),
        (Some(AttributeAction::Put), Some(text("x")), false),
        (Some(AttributeAction::Delete), None, false),
        (
            Some(AttributeAction::Delete),
            Some(AttributeValue::Ss(vec!["x".to_owned()])),
            true,
        ),
        (
            Some(AttributeAction::Add),
            Some(AttributeValue::N("1".to_owned())),
            true,
        ),
    ];
    for (action, value, depends) in table {
        let put = attribute_update(Some(AttributeAction::Put), Some(text("y")));
        let input = update().attribute_updates("y", put);
        let input = input.attribute_updates("x", attribute_update(action.clone(), value));
        assert_eq!(write_of(input), depends, "{action:?}");
    }
}
