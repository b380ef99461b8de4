//! Whether an update expression reads what it writes.
//!
//! `SET a = :v` and `REMOVE a` write without looking. The server has to read first where a right side names an attribute
//! (`SET a = b`, `SET a = a + :v`, `SET a = if_not_exists(a, :v)`), where only part of an attribute is written
//! (`SET a.b = :v`, `REMOVE a[1]`), and for each `ADD` and `DELETE`.

use crate::operation::expression::{Word, Words};

/// Whether the server reads before it writes.
///
/// What is not understood is taken for a yes: either the server refuses it, wherever it is sent, or it is newer than this,
/// and then costs at most some evenness.
pub(crate) fn reads_before_writing(expression: &str) -> bool {
    let mut words = Words::of(expression).peekable();
    let mut place = None;
    while let Some(word) = words.next() {
        let is_function = words.peek() == Some(&Word::Open);
        place = match after(place, word, is_function) {
            Some(next) => Some(next),
            None => return true,
        };
    }
    place.is_none()
}

/// Where in the expression a word is.
#[derive(Clone, Copy)]
enum Place {
    /// Left of a `=`.
    Target,
    /// Right of a `=`, in so many parentheses.
    Value {
        depth: u32,
    },
    Removal,
}

/// The place after a word; none if the server has to read for it.
fn after(place: Option<Place>, word: Word<'_>, is_function: bool) -> Option<Place> {
    if let Word::Name(name) = word {
        for (keyword, next) in CLAUSES {
            if name.eq_ignore_ascii_case(keyword) {
                return next;
            }
        }
    }
    match (place?, word) {
        (place @ (Place::Target | Place::Removal), Word::Name(_) | Word::NameReference(_)) => {
            Some(place)
        }
        (place @ (Place::Target | Place::Removal), Word::Comma) => Some(place),
        (Place::Target, Word::Equals) => Some(Place::Value { depth: 0 }),
        (Place::Value { depth: 0 }, Word::Comma) => Some(Place::Target),
        // The name of a function reads nothing. What it is called with may.
        (value @ Place::Value { .. }, Word::Name(_)) if is_function => Some(value),
        (value @ Place::Value { .. }, Word::ValueReference(_) | Word::Sign | Word::Comma) => {
            Some(value)
        }
        (Place::Value { depth }, Word::Open) => Some(Place::Value {
            depth: depth.checked_add(1)?,
        }),
        (Place::Value { depth }, Word::Close) => Some(Place::Value {
            depth: depth.checked_sub(1)?,
        }),
        _ => None,
    }
}

/// What begins with each of the keywords, which no attribute is called by.
const CLAUSES: [(&str, Option<Place>); 4] = [
    ("SET", Some(Place::Target)),
    ("REMOVE", Some(Place::Removal)),
    ("ADD", None),
    ("DELETE", None),
];
