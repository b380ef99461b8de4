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

/// Iterates over the lexemes of an expression.
#[derive(Clone, Debug)]
pub(crate) struct Lexer<'a> {
    rest: &'a str,
}

impl<'a> Lexer<'a> {
    pub(crate) fn new(expression: &'a str) -> Self {
        Self { rest: expression }
    }

    /// Takes so many bytes, which must end between two characters.
    fn take(&mut self, length: usize) -> &'a str {
        let (taken, rest) = self
            .rest
            .split_at_checked(length)
            .unwrap_or((self.rest, ""));
        self.rest = rest;
        taken
    }

    fn take_reference(&mut self, lexeme: impl Fn(&'a str) -> Lexeme<'a>) -> Lexeme<'a> {
        match name_length(self.rest.get(1..).unwrap_or_default()) {
            0 => {
                self.take(1);
                Lexeme::Unknown
            }
            length => lexeme(self.take(1 + length)),
        }
    }
}

impl<'a> Iterator for Lexer<'a> {
    type Item = Lexeme<'a>;

    fn next(&mut self) -> Option<Lexeme<'a>> {
        self.rest = self.rest.trim_ascii_start();
        let first = self.rest.chars().next()?;
        let sign = match first {
            '#' => return Some(self.take_reference(Lexeme::NameReference)),
            ':' => return Some(self.take_reference(Lexeme::ValueReference)),
            '<' | '>' => {
                let symbols = self
                    .rest
                    .bytes()
                    .take_while(|byte| matches!(byte, b'<' | b'>' | b'='));
                let length = symbols.count();
                self.take(length);
                return Some(Lexeme::Comparison);
            }
            ',' => Lexeme::Comma,
            '(' => Lexeme::Open,
            ')' => Lexeme::Close,
            '=' => Lexeme::Equals,
            '+' | '-' => Lexeme::Sign,
            '.' | '[' => Lexeme::Nested,
            ']' => Lexeme::EndOfIndex,
            _ => match name_length(self.rest) {
                0 => Lexeme::Unknown,
                length => return Some(Lexeme::Name(self.take(length))),
            },
        };
        self.take(first.len_utf8());
        Some(sign)
    }
}

fn name_length(text: &str) -> usize {
    let is_of_name = |byte: &u8| byte.is_ascii_alphanumeric() || *byte == b'_';
    text.bytes().take_while(is_of_name).count()
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn expression_is_split_into_lexemes() {
        let lexemes: Vec<_> = Lexer::new("SET\t#a.b[12] = f(:v, c)+:w, d<>=e é # :").collect();
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
            prop_assert!(Lexer::new(&text).count() <= text.chars().count());
        }
    }
}
