use super::*;
use proptest::prelude::*;

fn node(last: u8) -> IpAddr {
    [10, 0, 0, last].into()
}

fn nodes(last: &[u8]) -> Vec<IpAddr> {
    last.iter().copied().map(node).collect()
}

fn ends(ranges: &[(i64, &[u8])]) -> Vec<(Token, Vec<IpAddr>)> {
    let range = |&(end, replicas): &(i64, &[u8])| (Token::new(end), nodes(replicas));
    ranges.iter().map(range).collect()
}

fn replicas(map: &TokenMap, token: i64) -> Vec<u8> {
    let last = |ip: &IpAddr| match ip {
        IpAddr::V4(ip) => ip.octets()[3],
        IpAddr::V6(_) => 0,
    };
    map.replicas(Token::new(token)).iter().map(last).collect()
}

#[test]
fn tablet_includes_its_last_token() {
    let tablets = ends(&[(i64::MAX, &[5, 6]), (-100, &[1, 2]), (100, &[4, 3])]);
    let map = TokenMap::of_tablets(tablets).unwrap();
    let known = [
        (-i64::MAX, [1, 2]),
        (-100, [1, 2]),
        (-99, [3, 4]),
        (100, [3, 4]),
        (101, [5, 6]),
        (i64::MAX, [5, 6]),
    ];
    for (token, expected) in known {
        assert_eq!(replicas(&map, token), expected, "{token}");
    }
    assert_eq!(map.range_count(), 3);
}

#[test]
fn tokens_after_the_last_tablet_have_no_replicas() {
    let map = TokenMap::of_tablets(ends(&[(0, &[1])])).unwrap();
    assert_eq!(replicas(&map, 0), [1]);
    assert_eq!(replicas(&map, 1), [0; 0]);
}

#[test]
fn ring_wraps_around_to_its_first_range() {
    let map = TokenMap::of_ring(ends(&[(-100, &[1]), (0, &[2]), (100, &[3])])).unwrap();
    for (token, expected) in [
        (-i64::MAX, 1),
        (-100, 1),
        (-99, 2),
        (100, 3),
        (101, 1),
        (i64::MAX, 1),
    ] {
        assert_eq!(replicas(&map, token), [expected], "{token}");
    }
}

#[test]
fn ring_with_one_token_is_one_range() {
    let map = TokenMap::of_ring(ends(&[(7, &[1])])).unwrap();
    for token in [-i64::MAX, 7, 8, i64::MAX] {
        assert_eq!(replicas(&map, token), [1]);
    }
    assert_eq!(map.range_count(), 1);
}

#[test]
fn ring_that_ends_with_the_last_token_does_not_wrap_around() {
    for last in [i64::MAX, i64::MIN] {
        let map = TokenMap::of_ring(ends(&[(0, &[1]), (last, &[2])])).unwrap();
        assert_eq!(replicas(&map, i64::MAX), [2]);
        assert_eq!(replicas(&map, -i64::MAX), [1]);
    }
}

#[test]
fn replicas_of_a_range_are_merged_in_any_order() {
    let at_once = TokenMap::of_ring(ends(&[(-7, &[3, 1, 2]), (9, &[2, 4])])).unwrap();
    let rows = ends(&[
        (9, &[4]),
        (-7, &[1]),
        (-7, &[3]),
        (9, &[2]),
        (-7, &[2]),
        (9, &[2]),
    ]);
    assert_eq!(TokenMap::of_ring(rows).unwrap(), at_once);
    assert_eq!(replicas(&at_once, -7), [1, 2, 3]);
}

#[test]
fn map_without_ranges_has_no_replicas() {
    let unknown = TokenMap::of_ring(ends(&[])).unwrap();
    assert_eq!(replicas(&unknown, 0), [0; 0]);
    assert_eq!(unknown.range_count(), 1);
    assert_eq!(TokenMap::of_tablets(ends(&[])).unwrap(), unknown);
}

#[test]
fn map_with_too_many_ranges_is_refused() {
    let tablets =
        |count: i64| (0..count).map(|tablet| (Token::new(tablet), [node((tablet % 2) as u8)]));
    let most = MAX_RANGES as i64;
    assert!(TokenMap::of_tablets(tablets(most + 1)).is_none());
    assert!(TokenMap::of_ring(tablets(most + 1)).is_none());
    assert!(TokenMap::of_ring(tablets(most)).is_some());
    // The rest of the ring is one more range.
    let full = TokenMap::of_tablets(tablets(most - 1)).unwrap();
    assert_eq!(full.range_count(), MAX_RANGES);
}

#[test]
fn equal_sets_of_replicas_are_stored_once() {
    let tablets = (0..100_000_i64).map(|tablet| {
        let first = (tablet % 12) as u8;
        (
            Token::new(tablet << 40),
            [node(first), node((first + 4) % 12), node((first + 8) % 12)],
        )
    });
    let map = TokenMap::of_tablets(tablets).unwrap();
    assert_eq!(map.range_count(), 100_001);
    assert_eq!(map.replicas.len(), 1 + 4);
    assert_eq!(map.replicas.concat().len(), 4 * 3);
}

/// Few tokens, so that ranges meet, and the ends of the ring.
fn any_token() -> impl Strategy<Value = i64> {
    prop_oneof![
        -20_i64..20,
        Just(i64::MAX),
        Just(-i64::MAX),
        Just(i64::MAX - 1)
    ]
}

fn tokens() -> impl Iterator<Item = i64> {
    (-25..25).chain([-i64::MAX, -i64::MAX + 1, i64::MAX - 1, i64::MAX])
}

fn any_replicas() -> impl Strategy<Value = Vec<u8>> {
    prop::collection::btree_set(0_u8..5, 1..4).prop_map(|nodes| nodes.into_iter().collect())
}

proptest! {
    #[test]
    fn map_of_tablets_equals_a_search_in_their_list(
        tablets in prop::collection::btree_map(any_token(), any_replicas(), 0..12),
    ) {
        let map = TokenMap::of_tablets(tablets.iter().map(|(&end, replicas)| (Token::new(end), nodes(replicas)))).unwrap();
        for token in tokens() {
            let expected = tablets.range(token..).next().map(|(_, replicas)| nodes(replicas));
            prop_assert_eq!(map.replicas(Token::new(token)), expected.unwrap_or_default(), "{}", token);
        }
        prop_assert!(map.range_count() <= tablets.len() + 1);
        prop_assert!(map.ends.is_sorted_by(|a, b| a < b));
        prop_assert!(map.sets.windows(2).all(|pair| pair[0] != pair[1]));
    }

    #[test]
    fn map_of_a_ring_equals_a_walk_to_the_next_token(
        ring in prop::collection::btree_map(any_token(), any_replicas(), 1..12),
    ) {
        let map = TokenMap::of_ring(ring.iter().map(|(&end, replicas)| (Token::new(end), nodes(replicas)))).unwrap();
        for token in tokens() {
            let next = ring.range(token..).chain(&ring).next().unwrap();
            prop_assert_eq!(map.replicas(Token::new(token)), nodes(next.1), "{}", token);
        }
    }
}

#[test]
fn size_counts_ranges_and_distinct_sets_of_replicas() {
    let of = |tablets: u8, sets: u8| {
        let tablet = |number: u8| {
            let replicas = [IpAddr::from([10, 0, 0, number % sets])];
            (Token::new(number.into()), replicas)
        };
        TokenMap::of_tablets((0..tablets).map(tablet))
            .unwrap()
            .bytes()
    };
    assert_eq!(of(200, 2) - of(100, 2), 100 * 12);
    let set = of(100, 3) - of(100, 2);
    assert!((size_of::<IpAddr>()..80).contains(&set), "{set}");
}

#[test]
fn fewest_replicas_are_those_of_a_range() {
    let replicas = |count: u8| (1..=count).map(|node| IpAddr::from([10, 0, 0, node]));
    let map = |counts: [u8; 2]| {
        let tablets = [(0, counts[0]), (i64::MAX, counts[1])];
        let tablets =
            tablets.map(|(end, count)| (Token::new(end), replicas(count).collect::<Vec<_>>()));
        TokenMap::of_tablets(tablets).unwrap()
    };
    assert_eq!(map([3, 2]).fewest_replicas(), 2);
    assert_eq!(map([3, 3]).fewest_replicas(), 3);
    assert_eq!(map([0, 3]).fewest_replicas(), 0);
}
