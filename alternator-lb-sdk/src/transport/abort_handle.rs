//! What a request takes along to the transport.
//!
//! The interceptor knows the node and the operation, the [transport](crate::transport) has the answer's future in its
//! hands, and nothing connects the two but the request. So the interceptor puts a [`Departure`] into it, with which the
//! transport needs to know neither cluster nor operation. By the same way the interceptor learns whether there is a
//! transport at all: an HTTP client that is set after the installation takes its place.

use crate::events;
use crate::request::endpoint_override as own_endpoint;
use aws_smithy_runtime_api::client::retries::RequestAttempts;
use aws_smithy_runtime_api::client::runtime_components::RuntimeComponents;
use aws_smithy_types::config_bag::ConfigBag;
use aws_smithy_types::retry::RetryConfig;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use tokio::sync::Notify;

/// An extension of a request that leaves for a node.
#[derive(Clone, Debug)]
pub(crate) struct Departure {
    end: Option<Arc<Notify>>,
    passed: Arc<AtomicBool>,
}

impl Departure {
    /// The request passes through a transport. Returns what ends it, if it may be ended.
    pub(crate) fn pass(&self) -> Option<&Arc<Notify>> {
        // Written once: the requests of all threads look here.
        if !self.passed.load(Ordering::Relaxed) {
            self.passed.store(true, Ordering::Relaxed);
        }
        self.end.as_ref()
    }
}

/// Whether the requests of an installation pass through the transport that it has put in place.
#[derive(Debug, Default)]
pub(crate) struct Passage {
    passed: Arc<AtomicBool>,
    warned: AtomicBool,
}

impl Passage {
    /// What a request takes along that can be ended by `end`; nothing, if there is nothing to be said or learned.
    pub(crate) fn departure(&self, end: Option<&Arc<Notify>>) -> Option<Departure> {
        if end.is_none() && self.passed.load(Ordering::Relaxed) {
            return None;
        }
        Some(Departure {
            end: end.cloned(),
            passed: Arc::clone(&self.passed),
        })
    }

    /// Whether a request has met the transport by now.
    pub(crate) fn is_known(&self) -> bool {
        self.passed.load(Ordering::Relaxed)
    }

    /// A request was answered, or its HTTP client has failed: if none has met the transport by now, it is not there.
    pub(crate) fn warn_if_removed(&self) {
        if !self.passed.load(Ordering::Relaxed) && !self.warned.swap(true, Ordering::Relaxed) {
            events::transport_removed();
        }
    }
}

/// Whether the attempt under way may be ended, since the SDK would then make another, and that could go target: not
/// the last that the application allows, and not one that the application sends to this very node.
pub(crate) fn may_end(config: &ConfigBag, components: &RuntimeComponents) -> bool {
    let made = config.load::<RequestAttempts>().map(|made| made.attempts());
    let allowed = config.load::<RetryConfig>().map(RetryConfig::max_attempts);
    let is_followed = made
        .zip(allowed)
        .is_some_and(|(made, allowed)| made < allowed);
    // Without a way to sleep the SDK makes no second attempt.
    is_followed && components.sleep_impl().is_some() && !own_endpoint::is_pinned(config)
}

#[cfg(test)]
mod tests;
