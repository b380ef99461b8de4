//! What a node has seen.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex};

use hyper::HeaderMap;

use crate::sync::lock;

/// What a node has seen since its start or the last reset.
///
/// Requests count when their head has arrived, so those that hang or fail count too, and a client that has its answer
/// finds it counted.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct Counters {
    /// DynamoDB operations (`POST /`), whatever became of them. Discoveries and health checks are not among them.
    pub requests: u64,
    /// The same by the name of the operation, as the client wrote it.
    pub operations: BTreeMap<String, u64>,
    /// Requests of `/localnodes`.
    pub discoveries: u64,
    /// Health checks (`GET /`).
    pub health_checks: u64,
    /// Other requests, such as those of unknown paths.
    pub other_requests: u64,
    /// Connections accepted.
    pub connections: u64,
    /// Connections that are open now. A reset leaves this as it is.
    pub open_connections: u64,
    /// Bytes in the bodies of DynamoDB operations as they were received, that is before decompression.
    pub request_bytes: u64,
    /// Operations on one partition (GetItem, PutItem, UpdateItem, DeleteItem, and Query of a table or index) for which
    /// the node was a replica. Only counted with [`Builder::tokens`](crate::Builder::tokens), and only for requests that
    /// neither a fault nor authorization refused.
    pub on_replica: u64,
    /// The same for which it was none, so that a real cluster would have passed them on.
    pub off_replica: u64,
    /// Keys in BatchGetItem and BatchWriteItem for which the node was a replica, in the same way.
    pub batch_keys_on_replica: u64,
    /// The same for which it was none.
    pub batch_keys_off_replica: u64,
    /// The headers of the last DynamoDB operation, names in lower case, in no particular order of names. Values that are
    /// not UTF-8 are shown with replacement characters.
    pub last_headers: Vec<(String, String)>,
    /// The headers of the last discovery, in the same form.
    pub last_discovery_headers: Vec<(String, String)>,
    /// The query of the last discovery, as it was received: `dc=dc1&rack=r1`. `None` if it had none.
    pub last_discovery_query: Option<String>,
}

impl Counters {
    /// Returns how often the operation was called.
    pub fn operation(&self, name: &str) -> u64 {
        self.operations.get(name).copied().unwrap_or_default()
    }
}

/// Counts for one node.
#[derive(Debug, Default)]
pub(crate) struct Recorder {
    seen: Mutex<Seen>,
}

#[derive(Debug, Default)]
struct Seen {
    counters: Counters,
    /// Kept as they came: to turn them into text is left to the few who ask.
    last_headers: Option<Arc<HeaderMap>>,
    last_discovery_headers: Option<Arc<HeaderMap>>,
}

impl Recorder {
    pub(crate) fn operation(&self, name: &str, headers: Arc<HeaderMap>) {
        let mut seen = lock(&self.seen);
        seen.counters.requests += 1;
        match seen.counters.operations.get_mut(name) {
            Some(count) => *count += 1,
            None => {
                seen.counters.operations.insert(name.to_owned(), 1);
            }
        }
        seen.last_headers = Some(headers);
    }

    pub(crate) fn body(&self, bytes: usize) {
        lock(&self.seen).counters.request_bytes += bytes as u64;
    }

    /// Counts keys of an operation for which the node is a replica, and for which it is not.
    pub(crate) fn replica(&self, is_batch: bool, on: u64, off: u64) {
        let counters = &mut lock(&self.seen).counters;
        if is_batch {
            counters.batch_keys_on_replica += on;
            counters.batch_keys_off_replica += off;
        } else {
            counters.on_replica += on;
            counters.off_replica += off;
        }
    }

    pub(crate) fn discovery(&self, query: Option<&str>, headers: Arc<HeaderMap>) {
        let mut seen = lock(&self.seen);
        seen.counters.discoveries += 1;
        seen.counters.last_discovery_query = query.map(str::to_owned);
        seen.last_discovery_headers = Some(headers);
    }

    pub(crate) fn health_check(&self) {
        lock(&self.seen).counters.health_checks += 1;
    }

    pub(crate) fn other_request(&self) {
        lock(&self.seen).counters.other_requests += 1;
    }

    pub(crate) fn connection_opened(&self) {
        let mut seen = lock(&self.seen);
        seen.counters.connections += 1;
        seen.counters.open_connections += 1;
    }

    pub(crate) fn connection_closed(&self) {
        lock(&self.seen).counters.open_connections -= 1;
    }

    pub(crate) fn reset(&self) {
        let mut seen = lock(&self.seen);
        let open_connections = seen.counters.open_connections;
        *seen = Seen::default();
        seen.counters.open_connections = open_connections;
    }

    pub(crate) fn snapshot(&self) -> Counters {
        let seen = lock(&self.seen);
        Counters {
            last_headers: in_text(seen.last_headers.as_deref()),
            last_discovery_headers: in_text(seen.last_discovery_headers.as_deref()),
            ..seen.counters.clone()
        }
    }
}

fn in_text(headers: Option<&HeaderMap>) -> Vec<(String, String)> {
    headers
        .into_iter()
        .flatten()
        .map(|(name, value)| {
            let value = String::from_utf8_lossy(value.as_bytes()).into_owned();
            (name.as_str().to_owned(), value)
        })
        .collect()
}
