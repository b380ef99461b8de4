//! Properties of the expressions that operations have.

#![expect(
    clippy::panic,
    reason = "a property that does not hold is reported by a panic"
)]

use super::expression::{Lexeme, lexemes};
use super::item_operation::{ItemOperation, TableOrIndex};
use super::lwt::{Isolation, WriteRules};
use alternator_lb_core::routing::{KeyValue, Token};
use aws_sdk_dynamodb::operation::query::QueryInput;
use aws_sdk_dynamodb::operation::update_item::UpdateItemInput;
use aws_sdk_dynamodb::types::AttributeValue;
use aws_smithy_runtime_api::client::interceptors::context::Input;

/// Checks which update expressions use a transaction, and which partition a key condition names: for the input as a
/// text, and for expressions whose meaning is known, which the input's bytes choose.
pub fn expressions(input: &[u8]) {
    if let Ok(text) = std::str::from_utf8(input) {
        let spaced = spaced(text);
        assert!(lexemes(text).eq(lexemes(&spaced)), "{text} {spaced}");
        check_update(text, &spaced);
        check_condition(text, &spaced);
    }
    check_known_update(input);
    check_known_condition(input);
}

/// Returns an expression of the same lexemes, with spaces between them.
fn spaced(text: &str) -> String {
    let written = lexemes(text).map(|lexeme| match lexeme {
        Lexeme::Name(text) | Lexeme::NameReference(text) | Lexeme::ValueReference(text) => text,
        Lexeme::Comma => ",",
        Lexeme::Open => "(",
        Lexeme::Close => ")",
        Lexeme::Equals => "=",
        Lexeme::Sign => "-",
        Lexeme::Nested => ".",
        Lexeme::EndOfIndex => "]",
        Lexeme::Comparison => "<",
        Lexeme::Unknown => "?",
    });
    written.collect::<Vec<_>>().join("\n ")
}

/// Returns whether the server reads before it writes, by the input of an operation.
fn reads(update: &str, condition: Option<&str>) -> bool {
    let input = UpdateItemInput::builder()
        .table_name("t")
        .key("pk", AttributeValue::S("a".to_owned()))
        .update_expression(update)
        .set_condition_expression(condition.map(str::to_owned));
    let Ok(input) = input.build().map(Input::erase) else {
        panic!("the input is complete");
    };
    let operation = ItemOperation::from_input(&input);
    let Some(write) = operation.as_ref().and_then(ItemOperation::write) else {
        panic!("an update is a write");
    };
    let uses_transaction = |isolation| {
        let rules = WriteRules {
            isolation,
            always_reads: false,
        };
        rules.uses_transaction(write)
    };
    assert!(uses_transaction(Isolation::Always) && !uses_transaction(Isolation::Unsafe));
    uses_transaction(Isolation::OnlyReadModifyWrite)
}

fn check_update(text: &str, spaced: &str) {
    let is_read = reads(text, None);
    assert_eq!(reads(spaced, None), is_read, "{text}");
    assert_eq!(reads(&text.to_ascii_lowercase(), None), is_read, "{text}");
    assert!(reads(text, Some("attribute_exists(pk)")), "{text}");
    if !is_read {
        let is_nested = |lexeme| {
            matches!(
                lexeme,
                Lexeme::Nested | Lexeme::EndOfIndex | Lexeme::Unknown
            )
        };
        assert!(!lexemes(text).any(is_nested), "{text}");
        assert!(!reads(&format!("{text} REMOVE a"), None), "{text}");
        assert!(reads(&format!("{text} ADD a :v"), None), "{text}");
        assert!(reads(&format!("{text} REMOVE a.b"), None), "{text}");
    }
}

/// Clauses, and whether the server has to read for them.
const CLAUSES: [(&str, bool); 14] = [
    ("SET a = :v", false),
    ("set #a=:v,b=:w", false),
    ("SET a = :v + :w", false),
    ("SET a = (:v) , b = list_append(:v, :w)", false),
    ("REMOVE a", false),
    ("remove a, #b", false),
    ("SET a = b", true),
    ("SET a = a + :v", true),
    ("SET a = if_not_exists(a, :v)", true),
    ("SET a.b = :v", true),
    ("SET a = :v, #b[2] = :w", true),
    ("REMOVE a, b[1]", true),
    ("ADD a :v", true),
    ("delete a :v", true),
];

/// Returns one of these for a byte.
fn chosen<T: Copy>(byte: u8, choices: &[T]) -> Option<T> {
    choices
        .get(usize::from(byte) % choices.len().max(1))
        .copied()
}

fn check_known_update(input: &[u8]) {
    let clauses = input.iter().take(8);
    let clauses = clauses.filter_map(|byte| chosen(*byte, &CLAUSES));
    let clauses: Vec<_> = clauses.collect();
    let texts: Vec<_> = clauses.iter().map(|(text, _)| *text).collect();
    let expected = clauses.is_empty() || clauses.iter().any(|(_, is_read)| *is_read);
    assert_eq!(reads(&texts.join(" "), None), expected, "{texts:?}");
}

/// Returns the partition of a query with this condition, where `:v` is `a` and `:w` is `b`.
fn partition(condition: &str) -> Option<i64> {
    let input = QueryInput::builder()
        .table_name("t")
        .key_condition_expression(condition)
        .expression_attribute_names("#pk", "pk")
        .expression_attribute_names("#sk", "sk")
        .expression_attribute_values(":v", AttributeValue::S("a".to_owned()))
        .expression_attribute_values(":w", AttributeValue::S("b".to_owned()));
    let Ok(input) = input.build().map(Input::erase) else {
        panic!("the input is complete");
    };
    let Some(operation) = ItemOperation::from_input(&input) else {
        panic!("a query is about a partition");
    };
    let table = TableOrIndex {
        table: "t",
        index: None,
    };
    let mut partitions = Vec::new();
    operation.for_each_partition(table, "pk", |token| partitions.push(token.value()));
    assert!(partitions.len() <= 1, "{condition}");
    partitions.first().copied()
}

fn token_of(key: &str) -> Option<i64> {
    Token::of_key(KeyValue::Text(key)).map(Token::value)
}

fn check_condition(text: &str, spaced: &str) {
    let found = partition(text);
    assert!(found.is_none() || found == token_of("a") || found == token_of("b"));
    assert!(
        found.is_none() || (text.contains("pk") && text.contains('=')),
        "{text}"
    );
    assert_eq!(partition(spaced), found, "{text}");
    assert_eq!(partition(&text.replace(['(', ')'], " ")), found, "{text}");
}

/// The words of conditions: a name that is the key, and what stands beside it.
const WORDS: [&str; 11] = [
    "pk", "#pk", "sk", "#sk", "=", ":v", ":w", "AND", "(", ")", "<",
];

fn check_known_condition(input: &[u8]) {
    let words = input.iter().take(32);
    let words = words.filter_map(|byte| chosen(*byte, &WORDS));
    let words: Vec<&str> = words.collect();
    let plain: Vec<&str> = words
        .iter()
        .copied()
        .filter(|word| !"()".contains(word))
        .collect();
    let is_key = |word: &str| word == "pk" || word == "#pk";
    let named = plain.windows(3).find_map(|words| match words {
        [key, "=", value @ (":v" | ":w")] | [value @ (":v" | ":w"), "=", key] if is_key(key) => {
            Some(*value)
        }
        _ => None,
    });
    let expected = named.and_then(|value| token_of(if value == ":v" { "a" } else { "b" }));
    assert_eq!(partition(&words.join(" ")), expected, "{words:?}");
}
