//! A lexer of DynamoDB's expressions.
//!
//! No parser: whether an expression reads what it writes, and which value it requires of the key, follow from its
//! lexemes, and the server judges the rest. The lexer borrows from the text and never fails; it yields
//! [`Lexeme::Unknown`] for what no expression can have.

/// A lexeme of an expression.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Lexeme<'a> {
    /// An attribute, a function, a keyword: letters, digits and underscores.
    Name(&'a str),
    /// `#name`, a placeholder of an attribute; with the `#`.
    NameReference(&'a str),
    /// `:value`, a placeholder of a value; with the `:`.
    ValueReference(&'a str),
    Comma,
    Open,
    Close,
    Equals,
    /// `+` or `-`.
    Sign,
    /// `.` or `[`, the start of a nested path.
    Nested,
    /// `]`
    EndOfIndex,
    /// Comparisons other than `=`: `<`, `<=`, `<>`, `>`, `>=`.
    Comparison,
    /// A character that no expression can have.
    Unknown,
}

/// The lexemes of an expression.
pub(crate) fn lexemes(mut expression: &str) -> impl Iterator<Item = Lexeme<'_>> + Clone {
    std::iter::from_fn(move || {
        let (lexeme, rest) = split_first(expression.trim_ascii_start())?;
        expression = rest;
        Some(lexeme)
    })
}

/// The first lexeme, and what follows it. `None` at the end.
fn split_first(text: &str) -> Option<(Lexeme<'_>, &str)> {
    let first = text.chars().next()?;
    let count_from = |start, is: fn(&u8) -> bool| text.bytes().skip(start).take_while(is).count();
    let length = match first {
        '#' | ':' => 1 + count_from(1, is_of_name),
        '<' | '>' => count_from(0, |byte| b"<>=".contains(byte)),
        _ => count_from(0, is_of_name),
    };
    // Never less than a character.
    let (lexeme, rest) = text.split_at_checked(length.max(first.len_utf8()))?;
    let lexeme = match first {
        '#' if length > 1 => Lexeme::NameReference(lexeme),
        ':' if length > 1 => Lexeme::ValueReference(lexeme),
        '<' | '>' => Lexeme::Comparison,
        ',' => Lexeme::Comma,
        '(' => Lexeme::Open,
        ')' => Lexeme::Close,
        '=' => Lexeme::Equals,
        '+' | '-' => Lexeme::Sign,
        '.' | '[' => Lexeme::Nested,
        ']' => Lexeme::EndOfIndex,
        '#' | ':' => Lexeme::Unknown,
        _ if length == 0 => Lexeme::Unknown,
        _ => Lexeme::Name(lexeme),
    };
    Some((lexeme, rest))
}

fn is_of_name(byte: &u8) -> bool {
    byte.is_ascii_alphanumeric() || *byte == b'_'
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn expression_is_split_into_lexemes() {
        let lexemes: Vec<_> = lexemes("SET\t#a.b[12] = f(:v, c)+:w, d<>=e é # :").collect();
        let expected = [
            Lexeme::Name("SET"),
            Lexeme::NameReference("#a"),
            Lexeme::Nested,
            Lexeme::Name("b"),
            Lexeme::Nested,
            Lexeme::Name("12"),
            Lexeme::EndOfIndex,
            Lexeme::Equals,
            Lexeme::Name("f"),
            Lexeme::Open,
            Lexeme::ValueReference(":v"),
            Lexeme::Comma,
            Lexeme::Name("c"),
            Lexeme::Close,
            Lexeme::Sign,
            Lexeme::ValueReference(":w"),
            Lexeme::Comma,
            Lexeme::Name("d"),
            Lexeme::Comparison,
            Lexeme::Name("e"),
            Lexeme::Unknown,
            Lexeme::Unknown,
            Lexeme::Unknown,
        ];
        assert_eq!(lexemes, expected);
    }

    proptest! {
        #[test]
        fn any_text_ends(text in ".*") {
            prop_assert!(lexemes(&text).count() <= text.chars().count());
        }
    }
}
