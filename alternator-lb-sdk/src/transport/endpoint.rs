//! What the plugin keeps at hand with each node.

use alternator_lb_core::topology::NodeUrl;
use aws_smithy_types::endpoint::Endpoint;
use std::collections::BTreeSet;
use std::sync::{Arc, Mutex, PoisonError};
use tokio::sync::Notify;

/// A node's endpoint as the SDK takes it, made once, and the bell that is rung when requests shall not wait for the node
/// any longer.
#[derive(Debug)]
pub(crate) struct SdkEndpoint {
    endpoint: Endpoint,
    end: Arc<Notify>,
}

impl SdkEndpoint {
    pub(crate) fn new(node: &NodeUrl) -> Self {
        Self {
            endpoint: Endpoint::builder().url(interned(node.as_str())).build(),
            end: Arc::default(),
        }
    }

    /// What the SDK's question for an endpoint is answered with.
    pub(crate) fn resolved(&self) -> Endpoint {
        self.endpoint.clone()
    }

    /// What a request that may be ended listens to.
    pub(crate) fn end(&self) -> &Arc<Notify> {
        &self.end
    }

    /// Ends the requests that wait for this node now, and that may be ended; those that come later are not meant.
    pub(crate) fn end_requests(&self) {
        self.end.notify_waiters();
    }
}

/// The same text for as long as the process lives: an endpoint of the SDK is cloned for every request, which copies a URL
/// that it owns. The addresses that a process ever sees of its nodes are few, and each is kept once.
fn interned(url: &str) -> &'static str {
    static URLS: Mutex<BTreeSet<&'static str>> = Mutex::new(BTreeSet::new());
    // Nothing that holds the lock can panic.
    let mut urls = URLS.lock().unwrap_or_else(PoisonError::into_inner);
    if let Some(known) = urls.get(url) {
        return known;
    }
    let new: &'static str = Box::leak(url.into());
    urls.insert(new);
    new
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_address_is_kept_once() {
        let url = || String::from("http://192.0.2.7:8000");
        assert!(std::ptr::eq(interned(&url()), interned(&url())));
        assert_ne!(interned("http://192.0.2.8:8000"), url());
    }
}
