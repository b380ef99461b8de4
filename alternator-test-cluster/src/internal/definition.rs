//! Definitions of the internal tables, and their keys.

use super::cell::Type;
use super::row::Row;
use super::{placement_rows, schema_rows, system_rows};
use crate::Version;
use crate::cluster_state::ClusterState;
use crate::node_state::NodeState;

/// A table.
#[derive(Debug)]
pub(super) struct Definition {
    /// With its keyspace.
    pub(super) name: &'static str,
    pub(super) partition_key: (&'static str, Type),
    pub(super) clustering_key: &'static [(&'static str, Type)],
    kind: RowSource,
}

#[derive(Clone, Copy, Debug)]
enum RowSource {
    Clients,
    ClientRoutes,
    Config,
    Keyspaces,
    Local,
    Peers,
    Tablets,
    TokenRing,
    Tables,
    Versions,
    Views,
}

impl Definition {
    /// Returns a table that servers of this version have.
    pub(super) fn named(name: &str, version: Version) -> Option<&'static Self> {
        let is_known = |table: &&Self| match table.kind {
            RowSource::ClientRoutes => version.has_client_routes(),
            RowSource::Clients
            | RowSource::Config
            | RowSource::Keyspaces
            | RowSource::Local
            | RowSource::Peers
            | RowSource::Tablets
            | RowSource::TokenRing
            | RowSource::Tables
            | RowSource::Versions
            | RowSource::Views => true,
        };
        let table = TABLES.iter().find(|table| table.name == name);
        table.filter(is_known)
    }

    /// Returns all rows, in no particular order.
    pub(super) fn rows(&self, cluster: &ClusterState, node: &NodeState) -> Vec<Row<'static>> {
        // Nodes are locked before the catalog elsewhere, too.
        let nodes = cluster.present_nodes();
        let mut frozen = node.frozen_contents();
        let contents = match frozen.as_mut() {
            Some(contents) => contents,
            None => &mut *cluster.catalog.contents(),
        };
        match self.kind {
            RowSource::ClientRoutes => system_rows::client_routes(contents, &nodes),
            RowSource::Clients => system_rows::clients(cluster, node),
            RowSource::Config => system_rows::config(cluster, node),
            RowSource::Keyspaces => schema_rows::keyspaces(contents),
            RowSource::Local => system_rows::local(cluster, contents, node),
            RowSource::Peers => system_rows::peers(contents, node),
            RowSource::Tablets => placement_rows::tablets(contents),
            RowSource::TokenRing => placement_rows::token_ring(contents),
            RowSource::Tables => schema_rows::tables(contents),
            RowSource::Versions => system_rows::versions(cluster),
            RowSource::Views => schema_rows::views(contents),
        }
    }

    /// Returns all columns of the key.
    pub(super) fn key(&self) -> impl Iterator<Item = (&'static str, Type)> {
        std::iter::once(self.partition_key).chain(self.clustering_key.iter().copied())
    }
}

const TABLES: &[Definition] = &[
    Definition {
        name: "system.client_routes",
        partition_key: ("connection_id", Type::Text),
        clustering_key: &[("host_id", Type::Uuid)],
        kind: RowSource::ClientRoutes,
    },
    Definition {
        name: "system.clients",
        partition_key: ("address", Type::Inet),
        clustering_key: &[("port", Type::BigInt), ("client_type", Type::Text)],
        kind: RowSource::Clients,
    },
    Definition {
        name: "system.config",
        partition_key: ("name", Type::Text),
        clustering_key: &[],
        kind: RowSource::Config,
    },
    Definition {
        name: "system.local",
        partition_key: ("key", Type::Text),
        clustering_key: &[],
        kind: RowSource::Local,
    },
    Definition {
        name: "system.peers",
        partition_key: ("peer", Type::Inet),
        clustering_key: &[],
        kind: RowSource::Peers,
    },
    Definition {
        name: "system.tablets",
        partition_key: ("table_id", Type::Uuid),
        clustering_key: &[("last_token", Type::BigInt)],
        kind: RowSource::Tablets,
    },
    Definition {
        name: "system.token_ring",
        partition_key: ("keyspace_name", Type::Text),
        clustering_key: &[
            ("table_name", Type::Text),
            ("start_token", Type::Text),
            ("endpoint", Type::Inet),
        ],
        kind: RowSource::TokenRing,
    },
    Definition {
        name: "system.versions",
        partition_key: ("key", Type::Text),
        clustering_key: &[],
        kind: RowSource::Versions,
    },
    Definition {
        name: "system_schema.keyspaces",
        partition_key: ("keyspace_name", Type::Text),
        clustering_key: &[],
        kind: RowSource::Keyspaces,
    },
    Definition {
        name: "system_schema.tables",
        partition_key: ("keyspace_name", Type::Text),
        clustering_key: &[("table_name", Type::Text)],
        kind: RowSource::Tables,
    },
    Definition {
        name: "system_schema.views",
        partition_key: ("keyspace_name", Type::Text),
        clustering_key: &[("view_name", Type::Text)],
        kind: RowSource::Views,
    },
];
