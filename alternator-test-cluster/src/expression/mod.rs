//! The expressions of requests, as far as the cluster must understand them before the engine does.

mod key_condition;
mod references;
mod update;

pub(crate) use key_condition::{Comparison, Condition, conditions};
pub(crate) use references::References;
pub(crate) use update::reads_before_writing;

/// Splits into names, and single signs.
pub(crate) fn words(expression: &str) -> impl Iterator<Item = &str> {
    let mut rest = expression;
    std::iter::from_fn(move || {
        rest = rest.trim_start();
        let first = rest.chars().next()?;
        let end = if is_name(first) {
            rest.find(|letter| !is_name(letter)).unwrap_or(rest.len())
        } else {
            first.len_utf8()
        };
        let (word, after) = rest.split_at(end);
        rest = after;
        Some(word)
    })
}

pub(crate) fn is_name(letter: char) -> bool {
    letter.is_alphanumeric() || matches!(letter, '_' | '#' | ':')
}
