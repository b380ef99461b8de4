//! The server's own tables, which token awareness reads.

use super::rows::{Row, Rows, read};
use super::{ClusterFacts, Collector, Outcome};
use crate::connection::{Failure, NodeClient};
use alternator_lb_sdk::permissions::ServerTable;
use std::net::IpAddr;

/// The contents of the server's own tables, as one node gives them.
#[derive(Debug, Default)]
pub(crate) struct ServerTableFacts {
    /// The results of reading the tables.
    pub(crate) readable: Vec<(ServerTable, Result<(), Failure>)>,
    /// The other nodes.
    pub(crate) peers: Outcome<Vec<Member>>,
    /// The write isolation of tables without a tag for it.
    pub(crate) write_isolation: Outcome<Option<String>>,
    /// The keyspace whose vnodes were queried, and true if there are any.
    pub(crate) ring: Outcome<(String, bool)>,
}

/// A node of the cluster, and its place.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Member {
    pub(crate) address: IpAddr,
    pub(crate) datacenter: String,
    pub(crate) rack: String,
}

/// An id that no table has. The tablets of tables that exist are read later.
const NO_TABLE: &str = "00000000-0000-0000-0000-000000000000";

impl ClusterFacts {
    pub(super) async fn collect_server_tables(
        &mut self,
        collector: &Collector<'_>,
        client: &NodeClient,
    ) {
        collector.progress.begin("server tables");
        let keyspace = self.tables.tables.first();
        let keyspace = keyspace.map_or_else(|| "alternator_".to_owned(), |table| table.keyspace());
        let facts = &mut self.server_tables;
        for table in ServerTable::all() {
            let result = facts.read(client, *table, &keyspace).await;
            facts.readable.push((*table, result));
        }
    }
}

impl ServerTableFacts {
    /// Reads a table. The key keeps the response small.
    async fn read(
        &mut self,
        client: &NodeClient,
        table: ServerTable,
        keyspace: &str,
    ) -> Result<(), Failure> {
        let name = table.name();
        let of_keyspace = [("keyspace_name", keyspace)];
        match table {
            ServerTable::Config => {
                let columns = ["name", "value"];
                let rows = read(client, name, &[], &columns).await;
                self.write_isolation =
                    Some(rows.as_ref().map(write_isolation).map_err(Clone::clone));
                rows.map(drop)
            }
            ServerTable::Keyspaces => {
                let rows = read(client, name, &of_keyspace, &["replication"]);
                rows.await.map(drop)
            }
            ServerTable::Peers => {
                let columns = ["peer", "rpc_address", "data_center", "rack"];
                let rows = read(client, name, &[], &columns).await;
                self.peers = Some(rows.as_ref().map(members).map_err(Clone::clone));
                rows.map(drop)
            }
            ServerTable::TokenRing => {
                let rows = read(
                    client,
                    name,
                    &of_keyspace,
                    &["start_token", "endpoint", "dc"],
                )
                .await;
                let ring = rows
                    .as_ref()
                    .map(|rows| (keyspace.to_owned(), !rows.is_empty()));
                self.ring = Some(ring.map_err(Clone::clone));
                rows.map(drop)
            }
            ServerTable::Tablets => {
                let rows = read(client, name, &[("table_id", NO_TABLE)], &["last_token"]);
                rows.await.map(drop)
            }
            ServerTable::Views => {
                let rows = read(client, name, &of_keyspace, &["view_name"]);
                rows.await.map(drop)
            }
            ServerTable::Local => {
                let rows = read(client, name, &[("key", "local")], &["cluster_name"]);
                rows.await.map(drop)
            }
            // A table that a later version of the library reads.
            _ => read(client, name, &[], &[]).await.map(drop),
        }
    }
}

fn write_isolation(rows: &Rows) -> Option<String> {
    let mut rows = rows.iter();
    let row = rows.find(|row| row.text("name") == Some("alternator_write_isolation"))?;
    // Settings are JSON.
    Some(row.text("value")?.trim_matches('"').to_owned())
}

fn members(rows: &Rows) -> Vec<Member> {
    let member = |row: &Row| {
        let address = |column: &str| row.text(column)?.parse::<IpAddr>().ok();
        // Without an RPC address, clients use the internal one.
        let address = address("rpc_address").filter(|address| !address.is_unspecified());
        Some(Member {
            address: address.or_else(|| row.text("peer")?.parse().ok())?,
            datacenter: row.text("data_center")?.to_owned(),
            rack: row.text("rack")?.to_owned(),
        })
    };
    rows.iter().filter_map(member).collect()
}
