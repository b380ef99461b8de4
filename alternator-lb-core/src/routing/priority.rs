//! Failover between the priority levels, which are the scopes of the configuration in their order.

use super::healthy_set::HealthySet;

/// The usable nodes of one scope.
#[derive(Debug)]
pub(super) struct PriorityLevel<E> {
    pub(super) usable: HealthySet<E>,
    /// The share of the requests that they receive.
    pub(super) share: f64,
}

/// The overprovisioning factor, as in envoy: a level keeps all of its requests while 1/1.4 of its nodes, about 71 %,
/// are usable. Below that the usable nodes receive up to 40 % more than before, for which clusters that survive the
/// loss of a node have room; the rest would overload them, and spills over to the next level.
const OVERPROVISIONING: f64 = 1.4;

/// Returns the share of the requests of each level, by the numbers of its usable nodes and of all of its nodes. The
/// shares add up to one, unless no node is usable.
pub(super) fn shares(levels: impl IntoIterator<Item = (usize, usize)>) -> Vec<f64> {
    let float = |count: usize| f64::from(u32::try_from(count).unwrap_or(u32::MAX));
    let mut left = 1.0;
    let mut shares: Vec<f64> = levels
        .into_iter()
        .map(|(usable, all)| {
            let ratio = float(usable) / float(all.max(1));
            let share = f64::min(OVERPROVISIONING * ratio, left);
            left -= share;
            share
        })
        .collect();
    let sum: f64 = shares.iter().sum();
    if sum > 0.0 {
        // Where all levels together have too little capacity, each is overloaded in the same proportion.
        shares.iter_mut().for_each(|share| *share /= sum);
    }
    shares
}

/// Returns the levels in the order in which a request tries them, each with its priority: first one that is drawn by its
/// share, then the others by priority.
pub(super) fn failover_order<'s, E>(
    levels: &'s [PriorityLevel<E>],
    rng: &mut fastrand::Rng,
) -> impl Iterator<Item = (usize, &'s PriorityLevel<E>)> + use<'s, E> {
    let drawn = draw(levels, rng);
    let all = || levels.iter().enumerate();
    let others = all().filter(move |(priority, _)| *priority != drawn);
    all().skip(drawn).take(1).chain(others)
}

fn draw<E>(levels: &[PriorityLevel<E>], rng: &mut fastrand::Rng) -> usize {
    if levels.first().is_none_or(|first| first.share >= 1.0) {
        return 0;
    }
    let mut point = rng.f64();
    let is_hit = |level: &PriorityLevel<E>| {
        point -= level.share;
        point < 0.0
    };
    levels.iter().position(is_hit).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn percent(levels: &[(usize, usize)]) -> Vec<i64> {
        let shares = shares(levels.iter().copied());
        shares
            .iter()
            .map(|share| (share * 100.0).round() as i64)
            .collect()
    }

    #[test]
    fn level_spills_over_below_five_usable_nodes_in_seven() {
        assert_eq!(percent(&[(3, 3), (6, 6)]), [100, 0]);
        assert_eq!(percent(&[(5, 7), (6, 6)]), [100, 0]);
        assert_eq!(percent(&[(2, 3), (6, 6)]), [93, 7]);
        assert_eq!(percent(&[(1, 2), (6, 6)]), [70, 30]);
        assert_eq!(percent(&[(0, 1), (6, 6)]), [0, 100]);
        assert_eq!(percent(&[(1, 2), (1, 7), (9, 9)]), [70, 20, 10]);
    }

    #[test]
    fn too_little_capacity_overall_is_shared_in_proportion() {
        assert_eq!(percent(&[(1, 7), (2, 7)]), [33, 67]);
        assert_eq!(percent(&[(1, 3)]), [100]);
        assert_eq!(percent(&[(0, 3), (0, 1)]), [0, 0]);
    }

    proptest! {
        #[test]
        fn shares_add_up_to_one_and_level_without_usable_nodes_has_none(
            levels in prop::collection::vec((1usize..9).prop_flat_map(|all| (0..=all, Just(all))), 1..5),
        ) {
            let shares = shares(levels.iter().copied());
            let sum: f64 = shares.iter().sum();
            let any = levels.iter().any(|&(usable, _)| usable > 0);
            let expected = if any { 1.0 } else { 0.0 };
            prop_assert!((sum - expected).abs() < 1e-9);
            for (share, (usable, _)) in shares.iter().zip(levels) {
                prop_assert!((0.0..=1.0).contains(share));
                prop_assert!(usable > 0 || *share == 0.0);
            }
        }
    }
}
