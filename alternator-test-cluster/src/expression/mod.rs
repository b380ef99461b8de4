//! Parsers of the expressions in requests, for those parts that the cluster must evaluate before the engine does.

mod key_condition;
mod references;
mod update;

pub(crate) use key_condition::{Comparison, KeyCondition, key_conditions};
pub(crate) use references::References;
pub(crate) use update::needs_read_before_write;

/// Splits an expression into lexemes: names, placeholders and numbers, and single other characters.
pub(crate) fn lexemes(expression: &str) -> impl Iterator<Item = &str> {
    let mut rest = expression;
    std::iter::from_fn(move || {
        rest = rest.trim_start();
        let first = rest.chars().next()?;
        let end = if is_name_char(first) {
            rest.find(|character| !is_name_char(character))
                .unwrap_or(rest.len())
        } else {
            first.len_utf8()
        };
        let (lexeme, after) = rest.split_at(end);
        rest = after;
        Some(lexeme)
    })
}

/// Returns whether a character can be part of a name or of a placeholder.
pub(crate) fn is_name_char(character: char) -> bool {
    character.is_alphanumeric() || matches!(character, '_' | '#' | ':')
}
