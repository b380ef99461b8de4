//! The sizes of the responses, of which those of `system.tablets` are nearly all bytes.
//!
//! Rows are those of a real ScyllaDB 2026.3.0-rc2 with the columns that the plugin selects.

/// A row of `system.tablets`.
const TABLET: &str = r#"{"last_token":{"S":"-4611686018427387905"},"replicas":{"S":"ce7f075e-25e4-4cc0-985e-8cbc87ee0521:0, d008f958-4e39-4ad8-9bbc-9939ce20a69f:0, 171af835-a177-4b6a-a45a-d9ca3ef8d12d:0"}}"#;

/// The further columns of a tablet in a transition, also in one that changes no host.
const TRANSITION: &str = r#","new_replicas":{"S":"171af835-a177-4b6a-a45a-d9ca3ef8d12d:0, e2799cc9-d6bd-4af3-b57d-cbd40e604295:0, 077cbe9d-1892-4a04-8a58-9000c6b89cd4:0"},"stage":{"S":"streaming"}"#;

/// A row of `system.peers`.
const PEER: &str = r#"{"host_id":{"S":"a30cb019-509b-4874-9ec5-d26041016796"},"rpc_address":{"S":"10.0.0.16"},"peer":{"S":"10.0.0.16"},"data_center":{"S":"dc1"}}"#;

/// A row of `system_schema.keyspaces`.
const KEYSPACE: &str = r#"{"keyspace_name":{"S":"alternator_table_01"},"replication":{"S":"({class : org.apache.cassandra.locator.NetworkTopologyStrategy}, {dc1 : 3})"}}"#;

const SETTING: &str = r#"{"value":{"S":"\"only_rmw_uses_lwt\""}}"#;

const TAGS: &str = r#"{"Tags":[{"Key":"system:write_isolation","Value":"only_rmw_uses_lwt"}]}"#;

/// The response to `DescribeTable` as recorded, of a table with two indexes.
const DESCRIPTION: usize = 1_259;

/// The response around the rows.
const PAGE: &str = r#"{"Count":1024,"Items":[],"ScannedCount":1024}"#;

/// Returns the bytes of the responses to `DescribeTable` and `ListTagsOfResource`.
pub(super) fn schema() -> [usize; 2] {
    [DESCRIPTION, TAGS.len()]
}

/// Returns the bytes of a page of `system.tablets`.
pub(super) fn tablets(rows: usize, in_transition: usize) -> usize {
    page(TABLET, rows) + in_transition * TRANSITION.len()
}

/// Returns the bytes of a page of `system.peers` of so many nodes.
pub(super) fn peers(nodes: usize) -> usize {
    page(PEER, nodes.saturating_sub(1))
}

/// Returns the bytes of a page of `system_schema.keyspaces`: each table is a keyspace.
pub(super) fn keyspaces(tables: usize) -> usize {
    page(KEYSPACE, tables)
}

/// Returns the bytes of a row of `system.config`.
pub(super) fn setting() -> usize {
    page(SETTING, 1)
}

/// Rows are separated by commas.
fn page(row: &str, rows: usize) -> usize {
    PAGE.len() + rows * (row.len() + 1)
}
