//! The checks of what operations return. Plain values, which know no client and no cluster.

use std::collections::{BTreeSet, VecDeque};
use std::sync::{Mutex, PoisonError};

use super::violation::Violation;

/// The items of one caller, each of which is written once.
#[derive(Debug, Default)]
pub(super) struct Items {
    acknowledged: VecDeque<(String, u64)>,
}

impl Items {
    /// Notes an acknowledged write.
    pub(super) fn acknowledge(&mut self, key: String, value: u64) {
        self.acknowledged.push_back((key, value));
    }

    /// Returns the item of a number, counted in the order of writing and around the end.
    pub(super) fn get(&self, number: usize) -> Option<(String, u64)> {
        let number = number.checked_rem(self.acknowledged.len())?;
        self.acknowledged.get(number).cloned()
    }

    /// Returns the oldest item if there are more than so many, and forgets it: it is deleted.
    pub(super) fn retire(&mut self, most: usize) -> Option<String> {
        let is_full = self.acknowledged.len() > most;
        let oldest = is_full.then(|| self.acknowledged.pop_front());
        oldest.flatten().map(|(key, _)| key)
    }

    /// Returns all items.
    pub(super) fn all(&self) -> impl Iterator<Item = &(String, u64)> {
        self.acknowledged.iter()
    }

    /// Checks what a read returns of an acknowledged item.
    pub(super) fn check(key: &str, expected: u64, found: Option<u64>) -> Result<(), Violation> {
        match found {
            Some(found) if found == expected => Ok(()),
            _ => Err(Violation::LostWrite {
                key: key.to_owned(),
                expected,
                found,
            }),
        }
    }
}

/// An item of one caller whose version grows: a write of an older version than the stored one is refused.
#[derive(Debug, Default)]
pub(super) struct Version {
    acknowledged: u64,
    attempted: u64,
}

impl Version {
    /// Returns the version to write next.
    pub(super) fn next(&mut self) -> u64 {
        self.attempted += 1;
        self.attempted
    }

    /// Notes that the last version was acknowledged.
    pub(super) fn acknowledge(&mut self) {
        self.acknowledged = self.attempted;
    }

    /// Checks the version that a read returns.
    pub(super) fn check(&self, key: &str, found: Option<u64>) -> Result<(), Violation> {
        let (acknowledged, attempted) = (self.acknowledged, self.attempted);
        match (acknowledged..=attempted).contains(&found.unwrap_or(0)) {
            true => Ok(()),
            false => Err(Violation::WrongVersion {
                key: key.to_owned(),
                found,
                acknowledged,
                attempted,
            }),
        }
    }
}

/// A counter of many callers, which increment it on the condition that it has not changed. So no increment is executed
/// twice, and each whose outcome is unknown is executed once or never.
#[derive(Debug)]
pub(super) struct Counter {
    key: String,
    increments: Mutex<Increments>,
}

#[derive(Clone, Copy, Debug, Default)]
struct Increments {
    begun: u64,
    acknowledged: u64,
    refused: u64,
}

impl Counter {
    pub(super) fn new(key: String) -> Self {
        Self {
            key,
            increments: Mutex::default(),
        }
    }

    pub(super) fn key(&self) -> &str {
        &self.key
    }

    pub(super) fn begin(&self) {
        self.change(|increments| increments.begun += 1);
    }

    /// Notes that an increment was executed.
    pub(super) fn acknowledge(&self) {
        self.change(|increments| increments.acknowledged += 1);
    }

    /// Notes that an increment was not executed, and never will be.
    pub(super) fn refuse(&self) {
        self.change(|increments| increments.refused += 1);
    }

    /// Returns the least value of a read that begins now.
    pub(super) fn least(&self) -> u64 {
        self.change(|increments| increments.acknowledged)
    }

    /// Checks the result of a read that ends now, given the [least](Self::least) value when it began.
    pub(super) fn check(&self, least: u64, found: u64) -> Result<(), Violation> {
        let most = self.change(|increments| increments.begun - increments.refused);
        match (least..=most).contains(&found) {
            true => Ok(()),
            false => Err(Violation::WrongCount {
                key: self.key.clone(),
                found,
                least,
                most,
            }),
        }
    }

    fn change<T>(&self, change: impl FnOnce(&mut Increments) -> T) -> T {
        change(
            &mut self
                .increments
                .lock()
                .unwrap_or_else(PoisonError::into_inner),
        )
    }
}

/// A counter of one caller without a condition: each increment adds its number to a set, so that one that is executed
/// twice counts twice and is in the set once.
#[derive(Debug, Default)]
pub(super) struct NumberedIncrements {
    acknowledged: BTreeSet<u64>,
}

impl NumberedIncrements {
    /// Notes an acknowledged increment.
    pub(super) fn acknowledge(&mut self, operation: u64) {
        self.acknowledged.insert(operation);
    }

    /// Returns the number of acknowledged increments.
    pub(super) fn len(&self) -> usize {
        self.acknowledged.len()
    }

    /// Checks the counter and the set beside it.
    pub(super) fn check(
        &self,
        key: &str,
        count: u64,
        operations: &BTreeSet<u64>,
    ) -> Result<(), Violation> {
        if let Some(lost) = self.acknowledged.difference(operations).next() {
            return Err(Violation::LostIncrement {
                key: key.to_owned(),
                operation: *lost,
            });
        }
        match operations.len() as u64 {
            distinct if distinct == count => Ok(()),
            distinct => Err(Violation::DoubledIncrement {
                key: key.to_owned(),
                count,
                operations: distinct,
            }),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn missing_or_changed_item_is_a_lost_write() {
        assert_eq!(Items::check("a", 7, Some(7)), Ok(()));
        for found in [None, Some(8)] {
            let violation = Items::check("a", 7, found);
            assert!(matches!(
                violation,
                Err(Violation::LostWrite { expected: 7, .. })
            ));
        }
    }

    #[test]
    fn oldest_items_are_retired() {
        let mut items = Items::default();
        assert_eq!((items.get(3), items.retire(0)), (None, None));
        for value in 0..3 {
            items.acknowledge(value.to_string(), value);
        }
        assert_eq!(items.retire(3), None);
        assert_eq!(items.all().count(), 3);
        assert_eq!(items.retire(2).as_deref(), Some("0"));
        assert_eq!(items.get(2), Some(("1".to_owned(), 1)));
    }

    #[test]
    fn version_is_between_the_acknowledged_and_the_attempted_one() {
        let mut version = Version::default();
        assert_eq!(version.check("a", None), Ok(()));
        version.next();
        assert_eq!(
            version.check("a", None),
            Ok(()),
            "it may have been executed"
        );
        assert_eq!(version.check("a", Some(1)), Ok(()), "or not");
        version.acknowledge();
        assert!(version.check("a", None).is_err(), "it was lost");
        version.next();
        for (found, is_right) in [(0, false), (1, true), (2, true), (3, false)] {
            assert_eq!(version.check("a", Some(found)).is_ok(), is_right, "{found}");
        }
    }

    #[test]
    fn counter_is_between_acknowledged_and_not_refused_increments() {
        let counter = Counter::new("a".to_owned());
        for _ in 0..10 {
            counter.begin();
        }
        (0..4).for_each(|_| counter.acknowledge());
        (0..3).for_each(|_| counter.refuse());
        let least = counter.least();
        for (found, is_right) in [(3, false), (4, true), (7, true), (8, false)] {
            assert_eq!(counter.check(least, found).is_ok(), is_right, "{found}");
        }
        counter.acknowledge();
        assert_eq!(counter.check(least, 4), Ok(()), "the read began before");
    }

    #[test]
    fn doubled_and_lost_increments_are_found_whatever_is_uncertain() {
        let mut increments = NumberedIncrements::default();
        increments.acknowledge(1);
        increments.acknowledge(3);
        let check = |count, operations: &[u64]| {
            increments.check("a", count, &operations.iter().copied().collect())
        };
        assert_eq!(check(2, &[1, 3]), Ok(()));
        assert_eq!(check(3, &[1, 2, 3]), Ok(()));
        let doubled = check(4, &[1, 2, 3]);
        assert!(matches!(
            doubled,
            Err(Violation::DoubledIncrement {
                count: 4,
                operations: 3,
                ..
            })
        ));
        assert!(matches!(
            check(1, &[1]),
            Err(Violation::LostIncrement { operation: 3, .. })
        ));
    }
}
