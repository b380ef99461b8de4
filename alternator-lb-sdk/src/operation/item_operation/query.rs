//! The partition key of a `Query`.
//!
//! In a `KeyConditionExpression`, the server accepts `key = :value`, alone or with one condition on the sort key after
//! or before an `AND`, either in parentheses or not. So the value is the one next to an `=` whose other side is the
//! key, and the rest is not looked at: the server refuses an expression that is more than that.

use crate::operation::expression::{Lexeme, lexemes};
use aws_sdk_dynamodb::operation::query::QueryInput;
use aws_sdk_dynamodb::types::{AttributeValue, ComparisonOperator};

/// The value that the query requires of the partition key, in its `KeyConditionExpression` or its legacy
/// `KeyConditions`.
pub(crate) fn key<'a>(query: &'a QueryInput, key: &str) -> Option<&'a AttributeValue> {
    match &query.key_condition_expression {
        Some(expression) => {
            let names = query.expression_attribute_names.as_ref();
            let resolve = |reference: &str| names?.get(reference).map(String::as_str);
            let is_key = |name: &str| match name.starts_with('#') {
                true => resolve(name) == Some(key),
                false => name == key,
            };
            let value = value_of_key(expression, is_key)?;
            query.expression_attribute_values.as_ref()?.get(value)
        }
        None => {
            let condition = query.key_conditions.as_ref()?.get(key)?;
            // The server accepts no other operator for a partition key.
            let is_equal = condition.comparison_operator == ComparisonOperator::Eq;
            let value = condition.attribute_value_list().first();
            value.filter(|_| is_equal)
        }
    }
}

/// The placeholder (`:value`) of the value that the key must equal. `is_key` tells whether an attribute's name, or its
/// placeholder (`#name`), is the key's.
fn value_of_key(expression: &str, is_key: impl Fn(&str) -> bool) -> Option<&str> {
    let is_parenthesis = |lexeme: &Lexeme<'_>| matches!(lexeme, Lexeme::Open | Lexeme::Close);
    let lexemes = lexemes(expression).filter(|lexeme| !is_parenthesis(lexeme));
    let operators = lexemes.clone().skip(1);
    let others = lexemes.clone().skip(2);
    let mut pairs = lexemes.zip(operators).zip(others);
    pairs.find_map(|((left, operator), right)| match (left, operator, right) {
        (name, Lexeme::Equals, Lexeme::ValueReference(value))
        | (Lexeme::ValueReference(value), Lexeme::Equals, name) => {
            let (Lexeme::Name(name) | Lexeme::NameReference(name)) = name else {
                return None;
            };
            is_key(name).then_some(value)
        }
        _ => None,
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn value(expression: &str) -> Option<&str> {
        value_of_key(expression, |name| name == "pk" || name == "#pk")
    }

    #[test]
    fn value_of_the_key_is_found_in_every_notation() {
        let known = [
            "pk = :v",
            "pk=:v",
            "#pk = :v",
            ":v = pk",
            "(pk = :v)",
            "((#pk) = (:v))",
            "pk = :v AND sk = :s",
            "pk = :v and #sk < :s",
            "(pk = :v) AND (sk BETWEEN :a AND :b)",
            "sk = :s AND pk = :v",
            "sk BETWEEN :a AND :b AND pk = :v",
            "begins_with(sk, :s) AND #pk = :v",
            "pk = :v AND begins_with(#sk, :s)",
            "\n sk\t>= :s\n AND :v = #pk",
        ];
        for expression in known {
            assert_eq!(value(expression), Some(":v"), "{expression}");
        }
    }

    #[test]
    fn condition_without_an_equal_key_has_no_value() {
        let unknown = [
            "",
            "pk",
            "pk =",
            "= :v",
            "pk = pk",
            "pk = sk",
            "pk < :v",
            "pk <= :v",
            "pk <> :v",
            "sk = :v",
            "pk2 = :v",
            "PK = :v",
            "pk.x = :v",
            "pk[0] = :v",
            "begins_with(pk, :v)",
            "pk BETWEEN :v AND :w",
            ":v = :w",
            "pk = #v",
        ];
        for expression in unknown {
            assert_eq!(value(expression), None, "{expression}");
        }
    }

    proptest! {
        #[test]
        fn value_in_any_text_is_one_of_its_placeholders(text in ".*", around in "(\\PC{0,5}pk ?= ?:[a-z]{1,3}\\PC{0,5}){1,3}") {
            for expression in [&text, &around] {
                if let Some(value) = value(expression) {
                    prop_assert!(value.starts_with(':') && value.len() > 1, "{}", value);
                    prop_assert!(expression.contains(value) && expression.contains("pk"), "{}", expression);
                }
            }
        }

        #[test]
        fn value_in_any_words_is_the_one_that_the_key_equals(
            words in prop::collection::vec(prop::sample::select(&["pk", "sk", "=", ":v", ":w", "AND", "(", ")", "<"]), 0..20),
            spaces in "[ \t\n]{1,3}",
        ) {
            let plain = words.iter().filter(|word| !matches!(**word, "(" | ")")).copied();
            let plain = format!(" {} ", plain.collect::<Vec<_>>().join("  "));
            let notations = [":v", ":w"].map(|value| (value, [format!(" pk  =  {value} "), format!(" {value}  =  pk ")]));
            let places = notations.iter().flat_map(|(value, notations)| {
                notations.iter().filter_map(|notation| Some((plain.find(notation.as_str())?, *value)))
            });
            let expression = words.join(&spaces);
            prop_assert_eq!(value(&expression), places.min().map(|(_, value)| value));
        }
    }
}
