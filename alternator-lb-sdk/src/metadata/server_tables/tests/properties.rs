//! Properties of any rows.

use super::*;
use proptest::prelude::*;
use std::collections::{BTreeMap, BTreeSet};

/// Ends of ranges with their replicas.
fn any_layout() -> impl Strategy<Value = BTreeMap<i64, BTreeSet<u8>>> {
    let end = prop_oneof![-20_i64..20, any::<i64>().prop_map(|end| end.max(-i64::MAX))];
    let replicas = prop::collection::btree_set(1_u8..9, 1..4);
    prop::collection::btree_map(end, replicas, 1..12)
}

fn any_text() -> impl Strategy<Value = String> {
    prop_oneof![
        ".{0,12}",
        "-?[0-9]{1,21}",
        "[0-9.:]{2,15}",
        Just("<ALL>".to_owned()),
        (0_u8..9, 0_u8..9).prop_map(|(one, other)| format!(
            "{}:0, {}:1",
            host_id(one),
            host_id(other)
        )),
    ]
}

fn any_value() -> impl Strategy<Value = Value> {
    prop_oneof![
        4 => any_text().prop_map(|text| json!({"S": text})),
        1 => any_text().prop_map(|text| json!({"BOOL": text})),
        1 => any::<i64>().prop_map(|number| json!(number)),
        1 => Just(Value::Null),
    ]
}

const COLUMNS: &[&str] = &[
    "last_token",
    "replicas",
    "new_replicas",
    "stage",
    "base_table",
    "table_name",
    "view_name",
    "start_token",
    "end_token",
    "endpoint",
    "host_id",
    "rpc_address",
    "peer",
    "id",
    "keyspace_name",
    "replication",
    "dc",
    "data_center",
];

fn any_row() -> impl Strategy<Value = Value> {
    let columns = prop::collection::btree_map(prop::sample::select(COLUMNS), any_value(), 0..8);
    columns.prop_map(|columns| {
        let columns = columns.into_iter();
        Value::Object(
            columns
                .map(|(name, value)| (name.to_owned(), value))
                .collect(),
        )
    })
}

proptest! {
    #[test]
    fn any_rows_can_be_read(rows in prop::collection::vec(any_row(), 0..12), token in any::<i64>()) {
        let mut addresses = addresses(1..=3);
        rows.iter().for_each(|row| addresses.read(row));
        for map in [map_of_tablets(&rows, &addresses), map_of_ring(&rows, &addresses)] {
            prop_assert!(map.range_count() <= 2 * rows.len() + 1);
            map.replicas(Token::new(token));
        }
        let (mut ids, mut replications) = (IndexIds::default(), Replications::default());
        for row in &rows {
            ids.read(row);
            replications.read(row);
        }
        ids.find("a", "b");
    }

    #[test]
    fn tablets_map_to_their_replicas(layout in any_layout(), token in any::<i64>(), seed in any::<u64>()) {
        let mut rows: Vec<Value> = layout.iter()
            .map(|(end, replicas)| tablet(*end, &replicas.iter().copied().collect::<Vec<_>>())).collect();
        fastrand::Rng::with_seed(seed).shuffle(&mut rows);
        let map = map_of_tablets(&rows, &addresses(1..9));
        for token in layout.keys().copied().chain([token]) {
            let expected = layout.range(token..).next().map(|(_, replicas)| replicas.iter().copied().collect());
            let expected: Vec<u8> = expected.unwrap_or_default();
            prop_assert_eq!(replicas(&map, token), expected, "{}", token);
        }
    }

    #[test]
    fn ring_maps_to_its_replicas(layout in any_layout(), token in any::<i64>(), seed in any::<u64>()) {
        let before = |end: i64| layout.range(..end).next_back().or_else(|| layout.iter().next_back()).unwrap().0;
        let mut rows: Vec<Value> = layout.iter()
            .flat_map(|(end, replicas)| replicas.iter().map(|node| vnode(&before(*end).to_string(), &end.to_string(), *node)))
            .collect();
        fastrand::Rng::with_seed(seed).shuffle(&mut rows);
        let map = map_of_ring(&rows, &addresses(1..9));
        for token in layout.keys().copied().chain([token]) {
            let next = layout.range(token..).chain(&layout).next().unwrap().1;
            prop_assert_eq!(replicas(&map, token), next.iter().copied().collect::<Vec<u8>>(), "{}", token);
        }
    }
}
