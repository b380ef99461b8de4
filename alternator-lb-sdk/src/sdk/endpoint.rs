//! What the plugin keeps at hand with each node.

use crate::topology::NodeUrl;
use aws_smithy_types::endpoint::Endpoint;
use std::sync::Arc;
use tokio::sync::Notify;

/// A node's endpoint as the SDK takes it, made once, and the bell that is rung when requests shall not wait for the node
/// any longer.
#[derive(Debug)]
pub(super) struct SdkEndpoint {
    endpoint: Endpoint,
    end: Arc<Notify>,
}

impl SdkEndpoint {
    pub(super) fn new(node: &NodeUrl) -> Self {
        Self {
            endpoint: Endpoint::builder().url(node.as_str().to_owned()).build(),
            end: Arc::default(),
        }
    }

    /// What the SDK's question for an endpoint is answered with.
    pub(super) fn resolved(&self) -> Endpoint {
        self.endpoint.clone()
    }

    /// What a request that may be ended listens to.
    pub(super) fn end(&self) -> &Arc<Notify> {
        &self.end
    }

    /// Ends the requests that wait for this node now, and that may be ended; those that come later are not meant.
    pub(super) fn end_requests(&self) {
        self.end.notify_waiters();
    }
}
