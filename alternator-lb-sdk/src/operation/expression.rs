//! The words of DynamoDB's expressions.
//!
//! No parser: what is asked of an expression here (does it read what it writes, which value does the key have) can be seen
//! from its words, and the server is the judge of the rest. Borrows from the text and never fails; what is no word is told
//! as such.

/// A word of an expression.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Word<'a> {
    /// An attribute, a function, a keyword: letters, digits and underscores.
    Name(&'a str),
    /// `#name`: stands for an attribute; with the `#`.
    NameReference(&'a str),
    /// `:value`: stands for a value; with the `:`.
    ValueReference(&'a str),
    Comma,
    Open,
    Close,
    Equals,
    /// `+` or `-`.
    Sign,
    /// `.` or `[`: what comes is inside of what was before.
    Inside,
    /// `]`
    EndOfIndex,
    /// Comparisons other than `=`: `<`, `<=`, `<>`, `>`, `>=`.
    Comparison,
    /// Nothing that an expression can have.
    Unknown,
}

/// Reads an expression word by word.
#[derive(Clone, Debug)]
pub(crate) struct Words<'a> {
    rest: &'a str,
}

impl<'a> Words<'a> {
    pub(crate) fn of(expression: &'a str) -> Self {
        Self { rest: expression }
    }

    /// Takes as many bytes; they must end between two characters.
    fn take(&mut self, length: usize) -> &'a str {
        let (word, rest) = self
            .rest
            .split_at_checked(length)
            .unwrap_or((self.rest, ""));
        self.rest = rest;
        word
    }

    fn take_reference(&mut self, word: impl Fn(&'a str) -> Word<'a>) -> Word<'a> {
        match name_length(self.rest.get(1..).unwrap_or_default()) {
            0 => {
                self.take(1);
                Word::Unknown
            }
            length => word(self.take(1 + length)),
        }
    }
}

impl<'a> Iterator for Words<'a> {
    type Item = Word<'a>;

    fn next(&mut self) -> Option<Word<'a>> {
        self.rest = self.rest.trim_ascii_start();
        let first = self.rest.chars().next()?;
        let sign = match first {
            '#' => return Some(self.take_reference(Word::NameReference)),
            ':' => return Some(self.take_reference(Word::ValueReference)),
            '<' | '>' => {
                let symbols = self
                    .rest
                    .bytes()
                    .take_while(|byte| matches!(byte, b'<' | b'>' | b'='));
                let length = symbols.count();
                self.take(length);
                return Some(Word::Comparison);
            }
            ',' => Word::Comma,
            '(' => Word::Open,
            ')' => Word::Close,
            '=' => Word::Equals,
            '+' | '-' => Word::Sign,
            '.' | '[' => Word::Inside,
            ']' => Word::EndOfIndex,
            _ => match name_length(self.rest) {
                0 => Word::Unknown,
                length => return Some(Word::Name(self.take(length))),
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
    fn an_expression_falls_into_its_words() {
        let words: Vec<_> = Words::of("SET\t#a.b[12] = f(:v, c)+:w, d<>=e é # :").collect();
        let expected = [
            Word::Name("SET"),
            Word::NameReference("#a"),
            Word::Inside,
            Word::Name("b"),
            Word::Inside,
            Word::Name("12"),
            Word::EndOfIndex,
            Word::Equals,
            Word::Name("f"),
            Word::Open,
            Word::ValueReference(":v"),
            Word::Comma,
            Word::Name("c"),
            Word::Close,
            Word::Sign,
            Word::ValueReference(":w"),
            Word::Comma,
            Word::Name("d"),
            Word::Comparison,
            Word::Name("e"),
            Word::Unknown,
            Word::Unknown,
            Word::Unknown,
        ];
        assert_eq!(words, expected);
    }

    proptest! {
        #[test]
        fn every_text_ends(text in ".*") {
            prop_assert!(Words::of(&text).count() <= text.chars().count());
        }
    }
}
