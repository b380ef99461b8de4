//! The connections of a node's clients and their shards, which `system.clients` shows.

use std::collections::BTreeMap;
use std::net::SocketAddr;
use std::sync::{Arc, Mutex};

use hyper::HeaderMap;

use crate::node_state::NodeState;
use crate::sync::lock;

/// The open connections of a node, by their numbers. Each is served by one shard to its end.
#[derive(Debug)]
pub(crate) struct ClientConnections {
    shards: usize,
    open: Mutex<BTreeMap<u64, Connection>>,
}

#[derive(Debug)]
struct Connection {
    peer: SocketAddr,
    shard: usize,
    /// The headers of the operation under way.
    operation: Option<Arc<HeaderMap>>,
}

/// A connection with an operation under way: a row of the table.
#[derive(Debug)]
pub(crate) struct BusyConnection {
    pub(crate) peer: SocketAddr,
    pub(crate) shard: usize,
    /// Its headers, which name the client.
    pub(crate) operation: Arc<HeaderMap>,
}

impl ClientConnections {
    pub(crate) fn new(shards: usize) -> Self {
        Self {
            shards,
            open: Mutex::default(),
        }
    }

    /// Returns the connections that have an operation under way.
    pub(crate) fn busy(&self) -> Vec<BusyConnection> {
        let open = lock(&self.open);
        let busy = open.values().filter_map(|connection| {
            Some(BusyConnection {
                peer: connection.peer,
                shard: connection.shard,
                operation: connection.operation.clone()?,
            })
        });
        busy.collect()
    }

    /// Adds a connection, on the shard that has the fewest, as the server does.
    fn add(&self, number: u64, peer: SocketAddr) {
        let mut open = lock(&self.open);
        let load = |shard: &usize| open.values().filter(|it| it.shard == *shard).count();
        let connection = Connection {
            peer,
            shard: (0..self.shards).min_by_key(load).unwrap_or_default(),
            operation: None,
        };
        open.insert(number, connection);
    }

    fn set_operation(&self, number: u64, operation: Option<Arc<HeaderMap>>) {
        if let Some(connection) = lock(&self.open).get_mut(&number) {
            connection.operation = operation;
        }
    }
}

/// A connection among those of its node, for as long as it lives.
#[derive(Debug)]
pub(crate) struct ConnectionEntry {
    node: Arc<NodeState>,
    number: u64,
}

impl ConnectionEntry {
    pub(crate) fn new(node: &Arc<NodeState>, number: u64, peer: SocketAddr) -> Self {
        node.client_connections.add(number, peer);
        Self {
            node: Arc::clone(node),
            number,
        }
    }

    /// Has the table show an operation with these headers until the guard is dropped.
    pub(crate) fn begin(&self, operation: Arc<HeaderMap>) -> OperationEntry<'_> {
        let connections = &self.node.client_connections;
        connections.set_operation(self.number, Some(operation));
        OperationEntry(self)
    }
}

impl Drop for ConnectionEntry {
    fn drop(&mut self) {
        lock(&self.node.client_connections.open).remove(&self.number);
    }
}

/// An operation under way.
#[derive(Debug)]
pub(crate) struct OperationEntry<'a>(&'a ConnectionEntry);

impl Drop for OperationEntry<'_> {
    fn drop(&mut self) {
        let Self(connection) = self;
        let connections = &connection.node.client_connections;
        connections.set_operation(connection.number, None);
    }
}
