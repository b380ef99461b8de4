//! Operations that discovery sends to one node.

use super::client::{InternalClient, InternalError, RESPONSE_LIMIT, response};
use super::discovery_client::{SdkDiscoveryClient, post};
use crate::metadata::client_routes::NodeClient;
use alternator_lb_core::discovery::ConnectionPool;
use alternator_lb_core::topology::NodeUrl;
use aws_smithy_runtime_api::box_error::BoxError;
use futures_util::future::BoxFuture;
use serde_json::Value;

/// A node to which operations are sent by the means of a client.
pub(super) struct SignedNode<'a> {
    pub(super) client: &'a InternalClient,
    pub(super) node: &'a NodeUrl,
}

impl NodeClient for SignedNode<'_> {
    fn call_node<'a>(
        &'a self,
        operation: &'static str,
        input: &'a Value,
    ) -> BoxFuture<'a, Result<Value, InternalError>> {
        Box::pin(self.client.call_node(self.node, operation, input))
    }
}

/// A node to which operations are sent as they are.
pub(super) struct UnsignedNode<'a> {
    pub(super) client: &'a SdkDiscoveryClient,
    pub(super) node: &'a NodeUrl,
}

impl NodeClient for UnsignedNode<'_> {
    fn call_node<'a>(
        &'a self,
        operation: &'static str,
        input: &'a Value,
    ) -> BoxFuture<'a, Result<Value, InternalError>> {
        Box::pin(async move {
            let unreachable = |error: BoxError| InternalError::Unreachable(error);
            let request = post(operation, input.to_string());
            let request = request.map_err(|error| unreachable(error.into()))?;
            let sending = self.client.send(self.node, request, ConnectionPool::Shared);
            let response = sending.await.map_err(|error| unreachable(error.into()))?;
            response::read(response, RESPONSE_LIMIT).await
        })
    }
}
