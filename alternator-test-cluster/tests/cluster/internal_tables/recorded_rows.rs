//! Rows that have the columns and types of a real server's.

use super::*;
use crate::recordings::{assert_recorded_row, columns, recorded};

/// The table of the recording: a global and a local index.
fn recorded_table() -> Value {
    let index = |name: &str, keys: Value| json!({"IndexName": name, "KeySchema": keys, "Projection": {"ProjectionType": "ALL"}});
    let key = |name: &str, kind: &str| json!({"AttributeName": name, "KeyType": kind});
    let attribute = |name: &str| json!({"AttributeName": name, "AttributeType": "S"});
    json!({
        "TableName": "fix_tablets",
        "BillingMode": "PAY_PER_REQUEST",
        "KeySchema": [key("k", "HASH"), key("s", "RANGE")],
        "AttributeDefinitions": [attribute("g"), attribute("l"), attribute("k"), attribute("s")],
        "GlobalSecondaryIndexes": [index("gsi", json!([key("g", "HASH")]))],
        "LocalSecondaryIndexes": [index("lsi", json!([key("k", "HASH"), key("l", "RANGE")]))],
    })
}

fn cluster_with_recorded_table() -> (TestCluster, Node) {
    let cluster = three_rack_cluster(Tokens::tablets(4));
    let node = cluster.node(0);
    run(&node, "CreateTable", &recorded_table());
    (cluster, node)
}

#[test]
fn rows_have_the_recorded_columns_and_types() {
    let (_cluster, node) = cluster_with_recorded_table();
    for table in [
        "system.local",
        "system.peers",
        "system.versions",
        "system_schema.tables",
        "system_schema.views",
        "system.token_ring",
        "system.config",
    ] {
        let rows = scan_rows(&node, table);
        assert!(!rows.is_empty());
        for row in rows {
            assert_recorded_row(&row, table, 0);
        }
    }
}

#[test]
fn tablet_rows_have_the_recorded_columns_by_the_kind_of_table() {
    let (_cluster, node) = cluster_with_recorded_table();
    let of_table = |rows: &[Value], name: &str| {
        let rows = rows.iter().filter(|row| row["table_name"]["S"] == name);
        rows.map(columns).collect::<Vec<_>>()
    };
    let (own, real) = (
        scan_rows(&node, "system.tablets"),
        recorded("system.tablets"),
    );
    let real = real.as_array().unwrap();
    for name in ["fix_tablets", "fix_tablets:gsi", "fix_tablets!:lsi"] {
        let rows = of_table(&own, name);
        assert!(!rows.is_empty(), "{name}");
        assert_eq!(rows, of_table(real, name));
    }
}

#[test]
fn settings_are_rendered_as_recorded() {
    let cluster = three_rack_cluster(Tokens::tablets(4));
    let recorded = recorded("system.config");
    let recorded = recorded.as_array().unwrap();
    for row in scan_rows(&cluster.node(0), "system.config") {
        let name = string_column(&row, "name");
        let Some(real) = recorded.iter().find(|real| real["name"] == row["name"]) else {
            assert_eq!(name, "num_tokens", "the only one that was not recorded");
            continue;
        };
        assert_eq!(row["type"], real["type"], "{name}");
        let is_own = ["alternator_port", "alternator_enforce_authorization"].contains(&name);
        assert!(
            is_own || row["value"] == real["value"],
            "{name}: {}",
            row["value"]
        );
    }
}

#[test]
fn description_of_a_table_has_the_recorded_fields() {
    let (_cluster, node) = cluster_with_recorded_table();
    let described = run(&node, "DescribeTable", &json!({"TableName": "fix_tablets"}));
    assert_same_fields(
        "Table",
        &recorded("DescribeTable fix_tablets")["Table"],
        &described["Table"],
    );
}

/// Expects that a value has the fields of a recorded one, with the same JSON types. The engine adds some.
fn assert_same_fields(path: &str, recorded: &Value, own: &Value) {
    assert_eq!(
        std::mem::discriminant(recorded),
        std::mem::discriminant(own),
        "{path}: {recorded} and {own}"
    );
    for (name, value) in recorded.as_object().into_iter().flatten() {
        assert_same_fields(&format!("{path}.{name}"), value, &own[name]);
    }
    let (first, own) = (recorded.get(0), own.get(0));
    if let (Some(first), Some(own)) = (first, own) {
        assert_same_fields(&format!("{path}[0]"), first, own);
    }
}
