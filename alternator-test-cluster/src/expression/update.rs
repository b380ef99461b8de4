//! Whether an update expression reads the item that it writes.

use super::{is_name, words};

/// Returns whether the expression has a part that needs the item's old value: `ADD`, `DELETE`, a path within an
/// attribute, or a right side of `SET` that names a path.
///
/// It is lenient: what is no valid expression is for the engine to refuse.
pub(crate) fn reads_before_writing(expression: &str) -> bool {
    let mut in_set = false;
    let mut words = words(expression).peekable();
    while let Some(word) = words.next() {
        match word.to_ascii_uppercase().as_str() {
            "ADD" | "DELETE" | "." | "[" => return true,
            "SET" => in_set = true,
            "REMOVE" => in_set = false,
            _ => {
                let is_path = word.starts_with(is_name) && !word.starts_with(':');
                // What is assigned to is followed by "=", a function by "(".
                let is_read = !matches!(words.peek(), Some(&("=" | "(")));
                if in_set && is_path && is_read {
                    return true;
                }
            }
        }
    }
    false
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn plain_assignments_do_not_read() {
        for expression in [
            "SET a = :a",
            "SET a = :a, #b = :b REMOVE c, d",
            "REMOVE a",
            "set a=:a,b=:b",
            "SET a = list_append(:a, :b), c = :c",
        ] {
            assert!(!reads_before_writing(expression), "{expression}");
        }
    }

    #[test]
    fn what_needs_the_old_value_reads() {
        for expression in [
            "ADD a :a",
            "DELETE a :a",
            "SET a = a + :one",
            "SET a = :a, b = #c",
            "SET a = if_not_exists(a, :a)",
            "SET a = list_append(a, :a)",
            "SET a = list_append(:a, a)",
            "SET a.b = :a",
            "SET a[0] = :a",
            "REMOVE a.b",
            "REMOVE a SET b = c",
        ] {
            assert!(reads_before_writing(expression), "{expression}");
        }
    }
}
