//! Selects the node of each attempt, where the SDK resolves an endpoint.
//!
//! The SDK resolves the endpoint once per attempt, before signing, and keeps the parameters of that for the whole
//! operation: these carry the [plan](SdkPlan).

use crate::cluster::Cluster;
use crate::transport::sdk_endpoint::SdkPlan;
use aws_sdk_dynamodb::config::endpoint as dynamodb;
use aws_smithy_runtime_api::box_error::BoxError;
use aws_smithy_runtime_api::client::endpoint::{
    EndpointFuture, EndpointResolverParams, ResolveEndpoint, SharedEndpointResolver,
};
use std::sync::Arc;

/// Resolves every endpoint to the next node.
#[derive(Clone, Debug)]
pub(crate) struct Resolver {
    cluster: Arc<Cluster>,
}

impl Resolver {
    pub(crate) fn new(cluster: Arc<Cluster>) -> Self {
        Self { cluster }
    }

    /// The node of an operation's plan; the next node where there is no plan, as in SDK crates without
    /// `finalize_params`.
    fn resolve(&self, plan: Option<&SdkPlan>) -> EndpointFuture<'static> {
        let endpoint = match plan.and_then(SdkPlan::current) {
            Some(attempt) => Ok(attempt.node().extension().endpoint.clone()),
            None => self
                .cluster
                .pick_one()
                .map(|node| node.extension().endpoint.clone())
                .map_err(BoxError::from),
        };
        EndpointFuture::ready(endpoint)
    }
}

/// The SDK's own trait, the same for all services: the one that is installed.
impl ResolveEndpoint for Resolver {
    fn finalize_params<'a>(
        &'a self,
        params: &'a mut EndpointResolverParams,
    ) -> Result<(), BoxError> {
        if let Some(plan) = params.get_property_mut::<SdkPlan>() {
            self.cluster.advance(plan)?;
        } else {
            let mut plan = SdkPlan::default();
            self.cluster.advance(&mut plan)?;
            params.set_property(plan);
        }
        Ok(())
    }

    fn resolve_endpoint<'a>(&'a self, params: &'a EndpointResolverParams) -> EndpointFuture<'a> {
        self.resolve(params.get_property())
    }
}

/// The trait of the DynamoDB crate, which `config::Builder::endpoint_resolver` takes.
impl dynamodb::ResolveEndpoint for Resolver {
    fn resolve_endpoint<'a>(&'a self, _: &'a dynamodb::Params) -> EndpointFuture<'a> {
        self.resolve(None)
    }

    fn into_shared_resolver(self) -> SharedEndpointResolver {
        // This is its installation, and a resolver sees no HTTP client.
        self.cluster.adopt_default_client();
        self.cluster.installed_without_hedging();
        SharedEndpointResolver::new(self)
    }
}
