//! Definitions of the internal tables, and their keys.

use super::cell::Type;
use super::row::Row;
use super::{placement_rows, schema_rows, system_rows};
use crate::cluster_state::ClusterState;
use crate::node_state::NodeState;

/// A table.
#[derive(Debug)]
pub(super) struct Definition {
    /// With its keyspace.
    pub(super) name: &'static str,
    pub(super) partition_key: (&'static str, Type),
    pub(super) clustering_key: &'static [(&'static str, Type)],
    kind: Kind,
}

#[derive(Clone, Copy, Debug)]
enum Kind {
    Config,
    Local,
    Peers,
    Tablets,
    TokenRing,
    Tables,
    Views,
}

impl Definition {
    pub(super) fn named(name: &str) -> Option<&'static Self> {
        TABLES.iter().find(|table| table.name == name)
    }

    /// Returns all rows, in no particular order.
    pub(super) fn rows(&self, cluster: &ClusterState, node: &NodeState) -> Vec<Row<'static>> {
        let contents = &mut cluster.catalog.contents();
        match self.kind {
            Kind::Config => system_rows::config(cluster, node),
            Kind::Local => system_rows::local(contents, node),
            Kind::Peers => system_rows::peers(contents, node),
            Kind::Tablets => placement_rows::tablets(contents),
            Kind::TokenRing => placement_rows::token_ring(contents),
            Kind::Tables => schema_rows::tables(contents),
            Kind::Views => schema_rows::views(contents),
        }
    }

    /// Returns all columns of the key.
    pub(super) fn key(&self) -> impl Iterator<Item = (&'static str, Type)> {
        std::iter::once(self.partition_key).chain(self.clustering_key.iter().copied())
    }
}

const TABLES: &[Definition] = &[
    Definition {
        name: "system.config",
        partition_key: ("name", Type::Text),
        clustering_key: &[],
        kind: Kind::Config,
    },
    Definition {
        name: "system.local",
        partition_key: ("key", Type::Text),
        clustering_key: &[],
        kind: Kind::Local,
    },
    Definition {
        name: "system.peers",
        partition_key: ("peer", Type::Inet),
        clustering_key: &[],
        kind: Kind::Peers,
    },
    Definition {
        name: "system.tablets",
        partition_key: ("table_id", Type::Uuid),
        clustering_key: &[("last_token", Type::BigInt)],
        kind: Kind::Tablets,
    },
    Definition {
        name: "system.token_ring",
        partition_key: ("keyspace_name", Type::Text),
        clustering_key: &[
            ("table_name", Type::Text),
            ("start_token", Type::Text),
            ("endpoint", Type::Inet),
        ],
        kind: Kind::TokenRing,
    },
    Definition {
        name: "system_schema.tables",
        partition_key: ("keyspace_name", Type::Text),
        clustering_key: &[("table_name", Type::Text)],
        kind: Kind::Tables,
    },
    Definition {
        name: "system_schema.views",
        partition_key: ("keyspace_name", Type::Text),
        clustering_key: &[("view_name", Type::Text)],
        kind: Kind::Views,
    },
];
