//! Which value a `KeyConditionExpression` asks the partition key to have.
//!
//! The server wants `key = :value`, alone or with one condition on the sort key after or before an `AND`, and lets either be
//! in parentheses. So the value is the one next to an `=` whose other side is the key, and nothing else needs to be
//! understood: in an expression that is more than that, the server finds the error.

use super::expression::{Word, Words};

/// The reference (`:value`) to the value that the key has to equal. `is_key` tells whether an attribute's name, or a
/// reference to one (`#name`), is the key's.
pub(crate) fn value_of_key(expression: &str, is_key: impl Fn(&str) -> bool) -> Option<&str> {
    let words = Words::of(expression).filter(|word| !matches!(word, Word::Open | Word::Close));
    let operators = words.clone().skip(1);
    let others = words.clone().skip(2);
    let mut pairs = words.zip(operators).zip(others);
    pairs.find_map(|((left, operator), right)| match (left, operator, right) {
        (name, Word::Equals, Word::ValueReference(value))
        | (Word::ValueReference(value), Word::Equals, name) => {
            let (Word::Name(name) | Word::NameReference(name)) = name else {
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
    fn the_keys_value_is_found_in_every_way_to_write_it() {
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
    fn where_the_key_equals_nothing_there_is_no_value() {
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
        fn any_text_can_be_looked_at(text in ".*", words in "((pk|sk|=|:v|AND|\\(|\\)|<|\\.) ?){0,20}") {
            let _ = (value(&text), value(&words));
        }
    }
}
