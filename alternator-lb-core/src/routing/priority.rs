//! How load_stats spills from a scope to the next.

/// Of a scope more than this share must be usable, or some of its load_stats spills: 1/1.4, about 71 %. It is envoy's
/// over-provisioning factor. The nodes that are left take on up to 40 % more than before, which clusters that stand the
/// loss of a node have room for; whatever is over that would overload them.
const OVERPROVISIONING: f64 = 1.4;

/// The share of the load_stats that each scope gets, most wanted first, by how many of its nodes are usable and how many there
/// are. They add up to one, unless no node at all is usable.
pub(super) fn shares(levels: impl IntoIterator<Item = (usize, usize)>) -> Vec<f64> {
    let mut left = 1.0;
    let mut shares: Vec<f64> = levels
        .into_iter()
        .map(|(usable, all)| {
            let capacity = OVERPROVISIONING * ratio(usable, all);
            let share = f64::min(capacity, left);
            left -= share;
            share
        })
        .collect();
    let given: f64 = shares.iter().sum();
    if given > 0.0 {
        // Where even all scopes together have too little, they share it all in the same proportion.
        shares.iter_mut().for_each(|share| *share /= given);
    }
    shares
}

fn ratio(usable: usize, all: usize) -> f64 {
    let float = |count: usize| f64::from(u32::try_from(count).unwrap_or(u32::MAX));
    float(usable) / float(all.max(1))
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
    fn a_scope_keeps_its_traffic_until_less_than_five_in_seven_are_usable() {
        assert_eq!(percent(&[(3, 3), (6, 6)]), [100, 0]);
        assert_eq!(percent(&[(5, 7), (6, 6)]), [100, 0]);
        assert_eq!(percent(&[(2, 3), (6, 6)]), [93, 7]);
        assert_eq!(percent(&[(1, 2), (6, 6)]), [70, 30]);
        assert_eq!(percent(&[(0, 1), (6, 6)]), [0, 100]);
        assert_eq!(percent(&[(1, 2), (1, 7), (9, 9)]), [70, 20, 10]);
    }

    #[test]
    fn what_is_too_little_everywhere_is_shared_in_proportion() {
        assert_eq!(percent(&[(1, 7), (2, 7)]), [33, 67]);
        assert_eq!(percent(&[(1, 3)]), [100]);
        assert_eq!(percent(&[(0, 3), (0, 1)]), [0, 0]);
    }

    proptest! {
        #[test]
        fn all_traffic_goes_somewhere_and_none_to_a_scope_without_usable_nodes(
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
