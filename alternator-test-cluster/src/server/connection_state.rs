//! What a connection remembers between its requests.

use std::future::pending;
use std::net::SocketAddr;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use hyper::HeaderMap;
use tokio::sync::watch;

use crate::client_connections::{ConnectionEntry, OperationEntry};
use crate::node_state::NodeState;

/// The state of one connection.
#[derive(Debug)]
pub(super) struct ConnectionState {
    /// The number of the connection, in the order in which the node accepted them.
    number: u64,
    /// Set once the body of a request was left unread, so that the next request is read from within it.
    has_unread_body: AtomicBool,
    /// The certificate that the client has shown.
    client_certificate: Option<Arc<[u8]>>,
    entry: ConnectionEntry,
}

impl ConnectionState {
    pub(super) fn new(
        node: &Arc<NodeState>,
        peer: SocketAddr,
        client_certificate: Option<Arc<[u8]>>,
    ) -> Arc<Self> {
        let number = node.number_connection();
        Arc::new(Self {
            number,
            entry: ConnectionEntry::new(node, number, peer),
            has_unread_body: AtomicBool::new(false),
            client_certificate,
        })
    }

    pub(super) fn client_certificate(&self) -> Option<&Arc<[u8]>> {
        self.client_certificate.as_ref()
    }

    /// Has the node list an operation of this connection, with these headers, until the guard is dropped.
    pub(super) fn begin(&self, operation: Arc<HeaderMap>) -> OperationEntry<'_> {
        self.entry.begin(operation)
    }

    pub(super) fn leave_body_unread(&self) {
        self.has_unread_body.store(true, Ordering::SeqCst);
    }

    pub(super) fn has_unread_body(&self) -> bool {
        self.has_unread_body.load(Ordering::SeqCst)
    }

    /// Returns whether the request after an unread body ends the connection, instead of being refused as malformed:
    /// both occur, on every other connection.
    pub(super) fn is_cut_after_unread_body(&self) -> bool {
        self.number % 2 == 1
    }

    /// The response of `exchange`, unless the connection is lost before it: then there is none, ever.
    pub(super) async fn unless_lost<T>(
        self: Arc<Self>,
        mut first_kept: watch::Receiver<u64>,
        exchange: impl Future<Output = T>,
    ) -> T {
        let lost = async {
            // An error means that the node was dropped, and its connections with it.
            let _ = first_kept.wait_for(|first| self.number < *first).await;
        };
        tokio::select! {
            biased;
            () = lost => pending().await,
            outcome = exchange => outcome,
        }
    }
}
