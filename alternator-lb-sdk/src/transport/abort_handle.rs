//! The handle in a request's extensions by which the HTTP client decorator aborts it.
//!
//! The interceptor knows the node and the operation; the [decorator](super::AbortableHttpClient) holds the future of
//! the response. The request is all that connects the two, so the interceptor puts an [`AbortHandle`] into its
//! extensions, and the decorator needs to know neither cluster nor operation. By the same way the interceptor learns
//! whether the decorator is there at all: an HTTP client that is set after the installation replaces it.

use crate::events;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use tokio::sync::Notify;

/// An extension of a request.
#[derive(Clone, Debug)]
pub(crate) struct AbortHandle {
    signal: Option<Arc<Notify>>,
    is_present: Arc<AtomicBool>,
}

impl AbortHandle {
    /// Notes that the request has reached the decorator. Returns the signal that aborts the request, if it is
    /// abortable.
    pub(crate) fn reach(&self) -> Option<&Arc<Notify>> {
        // Written once: the requests of all threads read it.
        if !self.is_present.load(Ordering::Relaxed) {
            self.is_present.store(true, Ordering::Relaxed);
        }
        self.signal.as_ref()
    }
}

/// The evidence that the requests of an installation pass through its HTTP client decorator.
#[derive(Debug, Default)]
pub(crate) struct TransportPresence {
    is_present: Arc<AtomicBool>,
    has_warned: AtomicBool,
}

impl TransportPresence {
    /// Returns the handle for a request that `signal` aborts; none if there is nothing to abort and nothing to learn.
    pub(crate) fn handle(&self, signal: Option<&Arc<Notify>>) -> Option<AbortHandle> {
        if signal.is_none() && self.is_confirmed() {
            return None;
        }
        Some(AbortHandle {
            signal: signal.cloned(),
            is_present: Arc::clone(&self.is_present),
        })
    }

    /// Returns whether a request has reached the decorator so far.
    pub(crate) fn is_confirmed(&self) -> bool {
        self.is_present.load(Ordering::Relaxed)
    }

    /// Warns once if no request has reached the decorator, called when one got a response or its HTTP client has
    /// failed.
    pub(crate) fn warn_if_removed(&self) {
        if !self.is_confirmed() && !self.has_warned.swap(true, Ordering::Relaxed) {
            events::transport_removed();
        }
    }
}

#[cfg(test)]
mod tests;
