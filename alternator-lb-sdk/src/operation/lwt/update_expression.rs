//! Whether an update expression reads what it writes.
//!
//! `SET a = :v` and `REMOVE a` write without reading. The server has to read first where a right side names an
//! attribute (`SET a = b`, `SET a = a + :v`, `SET a = if_not_exists(a, :v)`), where only part of an attribute is
//! written (`SET a.b = :v`, `REMOVE a[1]`), and for each `ADD` and `DELETE`.

use crate::operation::expression::{Lexeme, Lexer};

/// Returns whether the server reads before it writes.
///
/// Also `true` for expressions that are not understood: either the server refuses them, on whichever node, or they are
/// newer than this library, and then cost at most some evenness.
pub(crate) fn reads_before_writing(expression: &str) -> bool {
    let mut lexemes = Lexer::new(expression).peekable();
    let mut place = None;
    while let Some(lexeme) = lexemes.next() {
        let is_function = lexemes.peek() == Some(&Lexeme::Open);
        place = match after(place, lexeme, is_function) {
            Some(next) => Some(next),
            None => return true,
        };
    }
    place.is_none()
}

/// The place of a lexeme in the expression.
#[derive(Clone, Copy)]
enum Place {
    /// Left of a `=`.
    Target,
    /// Right of a `=`, inside `depth` parentheses.
    Value {
        depth: u32,
    },
    Removal,
}

/// The place after a lexeme. `None` if the server has to read for it.
fn after(place: Option<Place>, lexeme: Lexeme<'_>, is_function: bool) -> Option<Place> {
    if let Lexeme::Name(name) = lexeme {
        for (keyword, next) in CLAUSES {
            if name.eq_ignore_ascii_case(keyword) {
                return next;
            }
        }
    }
    match (place?, lexeme) {
        (place @ (Place::Target | Place::Removal), Lexeme::Name(_) | Lexeme::NameReference(_)) => {
            Some(place)
        }
        (place @ (Place::Target | Place::Removal), Lexeme::Comma) => Some(place),
        (Place::Target, Lexeme::Equals) => Some(Place::Value { depth: 0 }),
        (Place::Value { depth: 0 }, Lexeme::Comma) => Some(Place::Target),
        // The name of a function reads nothing; its arguments may.
        (value @ Place::Value { .. }, Lexeme::Name(_)) if is_function => Some(value),
        (value @ Place::Value { .. }, Lexeme::ValueReference(_) | Lexeme::Sign | Lexeme::Comma) => {
            Some(value)
        }
        (Place::Value { depth }, Lexeme::Open) => Some(Place::Value {
            depth: depth.checked_add(1)?,
        }),
        (Place::Value { depth }, Lexeme::Close) => Some(Place::Value {
            depth: depth.checked_sub(1)?,
        }),
        _ => None,
    }
}

/// The place after each of the keywords, which no attribute can be named.
const CLAUSES: [(&str, Option<Place>); 4] = [
    ("SET", Some(Place::Target)),
    ("REMOVE", Some(Place::Removal)),
    ("ADD", None),
    ("DELETE", None),
];
