//! Endpoints that the application names itself.
//!
//! With the plugin the cluster's nodes are the endpoints, so a client's `endpoint_url`, which most applications that
//! migrate have, is ignored. One in the `config_override` of a single operation is meant: it pins the operation to that
//! node.

use crate::cluster::{Cluster, SdkNode, SdkPlan};
use crate::route_error::RouteError;
use alternator_lb_core::discovery::parse_seed;
use aws_smithy_runtime_api::box_error::BoxError;
use aws_smithy_runtime_api::client::endpoint::EndpointResolverParams;
use aws_smithy_types::config_bag::{ConfigBag, Storable, StoreReplace};
use aws_types::endpoint_config::EndpointUrl;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

/// The endpoint of the client, by where it lies in memory: what an operation overrides it with lies target, even if it
/// reads the same.
#[derive(Debug)]
struct OfTheClient(usize);

impl Storable for OfTheClient {
    type Storer = StoreReplace<Self>;
}

/// Called before the settings of the operation itself are there: what there is now is the client's. Warns once of an
/// endpoint that is ignored although it is no part of the cluster.
pub(crate) fn note_client(cluster: &Cluster, config: &mut ConfigBag, warned: &AtomicBool) {
    let Some(endpoint) = config.load::<EndpointUrl>() else {
        return;
    };
    let place = OfTheClient(std::ptr::from_ref(endpoint).addr());
    // Before the first refresh nobody knows who is a node.
    let is_judged = !warned.load(Ordering::Relaxed) && cluster.discovery().has_succeeded();
    if is_judged && !warned.swap(true, Ordering::Relaxed) && find(cluster, &endpoint.0).is_none() {
        tracing::warn!(
            endpoint = %endpoint.0,
            "the client's endpoint_url is ignored, since the plugin sends its requests to the nodes of the cluster, and \
             that is none of them; leave it out, or name it as a seed"
        );
    }
    config.interceptor_state().store_put(place);
}

/// Pins the operation to its own endpoint, if it has one.
///
/// # Errors
///
/// If that is no node of the cluster.
pub(crate) fn pin(cluster: &Cluster, config: &mut ConfigBag) -> Result<(), BoxError> {
    let Some(endpoint) = of_the_operation(config) else {
        return Ok(());
    };
    let node = find(cluster, &endpoint.0).ok_or_else(|| RouteError::UnknownEndpoint {
        endpoint: endpoint.0.clone(),
        nodes: cluster.addresses(),
    })?;
    if let Some(params) = config.get_mut_from_interceptor_state::<EndpointResolverParams>() {
        params.set_property(SdkPlan::pinned_to(node));
    }
    Ok(())
}

/// Whether the operation is [pinned](pin) to a node.
pub(crate) fn is_pinned(config: &ConfigBag) -> bool {
    of_the_operation(config).is_some()
}

fn of_the_operation(config: &ConfigBag) -> Option<&EndpointUrl> {
    let endpoint = config.load::<EndpointUrl>()?;
    let place = std::ptr::from_ref(endpoint).addr();
    let client = config.load::<OfTheClient>();
    let is_the_clients = client.is_some_and(|client| client.0 == place);
    (!is_the_clients).then_some(endpoint)
}

fn find(cluster: &Cluster, endpoint: &str) -> Option<Arc<SdkNode>> {
    cluster.find(&parse_seed(endpoint).ok()?)
}
