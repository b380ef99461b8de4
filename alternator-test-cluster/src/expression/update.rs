//! Detection of update expressions that read the item before they write it.

use super::{is_name_char, lexemes};

/// Returns whether an update expression has a part that needs the item's old value: `ADD`, `DELETE`, a path within an
/// attribute, or a right side of `SET` that names a path.
///
/// Invalid expressions are not detected here, since the engine rejects them.
pub(crate) fn needs_read_before_write(expression: &str) -> bool {
    let mut in_set = false;
    let mut lexemes = lexemes(expression).peekable();
    while let Some(lexeme) = lexemes.next() {
        match lexeme.to_ascii_uppercase().as_str() {
            "ADD" | "DELETE" | "." | "[" => return true,
            "SET" => in_set = true,
            "REMOVE" => in_set = false,
            _ => {
                let is_path = lexeme.starts_with(is_name_char) && !lexeme.starts_with(':');
                // A path that is assigned to is followed by "=", the name of a function by "(".
                let is_read = !matches!(lexemes.peek(), Some(&("=" | "(")));
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
    fn plain_assignments_and_removals_need_no_read() {
        for expression in [
            "SET a = :a",
            "SET a = :a, #b = :b REMOVE c, d",
            "REMOVE a",
            "set a=:a,b=:b",
            "SET a = list_append(:a, :b), c = :c",
        ] {
            assert!(!needs_read_before_write(expression), "{expression}");
        }
    }

    #[test]
    fn updates_that_depend_on_the_old_item_need_a_read() {
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
            assert!(needs_read_before_write(expression), "{expression}");
        }
    }
}
