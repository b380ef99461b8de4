//! The data that the plugin keeps with each node.

use super::generations::Generations;
use crate::auth::NodeClock;
use alternator_lb_core::discovery::RequestControl;
use alternator_lb_core::routing;
use alternator_lb_core::topology::NodeUrl;
use aws_smithy_types::endpoint::Endpoint;
use std::borrow::Cow;
use std::collections::BTreeSet;
use std::sync::{Arc, Mutex, PoisonError};
use tokio::sync::Notify;

/// A node with the data that the plugin keeps for requests to it.
pub(crate) type SdkNode = routing::Endpoint<SdkEndpoint>;

/// The attempts of one operation of the SDK.
pub(crate) type SdkPlan = routing::Plan<SdkEndpoint>;

/// A node's endpoint as the SDK takes it, made once, with what the plugin knows of the node.
#[derive(Debug)]
pub(crate) struct SdkEndpoint {
    /// The endpoint that the SDK gets for an attempt.
    pub(crate) endpoint: Endpoint,
    /// The signal that aborts requests because the node is ejected.
    pub(crate) ejected: Arc<Notify>,
    /// Those that abort requests because their connections are lost.
    pub(crate) generations: Arc<Generations>,
    /// The clock by which signatures for this node are dated.
    pub(crate) clock: NodeClock,
}

impl SdkEndpoint {
    pub(crate) fn new(node: &NodeUrl) -> Self {
        Self {
            endpoint: Endpoint::builder().url(interned(node.as_str())).build(),
            ejected: Arc::default(),
            generations: Arc::default(),
            clock: NodeClock::default(),
        }
    }

    /// Aborts the abortable requests that wait for this node now; later ones are not affected.
    pub(crate) fn abort_requests(&self) {
        self.ejected.notify_waiters();
    }

    /// The means by which the health checker ends requests.
    pub(crate) const REQUEST_CONTROL: RequestControl<Self> = RequestControl {
        end: Self::abort_requests,
        begin_generation: |endpoint, now| endpoint.generations.begin(now),
        oldest: |endpoint| endpoint.generations.oldest(),
        end_lost: |endpoint, since| endpoint.generations.end(since),
    };
}

/// The number of URLs that are interned in a process: twice the largest list of nodes that discovery accepts is 8,192,
/// at some 50 bytes each.
const MAX_INTERNED: usize = 8_192;

/// A URL whose clones do not allocate: the SDK clones an endpoint for every request, which copies a URL that it owns.
///
/// Interned URLs are kept as long as the process lives. In a process that sees more nodes than [`MAX_INTERNED`], as
/// where pods come at new addresses for weeks, later nodes have URLs of their own, at one allocation for each request.
fn interned(url: &str) -> Cow<'static, str> {
    static URLS: Mutex<BTreeSet<&'static str>> = Mutex::new(BTreeSet::new());
    // Nothing that holds the lock can panic.
    intern(
        &mut URLS.lock().unwrap_or_else(PoisonError::into_inner),
        url,
    )
}

fn intern(urls: &mut BTreeSet<&'static str>, url: &str) -> Cow<'static, str> {
    if let Some(known) = urls.get(url) {
        return Cow::Borrowed(known);
    }
    if urls.len() >= MAX_INTERNED {
        return Cow::Owned(url.to_owned());
    }
    let new: &'static str = Box::leak(url.into());
    urls.insert(new);
    Cow::Borrowed(new)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn url_of_a_node_that_comes_back_is_interned_once() {
        let mut urls = BTreeSet::new();
        let url = |urls: &mut _| match intern(urls, "http://10.0.0.1:8000") {
            Cow::Borrowed(url) => url.as_ptr(),
            Cow::Owned(url) => panic!("{url} is not interned"),
        };
        assert_eq!(url(&mut urls), url(&mut urls));
        assert_eq!(urls.len(), 1);
    }

    #[test]
    fn interned_urls_are_bounded_and_later_ones_still_work() {
        let mut urls = BTreeSet::new();
        for node in 0..2 * MAX_INTERNED {
            let url = format!("http://10.0.{}.{}:8000", node / 256, node % 256);
            let interned = intern(&mut urls, &url);
            assert_eq!(interned, url);
            assert_eq!(matches!(interned, Cow::Borrowed(_)), node < MAX_INTERNED);
        }
        assert_eq!(urls.len(), MAX_INTERNED);
    }
}
