//! The nodes, their settings and their clients: `system.local`, `system.peers`, `system.versions`, `system.config`,
//! `system.client_routes` and `system.clients`.

use super::cell::{Cell, set};
use super::row::Row;
use crate::auth::claimed_role;
use crate::catalog::Contents;
use crate::client_connections::BusyConnection;
use crate::cluster_state::ClusterState;
use crate::node_state::NodeState;
use crate::sync::lock;
use hyper::header::USER_AGENT;
use std::sync::Arc;

use crate::tokens::{Owner, deterministic_uuid};

/// Returns one row: the node that serves the request.
pub(super) fn local(
    cluster: &ClusterState,
    contents: &Contents,
    node: &NodeState,
) -> Vec<Row<'static>> {
    let owner = contents.owner(node.number).into_iter();
    let row = |owner: &Owner| {
        let mut columns = common(owner);
        columns.extend([
            ("bootstrapped", Cell::text("COMPLETED")),
            ("broadcast_address", Cell::Inet(owner.internal)),
            ("cluster_name", Cell::text(&cluster.name)),
            ("cql_version", Cell::text("3.3.1")),
            ("gossip_generation", Cell::text("1795878831")),
            ("listen_address", Cell::Inet(owner.internal)),
            ("native_protocol_version", Cell::text("4")),
            ("partitioner", Cell::text(PARTITIONER)),
        ]);
        Row {
            key: vec![Cell::text("local")],
            columns,
        }
    };
    owner.map(row).collect()
}

/// Returns one row: the release of the node that serves the request.
pub(super) fn versions(cluster: &ClusterState) -> Vec<Row<'static>> {
    let row = Row {
        key: vec![Cell::text("local")],
        columns: vec![
            ("build_id", Cell::text(BUILD)),
            ("build_mode", Cell::text("release")),
            ("version", Cell::text(cluster.version.first_release())),
        ],
    };
    vec![row]
}

/// A row for each other node.
pub(super) fn peers(contents: &Contents, node: &NodeState) -> Vec<Row<'static>> {
    let others = contents.owners().iter();
    let others = others.filter(|owner| owner.number != node.number);
    let row = |owner: &Owner| {
        let mut columns = common(owner);
        columns.push(("preferred_ip", Cell::Inet(owner.internal)));
        Row {
            key: vec![Cell::Inet(owner.internal)],
            columns,
        }
    };
    others.map(row).collect()
}

fn common(owner: &Owner) -> Vec<(&'static str, Cell<'static>)> {
    let mut columns = vec![
        ("data_center", Cell::text(&owner.datacenter)),
        ("host_id", Cell::Uuid(owner.host_id)),
        ("rack", Cell::text(&owner.rack)),
        ("release_version", Cell::text(RELEASE)),
        ("rpc_address", Cell::Inet(owner.rpc)),
        ("schema_version", Cell::Uuid(deterministic_uuid("schema"))),
        ("supported_features", Cell::text(FEATURES)),
    ];
    // An empty set is no value.
    if !owner.tokens.is_empty() {
        let tokens = owner.tokens.iter().map(i64::to_string).collect();
        columns.push(("tokens", set(tokens)));
    }
    columns
}

/// A row for each connection of each node.
pub(super) fn client_routes(contents: &Contents, nodes: &[Arc<NodeState>]) -> Vec<Row<'static>> {
    let mut rows = Vec::new();
    for node in nodes {
        let port_column = match node.scheme {
            "https" => "alternator_https_port",
            _ => "alternator_port",
        };
        let Some(owner) = contents.owner(node.number) else {
            continue;
        };
        rows.extend(lock(&node.client_routes).iter().map(|route| Row {
            key: vec![Cell::text(&route.connection_id), Cell::Uuid(owner.host_id)],
            columns: vec![
                ("address", Cell::text(&route.host)),
                (port_column, Cell::text(route.port.to_string())),
            ],
        }));
    }
    rows
}

/// A row for each connection to the node that has an operation under way.
pub(super) fn clients(cluster: &ClusterState, node: &NodeState) -> Vec<Row<'static>> {
    if !cluster.version.lists_its_clients() {
        return Vec::new();
    }
    let busy = node.client_connections.busy().into_iter();
    let row = |connection: BusyConnection| {
        let headers = &*connection.operation;
        let user_agent = headers.get(USER_AGENT);
        let user_agent = user_agent.and_then(|value| value.to_str().ok());
        let mut columns = vec![
            ("client_options", Cell::text("")),
            ("connection_stage", Cell::text("ESTABLISHED")),
            ("driver_name", Cell::text(user_agent.unwrap_or_default())),
            ("scheduling_group", Cell::text("sl:default")),
            ("shard_id", Cell::text(connection.shard.to_string())),
            ("ssl_enabled", Cell::Bool(node.scheme == "https")),
        ];
        let role = claimed_role(headers);
        columns.extend(role.map(|role| ("username", Cell::text(role))));
        Row {
            key: vec![
                Cell::Inet(connection.peer.ip()),
                Cell::BigInt(connection.peer.port().into()),
                Cell::text("alternator"),
            ],
            columns,
        }
    };
    busy.map(row).collect()
}

/// Some of the many settings, with their values as JSON.
pub(super) fn config(cluster: &ClusterState, node: &NodeState) -> Vec<Row<'static>> {
    let enforces = !cluster.users.is_empty();
    let tokens = cluster.catalog.tokens;
    let settings = [
        (
            "alternator_enforce_authorization",
            "bool",
            enforces.to_string(),
        ),
        (
            "alternator_force_read_before_write",
            "bool",
            cluster.catalog.forces_read_before_write.to_string(),
        ),
        (
            "alternator_port",
            "integer",
            node.address().port().to_string(),
        ),
        (
            "alternator_timeout_in_ms",
            "integer",
            cluster.timeout.as_millis().to_string(),
        ),
        (
            "alternator_write_isolation",
            "string",
            format!("\"{}\"", cluster.catalog.isolation.name()),
        ),
        (
            "num_tokens",
            "integer",
            tokens.map_or(0, |tokens| tokens.per_node).to_string(),
        ),
        // As recorded: the server has no text for the mode.
        (
            "tablets_mode_for_new_keyspaces",
            "tablets mode",
            "\"?unknown\"".to_owned(),
        ),
    ];
    let row = |(name, kind, value)| Row {
        key: vec![Cell::text(name)],
        columns: vec![
            ("source", Cell::text("config")),
            ("type", Cell::text(kind)),
            ("value", Cell::text(value)),
        ],
    };
    settings.map(row).into()
}

/// A few of the many.
const FEATURES: &str = "ALTERNATOR_STREAMS,ALTERNATOR_TTL,CLIENT_ROUTES,TABLETS";
const PARTITIONER: &str = "org.apache.cassandra.dht.Murmur3Partitioner";
/// The release of Cassandra that ScyllaDB reports.
const RELEASE: &str = "3.0.8";
/// The form of a hash, of no build.
const BUILD: &str = "0000000000000000000000000000000000000000";
