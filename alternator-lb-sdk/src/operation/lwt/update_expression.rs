//! Whether an update expression reads what it writes.
//!
//! `SET a = :v` and `REMOVE a` write without reading. The server has to read first where a right side names an
//! attribute (`SET a = b`, `SET a = a + :v`, `SET a = if_not_exists(a, :v)`), where only part of an attribute is
//! written (`SET a.b = :v`, `REMOVE a[1]`), and for each `ADD` and `DELETE`.

use crate::operation::expression::{Lexeme, lexemes};

/// Returns whether the server reads before it writes.
///
/// Also `true` for expressions that are not understood: either the server refuses them, on whichever node, or they are
/// newer than this library, and then cost at most some evenness.
pub(crate) fn reads_before_writing(expression: &str) -> bool {
    let mut lexemes = lexemes(expression).peekable();
    let mut place = None;
    while let Some(lexeme) = lexemes.next() {
        let is_function = lexemes.peek() == Some(&Lexeme::Open);
        place = after(place, lexeme, is_function);
        if place.is_none() {
            return true;
        }
    }
    place.is_none()
}

/// The place of a lexeme in the expression.
#[derive(Clone, Copy)]
enum Place {
    /// Left of a `=`.
    Target,
    /// Right of a `=`, inside so many parentheses.
    Value(u32),
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
    let next = match (place?, lexeme) {
        (
            place @ (Place::Target | Place::Removal),
            Lexeme::Name(_) | Lexeme::NameReference(_) | Lexeme::Comma,
        ) => place,
        (Place::Target, Lexeme::Equals) => Place::Value(0),
        (Place::Value(0), Lexeme::Comma) => Place::Target,
        // The name of a function reads nothing; its arguments may.
        (value @ Place::Value(_), Lexeme::Name(_)) if is_function => value,
        (value @ Place::Value(_), Lexeme::ValueReference(_) | Lexeme::Sign | Lexeme::Comma) => {
            value
        }
        (Place::Value(depth), Lexeme::Open) => Place::Value(depth.checked_add(1)?),
        (Place::Value(depth), Lexeme::Close) => Place::Value(depth.checked_sub(1)?),
        _ => return None,
    };
    Some(next)
}

/// The place after each of the keywords, which no attribute can be named.
const CLAUSES: [(&str, Option<Place>); 4] = [
    ("SET", Some(Place::Target)),
    ("REMOVE", Some(Place::Removal)),
    ("ADD", None),
    ("DELETE", None),
];
