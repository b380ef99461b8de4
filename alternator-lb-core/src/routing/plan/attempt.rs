//! An attempt in flight.

use crate::health::ProbePermit;
use crate::routing::attempt_log::AttemptLogWriter;
use crate::routing::{Endpoint, Reason};
use std::sync::Arc;
use std::time::Duration;

/// An attempt in flight on a node.
///
/// It counts as in flight while it exists. Dropping it, which is all that happens when the application drops its
/// `send()` future, removes it from the count, and releases a probe permit whose request was never sent.
#[derive(Debug)]
pub struct Attempt<E> {
    pub(super) node: Arc<Endpoint<E>>,
    /// The reason for the selection of the node.
    reason: Reason,
    pub(super) began: Duration,
    /// The number of the node's responses when the attempt began.
    pub(super) responses_before: u64,
    pub(super) permit: Option<ProbePermit>,
    pub(super) is_sent: bool,
}

impl<E> Attempt<E> {
    /// Begins an attempt on the node that was selected for this reason, with the probe permit that was acquired for it,
    /// if any.
    pub fn new(
        node: Arc<Endpoint<E>>,
        reason: Reason,
        permit: Option<ProbePermit>,
        now: Duration,
    ) -> Self {
        node.load_stats().begin();
        Self {
            responses_before: node.responses(),
            node,
            reason,
            began: now,
            permit,
            is_sent: false,
        }
    }

    pub(super) fn begin_record(&self, log: &AttemptLogWriter) {
        log.begin(self.node.url().clone(), self.reason, self.began);
    }

    /// Returns the node that the attempt goes to.
    pub fn node(&self) -> &Arc<Endpoint<E>> {
        &self.node
    }

    /// Returns why the attempt goes there.
    pub fn reason(&self) -> Reason {
        self.reason
    }

    /// Returns when the attempt began.
    pub fn began(&self) -> Duration {
        self.began
    }
}

impl<E> Drop for Attempt<E> {
    fn drop(&mut self) {
        self.node.load_stats().end();
        // What a request that was sent would have found out is unknown: if its permit were released, a node that hangs
        // could take all requests of one impatient caller. The permit expires by itself.
        if let Some(permit) = self.permit.take()
            && !self.is_sent
        {
            self.node.health().release_permit(permit);
        }
    }
}
