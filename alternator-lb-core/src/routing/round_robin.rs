//! Where the next turn begins.

use super::policy::Rule;
use std::sync::atomic::{AtomicUsize, Ordering};

/// How many turns there were.
///
/// Those among the replicas of keys are counted apart from those among all nodes: were there one count for both, and an
/// application that asks for a key each time before it does something else, then every second node would never have its
/// turn with the latter.
#[derive(Debug)]
pub(super) struct RoundRobin {
    all_nodes: Count,
    replicas_only: Count,
}

/// On a cache line of its own: every request on every core increments it, and what lies beside it would travel along.
#[derive(Debug)]
#[repr(align(128))]
struct Count(AtomicUsize);

/// Where the turns of one choice begin: counted when they are wanted, and once, however often that is.
#[derive(Debug)]
pub(super) struct RoundRobinCursor<'r> {
    rotation: &'r RoundRobin,
    rule: Rule,
    /// Whether it is only asked whose turn it would be.
    is_idle: bool,
    all_nodes: Option<usize>,
    replicas_only: Option<usize>,
}

impl RoundRobin {
    pub(super) fn new(start: usize) -> Self {
        let count = || Count(AtomicUsize::new(start));
        Self {
            all_nodes: count(),
            replicas_only: count(),
        }
    }

    /// The turns of a choice that is made.
    pub(super) fn starts(&self, rule: Rule) -> RoundRobinCursor<'_> {
        RoundRobinCursor {
            rotation: self,
            rule,
            is_idle: false,
            all_nodes: None,
            replicas_only: None,
        }
    }

    /// The same for a choice that nobody makes.
    pub(super) fn peek(&self, rule: Rule) -> RoundRobinCursor<'_> {
        RoundRobinCursor {
            is_idle: true,
            ..self.starts(rule)
        }
    }
}

impl RoundRobinCursor<'_> {
    pub(super) fn all_nodes(&mut self, rng: &mut fastrand::Rng) -> usize {
        let next = || next(&self.rotation.all_nodes, self.rule, self.is_idle, rng);
        *self.all_nodes.get_or_insert_with(next)
    }

    pub(super) fn replicas_only(&mut self, rng: &mut fastrand::Rng) -> usize {
        let next = || next(&self.rotation.replicas_only, self.rule, self.is_idle, rng);
        *self.replicas_only.get_or_insert_with(next)
    }
}

fn next(count: &Count, rule: Rule, is_idle: bool, rng: &mut fastrand::Rng) -> usize {
    match rule {
        Rule::PowerOfTwoChoices | Rule::RoundRobin if is_idle => count.0.load(Ordering::Relaxed),
        Rule::PowerOfTwoChoices | Rule::RoundRobin => count.0.fetch_add(1, Ordering::Relaxed),
        Rule::Random => rng.usize(..),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn turns_are_counted_when_they_are_wanted_and_once() {
        let rotation = RoundRobin::new(7);
        let rng = &mut fastrand::Rng::with_seed(1);
        let mut starts = rotation.starts(Rule::PowerOfTwoChoices);
        assert_eq!([(); 2].map(|()| starts.all_nodes(rng)), [7, 7]);
        let mut starts = rotation.starts(Rule::RoundRobin);
        assert_eq!(starts.replicas_only(rng), 7);
        assert_eq!(starts.all_nodes(rng), 8);
        for _ in 0..3 {
            let mut idle = rotation.peek(Rule::RoundRobin);
            assert_eq!((idle.all_nodes(rng), idle.replicas_only(rng)), (9, 8));
        }
    }
}
