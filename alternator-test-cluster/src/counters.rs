//! Counters of a node's requests and connections.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex};

use hyper::HeaderMap;

use crate::sync::lock;

/// The requests and connections of a node since its start or the last reset.
///
/// A request is counted when its head has arrived. Therefore requests that hang or fail are counted too, and a request
/// is always counted before its client has the response.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct Counters {
    /// DynamoDB operations (`POST /`), successful or not. Discoveries and health checks are not included.
    pub requests: u64,
    /// DynamoDB operations by their name, as sent by the client.
    pub operations: BTreeMap<String, u64>,
    /// Requests for `/localnodes`.
    pub discoveries: u64,
    /// Health checks (`GET /`).
    pub health_checks: u64,
    /// Other requests, such as those for unknown paths.
    pub other_requests: u64,
    /// Accepted connections.
    pub connections: u64,
    /// Connections that are open now. A reset does not change this.
    pub open_connections: u64,
    /// TLS handshakes that were made in full, with the certificates of both sides. With the feature `tls`.
    pub full_handshakes: u64,
    /// TLS handshakes that resumed a session of an earlier connection.
    pub resumed_handshakes: u64,
    /// TLS handshakes that failed.
    pub failed_handshakes: u64,
    /// Bytes in the bodies of DynamoDB operations as received, that is before decompression.
    pub request_bytes: u64,
    /// Operations on one partition (GetItem, PutItem, UpdateItem, DeleteItem, and Query of a table or index) for which
    /// the node was a replica. Counted only with [`Builder::tokens`](crate::Builder::tokens), and only for requests
    /// that no fault and no failed authorization rejected.
    pub on_replica: u64,
    /// Operations on one partition for which the node was not a replica, so that a real node would have forwarded them.
    /// Counted under the same conditions.
    pub off_replica: u64,
    /// Keys in BatchGetItem and BatchWriteItem for which the node was a replica. Counted under the same conditions.
    pub batch_keys_on_replica: u64,
    /// Keys in BatchGetItem and BatchWriteItem for which the node was not a replica. Counted under the same conditions.
    pub batch_keys_off_replica: u64,
    /// Proposals of lightweight transactions that another coordinator superseded, so that this one started again; as
    /// the server's metric `cas_write_contention`. Counted only with [`Builder::paxos`](crate::Builder::paxos).
    pub ballot_contentions: u64,
    /// Lightweight transactions that failed with "write timeout due to uncertainty", since another coordinator
    /// superseded their proposal. Counted only with [`Builder::paxos`](crate::Builder::paxos).
    pub uncertain_transactions: u64,
    /// Successful reads of internal tables by the table, such as `system.tablets`.
    pub internal_reads: BTreeMap<String, InternalReads>,
    /// The headers of the last DynamoDB operation, with names in lower case, in no particular order. Invalid UTF-8 in
    /// values is replaced by U+FFFD.
    pub last_headers: Vec<(String, String)>,
    /// The certificate that the client of the last DynamoDB operation has shown, in DER.
    pub last_client_certificate: Option<Vec<u8>>,
    /// The headers of the last discovery, in the same form.
    pub last_discovery_headers: Vec<(String, String)>,
    /// The query of the last discovery, as received: `dc=dc1&rack=r1`. `None` if it had no query.
    pub last_discovery_query: Option<String>,
}

/// The reads of one internal table, which cost the node what they return.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct InternalReads {
    /// The number of pages.
    pub requests: u64,
    /// The rows of all pages.
    pub rows: u64,
    /// The bytes of all pages, before compression.
    pub bytes: u64,
}

impl Counters {
    /// Returns the number of requests for an operation, such as `GetItem`.
    pub fn operation(&self, name: &str) -> u64 {
        self.operations.get(name).copied().unwrap_or_default()
    }
}

/// The recorder of one node's counters.
#[derive(Debug, Default)]
pub(crate) struct Recorder {
    record: Mutex<Record>,
}

#[derive(Debug, Default)]
struct Record {
    counters: Counters,
    /// Converted to text only by [`Recorder::snapshot`], since most headers are never read.
    last_headers: Option<Arc<HeaderMap>>,
    last_client_certificate: Option<Arc<[u8]>>,
    last_discovery_headers: Option<Arc<HeaderMap>>,
}

impl Recorder {
    pub(crate) fn record_operation(
        &self,
        name: &str,
        headers: Arc<HeaderMap>,
        client_certificate: Option<Arc<[u8]>>,
    ) {
        let mut record = lock(&self.record);
        record.counters.requests += 1;
        match record.counters.operations.get_mut(name) {
            Some(count) => *count += 1,
            None => {
                record.counters.operations.insert(name.to_owned(), 1);
            }
        }
        record.last_headers = Some(headers);
        record.last_client_certificate = client_certificate;
    }

    /// Counts the bytes of the body of an operation.
    pub(crate) fn record_body(&self, bytes: usize) {
        lock(&self.record).counters.request_bytes += bytes as u64;
    }

    /// Counts the keys of an operation for which the node is a replica (`on`) and for which it is not (`off`).
    pub(crate) fn record_replicas(&self, is_batch: bool, on: u64, off: u64) {
        let counters = &mut lock(&self.record).counters;
        if is_batch {
            counters.batch_keys_on_replica += on;
            counters.batch_keys_off_replica += off;
        } else {
            counters.on_replica += on;
            counters.off_replica += off;
        }
    }

    pub(crate) fn record_ballot_contentions(&self, count: u64) {
        lock(&self.record).counters.ballot_contentions += count;
    }

    pub(crate) fn record_uncertain_transaction(&self) {
        lock(&self.record).counters.uncertain_transactions += 1;
    }

    pub(crate) fn record_internal_read(&self, table: &str, rows: u64, bytes: u64) {
        let reads = &mut lock(&self.record).counters.internal_reads;
        let reads = reads.entry(table.to_owned()).or_default();
        reads.requests += 1;
        reads.rows += rows;
        reads.bytes += bytes;
    }

    pub(crate) fn record_discovery(&self, query: Option<&str>, headers: Arc<HeaderMap>) {
        let mut record = lock(&self.record);
        record.counters.discoveries += 1;
        record.counters.last_discovery_query = query.map(str::to_owned);
        record.last_discovery_headers = Some(headers);
    }

    pub(crate) fn record_health_check(&self) {
        lock(&self.record).counters.health_checks += 1;
    }

    pub(crate) fn record_other_request(&self) {
        lock(&self.record).counters.other_requests += 1;
    }

    #[cfg(feature = "tls")]
    pub(crate) fn record_handshake(&self, is_resumed: bool) {
        let counters = &mut lock(&self.record).counters;
        match is_resumed {
            true => counters.resumed_handshakes += 1,
            false => counters.full_handshakes += 1,
        }
    }

    #[cfg(feature = "tls")]
    pub(crate) fn record_failed_handshake(&self) {
        lock(&self.record).counters.failed_handshakes += 1;
    }

    pub(crate) fn record_connection_opened(&self) {
        let mut record = lock(&self.record);
        record.counters.connections += 1;
        record.counters.open_connections += 1;
    }

    pub(crate) fn record_connection_closed(&self) {
        lock(&self.record).counters.open_connections -= 1;
    }

    /// Resets all counters except the number of open connections.
    pub(crate) fn reset(&self) {
        let mut record = lock(&self.record);
        let open_connections = record.counters.open_connections;
        *record = Record::default();
        record.counters.open_connections = open_connections;
    }

    /// Returns the counters as they are now.
    pub(crate) fn snapshot(&self) -> Counters {
        let record = lock(&self.record);
        Counters {
            last_headers: headers_to_text(record.last_headers.as_deref()),
            last_client_certificate: record.last_client_certificate.as_deref().map(Vec::from),
            last_discovery_headers: headers_to_text(record.last_discovery_headers.as_deref()),
            ..record.counters.clone()
        }
    }
}

fn headers_to_text(headers: Option<&HeaderMap>) -> Vec<(String, String)> {
    headers
        .into_iter()
        .flatten()
        .map(|(name, value)| {
            let value = String::from_utf8_lossy(value.as_bytes()).into_owned();
            (name.as_str().to_owned(), value)
        })
        .collect()
}
