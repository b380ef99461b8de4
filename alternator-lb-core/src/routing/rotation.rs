//! Where the next turn begins.

use super::policy::Rule;
use std::sync::atomic::{AtomicUsize, Ordering};

/// How many turns there were.
///
/// Those among the replicas of keys are counted apart from those among all nodes: were there one count for both, and an
/// application that asks for a key each time before it does something else, then every second node would never have its
/// turn with the latter.
#[derive(Debug)]
pub(super) struct Rotation {
    among_all: Count,
    among_replicas: Count,
}

/// On a cache line of its own: every request on every core increments it, and what lies beside it would travel along.
#[derive(Debug)]
#[repr(align(128))]
struct Count(AtomicUsize);

/// Where the turns of one choice begin: counted when they are wanted, and once, however often that is.
#[derive(Debug)]
pub(super) struct Starts<'r> {
    rotation: &'r Rotation,
    rule: Rule,
    /// Whether it is only asked whose turn it would be.
    is_idle: bool,
    among_all: Option<usize>,
    among_replicas: Option<usize>,
}

impl Rotation {
    pub(super) fn new(start: usize) -> Self {
        let count = || Count(AtomicUsize::new(start));
        Self {
            among_all: count(),
            among_replicas: count(),
        }
    }

    /// The turns of a choice that is made.
    pub(super) fn starts(&self, rule: Rule) -> Starts<'_> {
        Starts {
            rotation: self,
            rule,
            is_idle: false,
            among_all: None,
            among_replicas: None,
        }
    }

    /// The same for a choice that nobody makes.
    pub(super) fn idle_starts(&self, rule: Rule) -> Starts<'_> {
        Starts {
            is_idle: true,
            ..self.starts(rule)
        }
    }
}

impl Starts<'_> {
    pub(super) fn among_all(&mut self, rng: &mut fastrand::Rng) -> usize {
        let next = || next(&self.rotation.among_all, self.rule, self.is_idle, rng);
        *self.among_all.get_or_insert_with(next)
    }

    pub(super) fn among_replicas(&mut self, rng: &mut fastrand::Rng) -> usize {
        let next = || next(&self.rotation.among_replicas, self.rule, self.is_idle, rng);
        *self.among_replicas.get_or_insert_with(next)
    }
}

fn next(count: &Count, rule: Rule, is_idle: bool, rng: &mut fastrand::Rng) -> usize {
    match rule {
        Rule::TwoChoices | Rule::Rotation if is_idle => count.0.load(Ordering::Relaxed),
        Rule::TwoChoices | Rule::Rotation => count.0.fetch_add(1, Ordering::Relaxed),
        Rule::Random => rng.usize(..),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn turns_are_counted_when_they_are_wanted_and_once() {
        let rotation = Rotation::new(7);
        let rng = &mut fastrand::Rng::with_seed(1);
        let mut starts = rotation.starts(Rule::TwoChoices);
        assert_eq!([(); 2].map(|()| starts.among_all(rng)), [7, 7]);
        let mut starts = rotation.starts(Rule::Rotation);
        assert_eq!(starts.among_replicas(rng), 7);
        assert_eq!(starts.among_all(rng), 8);
        for _ in 0..3 {
            let mut idle = rotation.idle_starts(Rule::Rotation);
            assert_eq!((idle.among_all(rng), idle.among_replicas(rng)), (9, 8));
        }
    }
}
