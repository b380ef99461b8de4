//! What the rules about transactions want to know of a write.

use crate::routing::{Returns, Write, WriteKind};
use aws_sdk_dynamodb::operation::delete_item::DeleteItemInput;
use aws_sdk_dynamodb::operation::put_item::PutItemInput;
use aws_sdk_dynamodb::operation::update_item::UpdateItemInput;
use aws_sdk_dynamodb::types::{AttributeAction, AttributeValueUpdate, ReturnValue};
use aws_smithy_runtime_api::client::interceptors::context::Input;

/// The write of one item that the operation with this input is, if it is one.
pub(super) fn of(input: &Input) -> Option<Write<'_>> {
    if let Some(put) = input.downcast_ref::<PutItemInput>() {
        Some(Write {
            kind: WriteKind::Put,
            is_conditional: put.condition_expression.is_some() || put.expected.is_some(),
            returns: returns(put.return_values.as_ref()),
        })
    } else if let Some(update) = input.downcast_ref::<UpdateItemInput>() {
        let mut attributes = update
            .attribute_updates
            .iter()
            .flat_map(|updates| updates.values());
        Some(Write {
            kind: WriteKind::Update {
                expression: update.update_expression.as_deref(),
                changes_attributes: attributes.any(changes),
            },
            is_conditional: update.condition_expression.is_some() || update.expected.is_some(),
            returns: returns(update.return_values.as_ref()),
        })
    } else if let Some(delete) = input.downcast_ref::<DeleteItemInput>() {
        Some(Write {
            kind: WriteKind::Delete,
            is_conditional: delete.condition_expression.is_some() || delete.expected.is_some(),
            returns: returns(delete.return_values.as_ref()),
        })
    } else {
        None
    }
}

/// A write that asks for nothing.
pub(super) fn plain(kind: WriteKind<'_>) -> Write<'_> {
    Write {
        kind,
        is_conditional: false,
        returns: Returns::Nothing,
    }
}

fn returns(values: Option<&ReturnValue>) -> Returns {
    match values {
        None | Some(ReturnValue::None) => Returns::Nothing,
        Some(ReturnValue::UpdatedNew) => Returns::UpdatedNew,
        // What is newer than this is more likely something stored: what was written, the caller knows.
        Some(_) => Returns::Stored,
    }
}

fn changes(update: &AttributeValueUpdate) -> bool {
    match &update.action {
        None | Some(AttributeAction::Put) => false,
        Some(AttributeAction::Delete) => update.value.is_some(),
        // `ADD`, and what is newer than this.
        Some(_) => true,
    }
}
