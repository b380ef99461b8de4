//! Describes a write for the rules about transactions.

use crate::operation::lwt::{Returns, Write, WriteKind};
use aws_sdk_dynamodb::operation::delete_item::DeleteItemInput;
use aws_sdk_dynamodb::operation::put_item::PutItemInput;
use aws_sdk_dynamodb::operation::update_item::UpdateItemInput;
use aws_sdk_dynamodb::types::{AttributeAction, AttributeValueUpdate, ReturnValue};

pub(crate) fn put(put: &PutItemInput) -> Write<'_> {
    Write {
        kind: WriteKind::Put,
        is_conditional: put.condition_expression.is_some() || put.expected.is_some(),
        returns: returns(put.return_values.as_ref()),
    }
}

pub(crate) fn update(update: &UpdateItemInput) -> Write<'_> {
    let mut attributes = update
        .attribute_updates
        .iter()
        .flat_map(|updates| updates.values());
    Write {
        kind: WriteKind::Update {
            expression: update.update_expression.as_deref(),
            changes_attributes: attributes.any(changes_stored_value),
        },
        is_conditional: update.condition_expression.is_some() || update.expected.is_some(),
        returns: returns(update.return_values.as_ref()),
    }
}

pub(crate) fn delete(delete: &DeleteItemInput) -> Write<'_> {
    Write {
        kind: WriteKind::Delete,
        is_conditional: delete.condition_expression.is_some() || delete.expected.is_some(),
        returns: returns(delete.return_values.as_ref()),
    }
}

/// Batches have neither conditions nor return values.
pub(crate) const BATCH: Write<'static> = Write {
    kind: WriteKind::Batch,
    is_conditional: false,
    returns: Returns::Nothing,
};

fn returns(values: Option<&ReturnValue>) -> Returns {
    match values {
        None | Some(ReturnValue::None) => Returns::Nothing,
        Some(ReturnValue::UpdatedNew) => Returns::UpdatedNew,
        // Values newer than this library more likely return something stored: the caller knows what it wrote.
        Some(_) => Returns::Stored,
    }
}

fn changes_stored_value(update: &AttributeValueUpdate) -> bool {
    match &update.action {
        None | Some(AttributeAction::Put) => false,
        Some(AttributeAction::Delete) => update.value.is_some(),
        // `ADD`, and actions newer than this library.
        Some(_) => true,
    }
}

#[cfg(test)]
mod tests;
