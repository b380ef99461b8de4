//! The answers of the server that the refreshes of all tables share.

use super::MetadataClient;
use super::describe::ServerSettings;
use super::fetch_client::{FetchClient, FetchError};
use super::map_reading::MapReading;
use super::server_tables::{
    Addresses, NodeName, Replication, Replications, ServerQuery, ServerTable, keyspace,
};
use super::shared_reading::SharedReading;
use alternator_lb_core::jitter::with_default_jitter;
use alternator_lb_core::metadata_schedule::{NodeHistory, SHARED_AGE, address_age};
use std::collections::{HashMap, HashSet};
use std::net::IpAddr;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

/// The answers that are read once for all tables.
#[derive(Debug, Default)]
pub(super) struct SharedLookUps {
    pub(super) settings: ServerSettings,
    addresses: SharedReading<Addresses>,
    replications: SharedReading<KnownReplications>,
    rings: Mutex<HashMap<Replication, Arc<SharedReading<MapReading>>>>,
}

#[derive(Debug)]
struct KnownReplications {
    replications: Replications,
    read_at: Duration,
}

/// A table, the key of the row to read or none, and the columns.
type AddressQuery = (
    ServerTable,
    &'static [(&'static str, &'static str)],
    &'static [&'static str],
);

const PEERS: AddressQuery = (ServerTable::Peers, &[], &Addresses::OF_PEERS);
const LOCAL: AddressQuery = (
    ServerTable::Local,
    &[("key", "local")],
    &Addresses::OF_LOCAL,
);

/// The queries for addresses, each to another node, until the nodes of all replicas are known. A node does not list
/// itself among its peers, so that the peers of two nodes are all nodes; a single node lists itself only. A replica
/// that is still missing then is about to join or to leave.
const ADDRESS_QUERIES: [AddressQuery; 6] = [PEERS, PEERS, LOCAL, PEERS, PEERS, LOCAL];

/// The least time between two readings of the replications because of a keyspace that is not among them.
const REPLICATIONS_INTERVAL: Duration = Duration::from_secs(10);

/// The number of different replications whose rings are kept, each of which can take some megabytes.
const MAX_RINGS: usize = 16;

impl SharedLookUps {
    /// The addresses of all nodes, and of the nodes `needed` as far as they can be found out.
    pub(super) async fn addresses(
        &self,
        client: &FetchClient<'_, impl MetadataClient>,
        (nodes, joins): (&NodeHistory<IpAddr>, u64),
        needed: &[NodeName],
    ) -> Result<Arc<Addresses>, FetchError> {
        let now = client.now();
        let suffices = |addresses: &Addresses| addresses.are_settled(needed);
        let read = async |former: Option<Arc<Addresses>>| {
            let former = former.unwrap_or_default();
            let addresses =
                read_addresses(client, former.renewed(), needed, nodes.listed()).await?;
            let age = match addresses.are_complete() {
                true => nodes.unchanged(now),
                false => Duration::ZERO,
            };
            Ok((addresses, now + with_default_jitter(address_age(age))))
        };
        self.addresses.get(now, joins, suffices, read).await
    }

    /// The replication of a table's keyspace. `None` if the server lists no such keyspace.
    pub(super) async fn replication(
        &self,
        client: &FetchClient<'_, impl MetadataClient>,
        joins: u64,
        table: &str,
    ) -> Result<Option<Replication>, FetchError> {
        let (now, keyspace) = (client.now(), keyspace(table));
        let suffices = |known: &KnownReplications| {
            known.replications.find(&keyspace).is_some()
                || now < known.read_at + REPLICATIONS_INTERVAL
        };
        let read = async |_| {
            let query = ServerQuery::new(ServerTable::Keyspaces, &[], &Replications::COLUMNS);
            let replications = query.read(client, Replications::default()).await?;
            let known = KnownReplications {
                replications,
                read_at: now,
            };
            Ok((known, now + with_default_jitter(SHARED_AGE)))
        };
        let known = self.replications.get(now, joins, suffices, read).await?;
        Ok(known.replications.find(&keyspace).cloned())
    }

    /// The ring of all keyspaces with this replication.
    pub(super) fn ring(&self, replication: &Replication) -> Arc<SharedReading<MapReading>> {
        let mut rings = self.rings.lock().unwrap_or_else(PoisonError::into_inner);
        if rings.len() >= MAX_RINGS && !rings.contains_key(replication) {
            rings.clear();
        }
        Arc::clone(rings.entry(replication.clone()).or_default())
    }
}

async fn read_addresses(
    client: &FetchClient<'_, impl MetadataClient>,
    mut addresses: Addresses,
    needed: &[NodeName],
    listed: &HashSet<IpAddr>,
) -> Result<Addresses, FetchError> {
    for (number, (table, key, columns)) in ADDRESS_QUERIES.into_iter().enumerate() {
        let query = ServerQuery::new(table, key, columns);
        addresses = query.read(client, addresses).await?;
        let is_enough = || addresses.are_settled(needed) && addresses.have_all(listed);
        if number > 0 && is_enough() {
            break;
        }
    }
    addresses.give_up(needed);
    Ok(addresses)
}
