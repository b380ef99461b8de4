//! One table.

use super::Definition;
use super::due::Due;
use arc_swap::ArcSwapOption;
use std::sync::Arc;
use std::time::Duration;

/// A table, and what is known of it.
#[derive(Debug)]
pub(crate) struct Table {
    name: Arc<str>,
    /// The how manieth it was.
    number: u64,
    /// The partition key as the application names it, which goes before what the table says.
    named_key: Option<Box<str>>,
    definition: ArcSwapOption<Definition>,
    pub(crate) due: Due,
}

impl Table {
    pub(crate) fn new(name: &str, number: u64) -> Self {
        Self {
            name: name.into(),
            number,
            named_key: None,
            definition: ArcSwapOption::empty(),
            due: Due::now(),
        }
    }

    /// A table whose partition key the application has named; `is_settled` if no more is to be known of it.
    pub(crate) fn with_key(name: &str, number: u64, key: &str, is_settled: bool) -> Self {
        Self {
            named_key: Some(key.into()),
            definition: ArcSwapOption::from_pointee(Definition::of_key(key)),
            due: match is_settled {
                true => Due::never(),
                false => Due::now(),
            },
            ..Self::new(name, number)
        }
    }

    pub(crate) fn name(&self) -> &Arc<str> {
        &self.name
    }

    pub(crate) fn number(&self) -> u64 {
        self.number
    }

    /// Whether the application has named it.
    pub(crate) fn is_named(&self) -> bool {
        self.named_key.is_some()
    }

    /// What is known of it.
    pub(crate) fn definition(&self) -> Option<Arc<Definition>> {
        self.definition.load_full()
    }

    pub(crate) fn learned(&self, definition: Definition) {
        let definition = match &self.named_key {
            Some(key) => definition.with_key(key),
            None => definition,
        };
        self.definition.store(Some(Arc::new(definition)));
    }

    /// It is not there.
    pub(crate) fn is_missing(&self) {
        let named = self.named_key.as_deref().map(Definition::of_key);
        self.definition.store(named.map(Arc::new));
    }

    /// Something speaks against what is known of it.
    pub(crate) fn doubt(&self, now: Duration) {
        self.due.doubt(now);
    }

    /// What is known of it has changed in part.
    pub(crate) fn expire(&self) {
        self.due.again();
    }

    /// What was known of it is wrong.
    pub(crate) fn forget(&self) {
        self.due.again();
        self.is_missing();
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn key(table: &Table) -> Option<String> {
        let definition = table.definition()?;
        Some(definition.partition_key(None)?.to_owned())
    }

    #[test]
    fn what_is_learned_is_known_until_it_is_forgotten() {
        let table = Table::new("t", 0);
        assert_eq!(key(&table), None);
        table.learned(Definition::of_key("pk"));
        assert_eq!(key(&table).as_deref(), Some("pk"));
        table.expire();
        assert_eq!(
            key(&table).as_deref(),
            Some("pk"),
            "until it is learned anew"
        );
        table.forget();
        assert_eq!(key(&table), None);
    }

    #[test]
    fn a_key_that_is_named_stays() {
        let table = Table::with_key("t", 0, "id", false);
        assert_eq!(key(&table).as_deref(), Some("id"));
        table.learned(Definition::of_key("pk"));
        assert_eq!(key(&table).as_deref(), Some("id"));
        table.forget();
        assert_eq!(key(&table).as_deref(), Some("id"));
    }

    #[test]
    fn a_table_whose_key_is_named_is_looked_up_only_for_more() {
        let is_due = |is_settled| {
            let table = Table::with_key("t", 0, "id", is_settled);
            table.due.claim(Duration::MAX / 2, Duration::ZERO).is_some()
        };
        assert!(is_due(false) && !is_due(true));
    }
}
