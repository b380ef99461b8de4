//! The HTTP client that balances by itself: for code that takes an `SdkConfig` or a client, and installs nothing.
//!
//! An `SdkConfig` holds no endpoint resolver and no interceptor, but an HTTP client and an endpoint. So here the
//! endpoint is a constant, the *logical* one, which the SDK signs as the `host`; and [`BalancedHttpClient`] sends each
//! request to the node whose turn it is. A server verifies the `host` header that it receives, so one signature is
//! valid on all nodes, and a request that could not be connected goes to the next node without the SDK's noticing.
//!
//! ```text
//! the SDK signs for the logical host ─▶ admission: DynamoDB, and no other host
//!   ─▶ signed_request: the `host` that was signed; no signature by placeholder credentials; fewer unsigned headers
//!   ─▶ routed_request: the next node by the router ─▶ the abortable HTTP client, which hedges reads ─▶ node
//!        ▲                                                     │
//!        └── the next node, if nothing was sent ◀── outcome ◀──┤
//!                                                              └─▶ response_body: settles the attempt at its end
//! ```
//!
//! Everything else is the SDK's to repeat: an attempt that was sent. Its next attempt is another call, which is
//! recognized by its invocation id, and goes on with the same plan (`pending_retries`).
//!
//! In contrast to the rest of this folder it knows the cluster, and keeps it alive as long as a configuration has it.

mod admission;
mod key_routing;
mod pending_retries;
mod response_body;
mod routed_request;
mod signed_request;
#[cfg(test)]
mod tests;

use super::abort_handle::AbortHandle;
use crate::cluster::Cluster;
use crate::route_error::RouteError;
use admission::LogicalEndpoint;
use aws_smithy_async::rt::sleep::SharedAsyncSleep;
use aws_smithy_async::time::SharedTimeSource;
use aws_smithy_runtime_api::box_error::BoxError;
use aws_smithy_runtime_api::client::connector_metadata::ConnectorMetadata;
use aws_smithy_runtime_api::client::http::{
    HttpClient, HttpConnector, HttpConnectorFuture, HttpConnectorSettings, SharedHttpClient,
    SharedHttpConnector,
};
use aws_smithy_runtime_api::client::orchestrator::{HttpRequest, HttpResponse};
use aws_smithy_runtime_api::client::result::ConnectorError;
use aws_smithy_runtime_api::client::runtime_components::{
    RuntimeComponents, RuntimeComponentsBuilder,
};
use aws_smithy_types::config_bag::ConfigBag;
use aws_types::app_name::AppName;
use pending_retries::PendingRetries;
use routed_request::RoutedRequest;
use std::fmt;
use std::sync::Arc;

/// An HTTP client that sends each request to a node of a cluster.
pub(crate) struct BalancedHttpClient {
    balancer: Arc<Balancer>,
    /// The client that makes the requests, decorated. None where there is none to be had.
    inner: Option<SharedHttpClient>,
}

/// The parts that all requests of one configuration share.
struct Balancer {
    cluster: Arc<Cluster>,
    endpoint: LogicalEndpoint,
    pending_retries: PendingRetries,
    user_agent: String,
}

impl BalancedHttpClient {
    /// The `Debug` output: by it a decorator is recognized without a downcast, which shared clients do not have.
    pub(super) const NAME: &str = "BalancedHttpClient(alternator-lb-sdk)";

    /// Balances the requests of `inner`, a decorated HTTP client. `app_name` is that of the configuration.
    pub(crate) fn new(
        cluster: &Arc<Cluster>,
        inner: Option<SharedHttpClient>,
        app_name: Option<&AppName>,
    ) -> Self {
        cluster.discovery.track_outcomes();
        let balancer = Balancer {
            endpoint: LogicalEndpoint::of(cluster),
            pending_retries: PendingRetries::default(),
            user_agent: cluster.config.user_agent.of_app(app_name).into_owned(),
            cluster: Arc::clone(cluster),
        };
        Self {
            balancer: Arc::new(balancer),
            inner,
        }
    }

    /// Returns the URL that requests are made for.
    pub(crate) fn endpoint_url(&self) -> &str {
        self.balancer.endpoint.url()
    }
}

impl HttpClient for BalancedHttpClient {
    fn http_connector(
        &self,
        settings: &HttpConnectorSettings,
        components: &RuntimeComponents,
    ) -> SharedHttpConnector {
        let connector = |inner: &SharedHttpClient| inner.http_connector(settings, components);
        SharedHttpConnector::new(Connector {
            balancer: Arc::clone(&self.balancer),
            inner: self.inner.as_ref().map(connector),
            runtime: Arc::new(RuntimeParts {
                time_source: components.time_source().unwrap_or_default(),
                sleep: components.sleep_impl(),
            }),
        })
    }

    fn validate_base_client_config(
        &self,
        components: &RuntimeComponentsBuilder,
        config: &ConfigBag,
    ) -> Result<(), BoxError> {
        match &self.inner {
            Some(inner) => inner.validate_base_client_config(components, config),
            None => Ok(()),
        }
    }

    fn validate_final_config(
        &self,
        components: &RuntimeComponents,
        config: &ConfigBag,
    ) -> Result<(), BoxError> {
        match &self.inner {
            Some(inner) => inner.validate_final_config(components, config),
            None => Ok(()),
        }
    }

    fn connector_metadata(&self) -> Option<ConnectorMetadata> {
        self.inner.as_ref()?.connector_metadata()
    }
}

impl fmt::Debug for BalancedHttpClient {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(Self::NAME)
    }
}

struct Connector {
    balancer: Arc<Balancer>,
    inner: Option<SharedHttpConnector>,
    runtime: Arc<RuntimeParts>,
}

/// The parts of a client's runtime that its requests need.
struct RuntimeParts {
    /// Tells when attempts were made.
    time_source: SharedTimeSource,
    /// Tells when a read is to be hedged.
    sleep: Option<SharedAsyncSleep>,
}

impl fmt::Debug for Connector {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Connector").finish_non_exhaustive()
    }
}

impl HttpConnector for Connector {
    fn call(&self, request: HttpRequest) -> HttpConnectorFuture {
        let Some(inner) = self.inner.clone() else {
            return HttpConnectorFuture::ready(Err(refusal(RouteError::NoHttpClient)));
        };
        if AbortHandle::is_attached(&request) {
            // The plugin's interceptor has selected the node, and records the outcome.
            return inner.call(request);
        }
        let (balancer, runtime) = (Arc::clone(&self.balancer), Arc::clone(&self.runtime));
        HttpConnectorFuture::new(send(inner, balancer, request, runtime))
    }
}

/// Sends a request to one node after the other until one was connected.
async fn send(
    inner: SharedHttpConnector,
    balancer: Arc<Balancer>,
    mut request: HttpRequest,
    runtime: Arc<RuntimeParts>,
) -> Result<HttpResponse, ConnectorError> {
    let mut routed = RoutedRequest::begin(balancer, &mut request, runtime).map_err(refusal)?;
    loop {
        // None of a streaming body, which DynamoDB's operations do not have: it goes to one node.
        let spare = request.try_clone();
        routed.select_node(&mut request)?;
        let error = match inner.call(request).await {
            Ok(response) => return Ok(routed.respond(response)),
            Err(error) => error,
        };
        let goes_on = routed.record_error(&error, spare.is_some());
        match spare {
            Some(spare) if goes_on => request = spare,
            Some(_) | None => return Err(routed.explain(error)),
        }
    }
}

/// The error of a request that is not sent. The SDK does not retry it.
fn refusal(error: RouteError) -> ConnectorError {
    ConnectorError::user(error.into())
}
