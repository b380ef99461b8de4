//! Changes of the list of nodes.

use super::seconds;
use std::collections::{HashMap, HashSet};
use std::hash::Hash;
use std::time::Duration;

/// The nodes that are or were listed, by their addresses.
///
/// A node that leaves the list changes no placement: either its partitions were moved before, which their maps showed,
/// or it is down and holds them still. A node that returns holds what it held. Only a node that was not listed for an
/// hour takes over partitions, so that a rolling restart makes no map stale.
#[derive(Clone, Debug)]
pub struct NodeHistory<A> {
    listed: HashSet<A>,
    /// The time at which each node left the list.
    departed: HashMap<A, Duration>,
    /// The time of the latest change. None before the first list.
    changed_at: Option<Duration>,
}

/// The time for which a node that has left is expected back. A restart with a repair of its commit log takes minutes.
const MEMORY: Duration = seconds(60 * 60);

/// The time over which maps are fetched again after a node has joined. It takes over its partitions in minutes to
/// hours.
const SPREAD: Duration = seconds(60);

/// Returns the wait before a map is fetched again after a node has joined.
#[must_use]
pub fn join_delay(rng: &mut fastrand::Rng) -> Duration {
    SPREAD.mul_f64(rng.f64())
}

impl<A> Default for NodeHistory<A> {
    fn default() -> Self {
        Self {
            listed: HashSet::new(),
            departed: HashMap::new(),
            changed_at: None,
        }
    }
}

impl<A: Clone + Eq + Hash> NodeHistory<A> {
    /// The seeds, which stand for the nodes before the first list.
    pub fn of_seeds(seeds: impl IntoIterator<Item = A>) -> Self {
        Self {
            listed: seeds.into_iter().collect(),
            ..Self::default()
        }
    }

    /// Records the list that is in force from `now` on. Returns whether a node has joined, which makes all maps stale.
    ///
    /// The first list makes none stale, unless it lacks a seed: the nodes may then be those of another datacenter.
    pub fn record(&mut self, listed: impl IntoIterator<Item = A>, now: Duration) -> bool {
        let listed: HashSet<A> = listed.into_iter().collect();
        self.departed
            .retain(|_, left_at| now.saturating_sub(*left_at) < MEMORY);
        let is_new = |node: &A| !self.listed.contains(node) && !self.departed.contains_key(node);
        let has_joined = match self.changed_at {
            Some(_) => listed.iter().any(is_new),
            None => !self.listed.is_subset(&listed),
        };
        self.departed.retain(|node, _| !listed.contains(node));
        let left = self.listed.drain().filter(|node| !listed.contains(node));
        self.departed.extend(left.map(|node| (node, now)));
        self.listed = listed;
        self.changed_at = Some(now);
        has_joined
    }

    /// The nodes that are listed. Before the first list, the seeds.
    #[must_use]
    pub fn listed(&self) -> &HashSet<A> {
        &self.listed
    }

    /// Returns for how long the list has been the same.
    #[must_use]
    pub fn unchanged(&self, now: Duration) -> Duration {
        now.saturating_sub(self.changed_at.unwrap_or_default())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn first_list_makes_no_map_stale() {
        let mut history = NodeHistory::default();
        assert!(!history.record([1, 2], seconds(5)));
        assert_eq!(history.listed(), &HashSet::from([1, 2]));
    }

    #[test]
    fn first_list_without_a_seed_makes_maps_stale() {
        for (listed, has_joined) in [([1, 2, 3], false), ([2, 3, 4], true)] {
            let mut history = NodeHistory::of_seeds([1]);
            assert_eq!(history.listed(), &HashSet::from([1]));
            assert_eq!(history.record(listed, seconds(5)), has_joined);
            assert!(!history.record(listed, seconds(6)));
        }
    }

    #[test]
    fn node_that_leaves_and_returns_within_an_hour_makes_no_map_stale() {
        let mut history = NodeHistory::default();
        history.record([1, 2, 3], seconds(0));
        for (node, time) in [(1, 100), (2, 200), (3, 3_700)] {
            let others = [1, 2, 3].into_iter().filter(|other| *other != node);
            assert!(!history.record(others, seconds(time)), "{node} leaves");
            let back = history.record([1, 2, 3], seconds(time + 3_599));
            assert!(!back, "{node} returns");
        }
    }

    #[test]
    fn node_that_was_not_listed_for_an_hour_makes_maps_stale() {
        let mut history = NodeHistory::default();
        history.record([1, 2], seconds(0));
        assert!(history.record([1, 2, 3], seconds(10)));
        assert!(!history.record([1, 2], seconds(20)));
        assert!(history.record([1, 2, 3], seconds(20 + 3_600)));
        assert!(history.record([4], seconds(20 + 3_600)), "all are replaced");
    }

    #[test]
    fn list_is_unchanged_since_it_was_recorded() {
        let mut history = NodeHistory::default();
        assert_eq!(history.unchanged(seconds(7)), seconds(7));
        history.record([1], seconds(10));
        assert_eq!(history.unchanged(seconds(25)), seconds(15));
    }

    #[test]
    fn maps_are_fetched_again_over_a_minute() {
        let mut rng = fastrand::Rng::with_seed(7);
        let mut delays: Vec<u64> = (0..600).map(|_| join_delay(&mut rng).as_secs()).collect();
        delays.sort_unstable();
        delays.dedup();
        assert_eq!(delays, (0..60).collect::<Vec<_>>());
    }
}
