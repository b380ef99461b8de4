use super::*;
use alternator_lb_core::routing::{Token, TokenMap};
use serde_json::{Value, json};
use std::collections::HashSet;
use std::net::IpAddr;
use std::sync::Arc;

mod properties;
mod recorded;

/// A row with these columns, rendered as the server does.
fn row(columns: &[(&str, String)]) -> Value {
    let columns = columns.iter();
    let columns = columns.map(|(name, value)| ((*name).to_owned(), json!({"S": value})));
    Value::Object(columns.collect())
}

fn host_id(node: u8) -> String {
    format!("5e3d8f6c-0000-4000-8000-0000000000{node:02x}")
}

fn internal(node: u8) -> IpAddr {
    [192, 168, 0, node].into()
}

fn known_as(node: u8) -> IpAddr {
    [10, 0, 0, node].into()
}

fn addresses(nodes: impl IntoIterator<Item = u8>) -> Addresses {
    let mut addresses = Addresses::default();
    for node in nodes {
        addresses.read(&row(&[
            ("peer", internal(node).to_string()),
            ("host_id", host_id(node)),
            ("rpc_address", known_as(node).to_string()),
        ]));
    }
    addresses
}

fn tablet(last_token: i64, replicas: &[u8]) -> Value {
    let replicas: Vec<String> = replicas
        .iter()
        .map(|node| format!("{}:{}", host_id(*node), node % 2))
        .collect();
    row(&[
        ("last_token", last_token.to_string()),
        ("replicas", replicas.join(", ")),
    ])
}

fn vnode(start: &str, end: &str, node: u8) -> Value {
    row(&[
        ("table_name", "<ALL>".to_owned()),
        ("start_token", start.to_owned()),
        ("end_token", end.to_owned()),
        ("endpoint", internal(node).to_string()),
    ])
}

fn map_of_tablets(rows: &[Value], addresses: &Addresses) -> TokenMap {
    let mut tablets = Placement::default();
    rows.iter().for_each(|row| tablets.read_tablet(row));
    tablets.map(addresses).unwrap()
}

fn map_of_ring(rows: &[Value], addresses: &Addresses) -> TokenMap {
    let mut ring = Placement::default();
    rows.iter().for_each(|row| ring.read_vnode(row));
    ring.map(addresses).unwrap()
}

/// The numbers of the replicas.
fn replicas(map: &TokenMap, token: i64) -> Vec<u8> {
    let number = |ip: &IpAddr| match ip {
        IpAddr::V4(ip) => ip.octets()[3],
        IpAddr::V6(_) => 0,
    };
    let replicas = map.replicas(Token::new(token)).iter();
    replicas.map(number).collect()
}

#[test]
fn tablet_lists_its_hosts() {
    let rows = [tablet(-1, &[3, 1]), tablet(i64::MAX, &[2])];
    let map = map_of_tablets(&rows, &addresses(1..=3));
    assert_eq!(
        [-2, -1, 0].map(|token| replicas(&map, token)),
        [vec![1, 3], vec![1, 3], vec![2]]
    );
}

/// A tablet in this stage of a transition from node 1 to these replicas.
fn tablet_in_transition(stage: &str, new_replicas: &str) -> Placement {
    let mut row = tablet(i64::MAX, &[1]);
    row["new_replicas"] = json!({"S": new_replicas});
    row["stage"] = json!({"S": stage});
    let mut tablets = Placement::default();
    tablets.read_tablet(&row);
    tablets
}

#[test]
fn moving_tablet_is_read_where_its_stage_says() {
    for (stage, expected) in [
        ("allow_write_both_read_old", 1),
        ("streaming", 1),
        ("write_both_read_new", 2),
        ("use_new", 2),
        ("cleanup", 2),
        ("cleanup_target", 1),
        ("end_migration", 2),
        ("something newer", 1),
    ] {
        let tablets = tablet_in_transition(stage, &format!("{}:0", host_id(2)));
        let addresses = addresses(1..=2);
        assert_eq!(tablets.summary(&addresses).moving, 1);
        let map = tablets.map(&addresses).unwrap();
        assert_eq!(replicas(&map, 0), [expected], "{stage}");
    }
}

#[test]
fn tablet_that_changes_no_host_is_not_moving() {
    let addresses = addresses([1]);
    // On another shard, and nowhere.
    for new in [format!("{}:7", host_id(1)), String::new()] {
        for stage in ["use_new", "restore", "repair", "streaming"] {
            let tablets = tablet_in_transition(stage, &new);
            assert_eq!(tablets.summary(&addresses).moving, 0, "{stage} {new}");
            let map = tablets.map(&addresses).unwrap();
            assert_eq!(replicas(&map, 0), [1], "{stage} {new}");
        }
    }
}

#[test]
fn local_index_has_the_tablets_of_its_table() {
    let mut tablets = Placement::default();
    tablets.read_tablet(&row(&[("base_table", host_id(9))]));
    assert_eq!(tablets.base_table(), Some(host_id(9).as_str()));
    assert!(tablets.is_empty());
    tablets.read_tablet(&tablet(i64::MAX, &[1]));
    assert_eq!(tablets.base_table(), None, "it has tablets of its own");
}

#[test]
fn range_of_a_tablet_without_hosts_has_no_replicas() {
    let hostless = row(&[
        ("last_token", "0".to_owned()),
        ("replicas", "no host".to_owned()),
    ]);
    let rows = [hostless, tablet(100, &[9]), tablet(i64::MAX, &[1])];
    let map = map_of_tablets(&rows, &addresses(1..=2));
    assert_eq!(
        [0, 100, 101].map(|token| replicas(&map, token)),
        [vec![], vec![], vec![1]],
        "9 has no address"
    );
}

#[test]
fn ring_range_has_a_row_for_each_replica() {
    let rows = [
        vnode("-100", "100", 2),
        vnode("100", "-100", 3),
        vnode("100", "-100", 1),
    ];
    let map = map_of_ring(&rows, &addresses(1..=3));
    for (token, expected) in [
        (i64::MIN + 1, vec![1, 3]),
        (-100, vec![1, 3]),
        (-99, vec![2]),
        (100, vec![2]),
        (101, vec![1, 3]),
        (i64::MAX, vec![1, 3]),
    ] {
        assert_eq!(replicas(&map, token), expected, "{token}");
    }
}

#[test]
fn ring_ends_with_an_empty_string_or_the_least_token() {
    for infinity in ["", "-9223372036854775808"] {
        let rows = [
            vnode(infinity, "-100", 1),
            vnode("-100", "100", 2),
            vnode("100", infinity, 3),
        ];
        let map = map_of_ring(&rows, &addresses(1..=3));
        let found = [i64::MIN + 1, 0, 101, i64::MAX].map(|token| replicas(&map, token)[0]);
        assert_eq!(found, [1, 2, 3, 3], "{infinity:?}");
    }
}

#[test]
fn range_of_a_malformed_row_has_no_replicas() {
    let rows = [
        vnode("100", "-100", 1),
        vnode("0", "100", 3),
        json!({"end_token": {"N": "0"}}),
    ];
    let map = map_of_ring(&rows, &addresses(1..=3));
    assert_eq!(
        [-100, -50, 0, 50].map(|token| replicas(&map, token)),
        [vec![1], vec![], vec![], vec![3]]
    );
}

#[test]
fn ring_rows_of_single_tables_are_skipped_and_old_servers_name_no_table() {
    let mut single = vnode("", "", 2);
    single["table_name"] = json!({"S": "events"});
    let mut old = vnode("", "", 1);
    old.as_object_mut().unwrap().remove("table_name");
    let map = map_of_ring(&[single, old], &addresses(1..=2));
    assert_eq!(replicas(&map, 0), [1]);
}

#[test]
fn node_is_known_by_its_rpc_address_or_else_by_its_internal_one() {
    let mut addresses = Addresses::default();
    addresses.read(&row(&[
        ("host_id", host_id(1)),
        ("rpc_address", "2001:db8::1".to_owned()),
        ("broadcast_address", "192.168.0.1".to_owned()),
        ("listen_address", "192.168.7.1".to_owned()),
    ]));
    addresses.read(&row(&[
        ("host_id", host_id(2)),
        ("rpc_address", "0.0.0.0".to_owned()),
        ("peer", "192.168.0.2".to_owned()),
    ]));
    addresses.read(&row(&[
        ("peer", "192.168.0.3".to_owned()),
        ("rpc_address", "::ffff:10.0.0.3".to_owned()),
    ]));
    addresses.read(&row(&[("host_id", host_id(4))]));
    let map = map_of_tablets(&[tablet(i64::MAX, &[1, 2, 3, 4])], &addresses);
    let found: Vec<String> = map
        .replicas(Token::new(0))
        .iter()
        .map(IpAddr::to_string)
        .collect();
    assert_eq!(found, ["192.168.0.2", "2001:db8::1"]);
    let rows = [
        vnode("", "", 1),
        vnode("", "", 2),
        vnode("", "", 3),
        vnode("", "", 4),
    ];
    let map = map_of_ring(&rows, &addresses);
    let found: Vec<String> = map
        .replicas(Token::new(0))
        .iter()
        .map(IpAddr::to_string)
        .collect();
    assert_eq!(found, ["10.0.0.3", "192.168.0.2", "2001:db8::1"]);
}

#[test]
fn ranges_are_resolved_once_all_addresses_are_known() {
    let mut tablets = Placement::default();
    tablets.read_tablet(&tablet(i64::MAX, &[1, 2]));
    assert!(tablets.summary(&addresses([1])).is_incomplete);
    assert!(!tablets.summary(&addresses([1, 2, 3])).is_incomplete);
}

#[test]
fn ids_of_indexes_are_distinguished() {
    let mut ids = IndexIds::default();
    for (view, id) in [
        ("a.b:c", host_id(2)),
        ("a.b:e", "no id".to_owned()),
        ("a.b!:d", host_id(3)),
    ] {
        ids.read(&row(&[("view_name", view.to_owned()), ("id", id)]));
    }
    for (table, index, expected) in [
        ("a.b", "c", Some(host_id(2))),
        ("a.b", "d", Some(host_id(3))),
        ("a.b", "e", None),
        ("a.b", "", None),
        ("a", "c", None),
    ] {
        assert_eq!(
            ids.find(table, index),
            expected.as_deref(),
            "{table} {index}"
        );
    }
    assert_eq!(keyspace("a.b"), "alternator_a.b");
}

#[test]
fn replicas_elsewhere_are_not_kept() {
    let mut addresses = Addresses::default();
    for (node, datacenter) in [(1, "dc1"), (2, "dc1"), (3, "dc2")] {
        addresses.read(&row(&[
            ("peer", internal(node).to_string()),
            ("host_id", host_id(node)),
            ("rpc_address", known_as(node).to_string()),
            ("data_center", datacenter.to_owned()),
        ]));
    }
    let local = Arc::new(LocalDatacenters::new(
        &addresses,
        &HashSet::from([known_as(1)]),
    ));
    let mut tablets = Placement::new(Arc::clone(&local));
    tablets.read_tablet(&tablet(i64::MAX, &[1, 2, 3]));
    // The end of the tablet, and two replicas.
    assert_eq!(tablets.len(), 3);
    assert_eq!(replicas(&tablets.map(&addresses).unwrap(), 0), [1, 2]);
    let mut ring = Placement::new(local);
    for (node, datacenter) in [(1, "dc1"), (2, "dc1"), (3, "dc2"), (4, "dc2")] {
        let mut row = vnode("-100", "100", node);
        row["dc"] = json!({"S": datacenter});
        ring.read_vnode(&row);
    }
    // End and start of the range, and two replicas.
    assert_eq!(ring.len(), 4);
    assert_eq!(replicas(&ring.map(&addresses).unwrap(), 0), [1, 2]);
}

#[test]
fn next_page_begins_where_the_last_one_ended() {
    let key = [("table_id", "7")];
    let query = ServerQuery::new(ServerTable::Tablets, &key, &["key", "stage"]);
    let expected = json!({
        "TableName": ".scylla.alternator.system.tablets",
        "KeyConditionExpression": "#k0 = :k0",
        "ProjectionExpression": "#c0, #c1",
        "ExpressionAttributeNames": {"#k0": "table_id", "#c0": "key", "#c1": "stage"},
        "ExpressionAttributeValues": {":k0": {"S": "7"}},
        "Limit": 5000,
    });
    assert_eq!((query.operation, &query.input), ("Query", &expected));
    let response = json!({"Items": [], "LastEvaluatedKey": {"table_id": {"S": "7"}}});
    let next = query.after(&response).unwrap();
    assert_eq!(
        next.input["ExclusiveStartKey"],
        response["LastEvaluatedKey"]
    );
    assert_eq!(next.after(&response), None, "it leads nowhere");
    let last = json!({"Items": [{}, {}]});
    let scan = ServerQuery::new(ServerTable::Peers, &[], &["peer"]);
    assert_eq!(scan.operation, "Scan");
    assert_eq!(scan.after(&last), None);
}

#[test]
fn numbers_in_the_key_of_a_page_are_sent_back_as_strings() {
    let query = ServerQuery::new(ServerTable::Peers, &[], &["peer"]);
    let response = json!({"LastEvaluatedKey": {
        "peer": {"S": "10.0.0.1"},
        ":scylla:paging:weight": {"N": 1},
        "region": {"N": "-1"},
        "bare": 7,
    }});
    let next = query.after(&response).unwrap();
    let expected = json!({
        "peer": {"S": "10.0.0.1"},
        ":scylla:paging:weight": {"S": "1"},
        "region": {"S": "-1"},
        "bare": {"S": "7"},
    });
    assert_eq!(next.input["ExclusiveStartKey"], expected);
    assert_eq!(next.after(&response), None, "it leads nowhere");
}
