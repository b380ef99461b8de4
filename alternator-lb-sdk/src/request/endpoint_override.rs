//! Endpoints that the application names itself.
//!
//! With the plugin the cluster's nodes are the endpoints, so a client's `endpoint_url`, which most applications that
//! migrate have, is ignored. One in the `config_override` of a single operation is intended: it pins the operation to
//! that node.

use super::active_interceptor::ActiveInterceptor;
use crate::cluster::Cluster;
use crate::route_error::RouteError;
use crate::transport::sdk_endpoint::{SdkNode, SdkPlan};
use alternator_lb_core::discovery::parse_seed;
use alternator_lb_core::observe::Event;
use aws_smithy_runtime_api::box_error::BoxError;
use aws_smithy_runtime_api::client::endpoint::EndpointResolverParams;
use aws_smithy_types::config_bag::{ConfigBag, Storable, StoreReplace};
use aws_types::endpoint_config::EndpointUrl;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

/// The client's endpoint.
#[derive(Debug)]
struct ClientEndpoint {
    /// The address in memory: that of an operation's override differs, even if it reads the same.
    address: usize,
    url: String,
}

impl Storable for ClientEndpoint {
    type Storer = StoreReplace<Self>;
}

/// Notes the client's endpoint, called before the configuration of the operation itself is there. Warns once of an
/// endpoint that is ignored although it is no part of the cluster.
pub(crate) fn note_client(cluster: &Cluster, config: &mut ConfigBag, has_warned: &AtomicBool) {
    let Some(endpoint) = config.load::<EndpointUrl>() else {
        return;
    };
    let client = ClientEndpoint {
        address: std::ptr::from_ref(endpoint).addr(),
        url: endpoint.0.clone(),
    };
    // Before the first refresh the nodes are not known.
    if !has_warned.load(Ordering::Relaxed)
        && cluster.discovery.has_succeeded()
        && !has_warned.swap(true, Ordering::Relaxed)
        && find(cluster, &endpoint.0).is_none()
    {
        cluster.observer.emit(Event::EndpointIgnored {
            endpoint: endpoint.0.clone(),
        });
    }
    config.interceptor_state().store_put(client);
}

/// Pins the operation to its own endpoint, if it has one. From then on it [is pinned](super::is_pinned).
///
/// # Errors
///
/// [`RouteError::UnknownEndpoint`] if that is no node of the cluster.
pub(crate) fn pin(cluster: &Cluster, config: &mut ConfigBag) -> Result<(), BoxError> {
    let Some(endpoint) = override_of(config) else {
        return Ok(());
    };
    let node = find(cluster, &endpoint.0).ok_or_else(|| RouteError::UnknownEndpoint {
        endpoint: endpoint.0.clone(),
        nodes: cluster.node_urls(),
    })?;
    if let Some(params) = config.get_mut_from_interceptor_state::<EndpointResolverParams>() {
        params.set_property(SdkPlan::pinned_to(node));
    }
    Ok(())
}

fn override_of(config: &ConfigBag) -> Option<&EndpointUrl> {
    let endpoint = config.load::<EndpointUrl>()?;
    let client = config.load::<ClientEndpoint>();
    let is_of_client = client.is_some_and(|client| {
        // A configuration that was made from the client's has a copy.
        let is_copy = ActiveInterceptor::is_repeated(config) && client.url == endpoint.0;
        is_copy || client.address == std::ptr::from_ref(endpoint).addr()
    });
    (!is_of_client).then_some(endpoint)
}

fn find(cluster: &Cluster, endpoint: &str) -> Option<Arc<SdkNode>> {
    cluster.find(&parse_seed(endpoint).ok()?)
}
