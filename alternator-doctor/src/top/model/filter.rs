//! The text by which rows are chosen.

use super::NodeRow;

/// A text that the rows shown contain, in their address, state or place, in any case.
#[derive(Clone, Debug, Default)]
pub(in crate::top) struct Filter {
    text: String,
    /// True while the keys change the text.
    pub(in crate::top) is_edited: bool,
}

/// The length of a text: more than any address has.
const MAX_LENGTH: usize = 64;

impl Filter {
    pub(in crate::top) fn text(&self) -> &str {
        &self.text
    }

    /// Appends a character.
    pub(in crate::top) fn push(&mut self, character: char) {
        if self.text.len() < MAX_LENGTH && !character.is_control() {
            self.text.push(character);
        }
    }

    /// Removes the last character.
    pub(in crate::top) fn pop(&mut self) {
        self.text.pop();
    }

    /// Shows all rows again.
    pub(in crate::top) fn clear(&mut self) {
        *self = Self::default();
    }

    pub(super) fn matches(&self, row: &NodeRow) -> bool {
        let text = self.text.to_lowercase();
        let contains = |field: &str| field.to_lowercase().contains(&text);
        contains(&row.record.url)
            || contains(row.state())
            || row.place().is_some_and(|place| contains(&place))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::top::document::NodeRecord;

    #[test]
    fn address_state_and_place_are_searched() {
        let row = NodeRow::new(NodeRecord {
            url: "http://10.0.0.1:8000".to_owned(),
            state: "down".to_owned(),
            datacenter: Some("Frankfurt".to_owned()),
            rack: Some("r1".to_owned()),
            ..NodeRecord::default()
        });
        let matches = |text: &str| {
            let mut filter = Filter::default();
            text.chars().for_each(|character| filter.push(character));
            filter.matches(&row)
        };
        for text in ["", "0.0.1", "DOWN", "frankfurt/R1"] {
            assert!(matches(text), "{text}");
        }
        for text in ["10.0.0.2", "up"] {
            assert!(!matches(text), "{text}");
        }
    }

    #[test]
    fn text_is_limited_and_has_no_control_characters() {
        let mut filter = Filter::default();
        filter.push('\u{1b}');
        assert_eq!(filter.text(), "");
        (0..1_000).for_each(|_| filter.push('a'));
        assert_eq!(filter.text().len(), MAX_LENGTH);
        filter.clear();
        assert_eq!(filter.text(), "");
    }
}
