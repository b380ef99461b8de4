//! Operations that the plugin makes by itself: to fetch metadata that an operation of the application needs, and for
//! discovery what takes credentials.
//!
//! They use the means of an operation of the application: its HTTP client, hence its connections and certificates, and
//! its credentials, since the role that may read one table may not read another. An [`InternalClient`] is taken from
//! what the SDK hands to the interceptor. The one for metadata is dropped when its work is done; the one for discovery
//! is taken from the first operation of a client, and kept by that client.
//!
//! JSON in and JSON out, by the SDK's own orchestrator, since only that can drive any HTTP client and credentials
//! provider of the SDK. The typed client would have to be built from a configuration that is not available here, and
//! refuses some of what the server's own tables contain.
//!
//! Internal operations pass none of the operation's interceptors: neither the application's, which did not make them,
//! nor the plugin's, which would cause further ones. They end by themselves, and count neither as load nor as evidence
//! of health.

mod error;
#[cfg(any(test, fuzzing))]
pub(crate) mod fuzzing;
pub(crate) mod response;

pub(crate) use error::InternalError;

use super::raw_response::{RawResponse, RawResponseDeserializer};
use crate::auth::{ClockSkew, DateByNode};
use crate::config::ClusterConfig;
use crate::request;
use crate::route_error::RouteError;
use crate::transport::sdk_endpoint::{SdkEndpoint, SdkNode};
use alternator_lb_core::routing::EndpointState;
use alternator_lb_core::topology::NodeUrl;
use aws_runtime::auth::SigV4OperationSigningConfig;
use aws_runtime::auth::sigv4::SCHEME_ID;
use aws_sdk_dynamodb::config::auth;
use aws_smithy_runtime::client::orchestrator::operation::Operation;
use aws_smithy_runtime_api::box_error::BoxError;
use aws_smithy_runtime_api::client::auth::{AuthSchemeOptionResolverParams, AuthSchemePreference};
use aws_smithy_runtime_api::client::endpoint::SharedEndpointResolver;
use aws_smithy_runtime_api::client::identity::IdentityCachePartition;
use aws_smithy_runtime_api::client::interceptors::context::BeforeTransmitInterceptorContextRef;
use aws_smithy_runtime_api::client::interceptors::{Intercept, SharedInterceptor};
use aws_smithy_runtime_api::client::orchestrator::HttpRequest;
use aws_smithy_runtime_api::client::result::SdkError;
use aws_smithy_runtime_api::client::retries::SharedRetryStrategy;
use aws_smithy_runtime_api::client::runtime_components::{
    GetIdentityResolver as _, RuntimeComponents,
};
use aws_smithy_runtime_api::client::runtime_plugin::{SharedRuntimePlugin, StaticRuntimePlugin};
use aws_smithy_types::config_bag::{ConfigBag, FrozenLayer, Layer};
use aws_smithy_types::timeout::TimeoutConfig;
use aws_types::SigningName;
use aws_types::region::SigningRegion;
use serde_json::Value;
use std::borrow::Cow;
use std::convert::Infallible;
use std::fmt::Debug;
use std::sync::{Arc, Weak};
use std::time::Duration;
use tokio::time::timeout;

/// Sends operations by the means of an operation of the application. Does not keep the cluster alive.
#[derive(Clone, Debug)]
pub(crate) struct InternalClient {
    context: Weak<dyn ClientContext>,
    plugin: SharedRuntimePlugin,
    clock_skew: Arc<ClockSkew>,
    credentials: Credentials,
    user_agent: Cow<'static, str>,
}

/// The credentials of an operation, as far as they can be told apart without being resolved: by their provider.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(crate) struct Credentials(Option<IdentityCachePartition>);

impl Credentials {
    /// The credentials that operations with these components are signed with. Operations without a provider are not
    /// signed, and all have the same.
    pub(crate) fn of(components: &RuntimeComponents) -> Self {
        let resolver = components.identity_resolver(SCHEME_ID);
        Self(resolver.map(|resolver| resolver.cache_partition()))
    }

    /// Those of requests that are not signed.
    pub(crate) const NONE: Self = Self(None);

    /// Credentials that differ from all others.
    #[cfg(test)]
    pub(crate) fn for_tests() -> Self {
        Self(Some(IdentityCachePartition::new()))
    }
}

/// The parts of a cluster that an [`InternalClient`] needs.
pub(crate) trait ClientContext: Debug + Send + Sync {
    /// Picks the node of a request that does not count as load, and notes that the cluster is in use.
    fn pick_node(&self) -> Result<Arc<SdkNode>, RouteError>;

    /// Returns the node at a URL, if it is listed or a seed.
    fn find_node(&self, url: &NodeUrl) -> Option<Arc<SdkNode>>;

    fn config(&self) -> &ClusterConfig;

    fn clock_skew(&self) -> &Arc<ClockSkew>;
}

/// The number of nodes that are tried, one after the other. More dead nodes in a row that are not known to be dead are
/// rare, and a failed refresh is repeated later.
const MAX_NODES: usize = 3;

/// The time that a node has to respond: half of the time after which the server itself gives up.
const NODE_TIMEOUT: Duration = Duration::from_secs(5);

/// The number of bytes of a response that are read: a page of the server is 1 MiB of stored data, and its JSON is
/// several times larger.
pub(crate) const RESPONSE_LIMIT: usize = 8 << 20;

const NAME: &str = "alternator-lb-sdk: internal client";

impl InternalClient {
    /// Takes the means of an operation from its components and settings. `None` if it has no HTTP client.
    pub(crate) fn new<C: ClientContext + 'static>(
        context: &Arc<C>,
        components: &RuntimeComponents,
        config: &ConfigBag,
    ) -> Option<Self> {
        components.http_client()?;
        let credentials = Credentials::of(components);
        let mut interceptors = Vec::new();
        if !request::may_be_unsigned(context.config(), config) {
            interceptors.push(SharedInterceptor::new(SignatureGuard));
        }
        let mut components = components.to_builder();
        components.set_interceptors(interceptors.into_iter());
        // The operation's own hold the cluster, and expect typed responses.
        components.set_endpoint_resolver(None::<SharedEndpointResolver>);
        components.set_retry_strategy(None::<SharedRetryStrategy>);
        components.set_retry_classifiers(std::iter::empty());
        let user_agent = context.config().user_agent.value(config);
        let plugin = StaticRuntimePlugin::new().with_config(settings(config)?);
        let plugin = plugin.with_runtime_components(components);
        let clock_skew = Arc::clone(context.clock_skew());
        let context: Weak<C> = Arc::downgrade(context);
        Some(Self {
            context,
            clock_skew,
            credentials,
            plugin: SharedRuntimePlugin::new(plugin),
            user_agent,
        })
    }

    pub(crate) fn credentials(&self) -> Credentials {
        self.credentials
    }

    /// Sends `operation` with `input`. Tries other nodes while they do not respond.
    ///
    /// # Cancel safety
    ///
    /// Dropping the future cancels the operation.
    pub(crate) async fn call(
        &self,
        operation: &'static str,
        input: &Value,
    ) -> Result<Value, InternalError> {
        let body = input.to_string();
        let mut tried = Vec::new();
        loop {
            let node = self.pick_untried_node(&tried);
            let node = node.map_err(InternalError::Unreachable)?;
            let sending = self.send(&node, operation, body.clone());
            match with_timeout(NODE_TIMEOUT, sending).await {
                Err(InternalError::Unreachable(_)) if tried.len() + 1 < MAX_NODES => {
                    tried.push(node);
                }
                result => return result,
            }
        }
    }

    /// Sends `operation` with `input` to one node, which need not be listed.
    pub(crate) async fn call_node(
        &self,
        url: &NodeUrl,
        operation: &'static str,
        input: &Value,
    ) -> Result<Value, InternalError> {
        let context = self.context.upgrade();
        let node = context.and_then(|context| context.find_node(url));
        let node = node.unwrap_or_else(|| {
            let state = EndpointState::new(SdkEndpoint::new(url));
            Arc::new(SdkNode::new(url.clone(), state))
        });
        let sending = self.send(&node, operation, input.to_string());
        with_timeout(NODE_TIMEOUT, sending).await
    }

    /// The next node, an untried one if there is any.
    fn pick_untried_node(&self, tried: &[Arc<SdkNode>]) -> Result<Arc<SdkNode>, BoxError> {
        let context = self.context.upgrade();
        let context = context.ok_or("the cluster is not used any more")?;
        let mut node = context.pick_node()?;
        // Other requests move the round robin cursor too, so that it can be the same node again.
        for _ in 0..MAX_NODES {
            if !tried.iter().any(|other| other.id() == node.id()) {
                break;
            }
            node = context.pick_node()?;
        }
        Ok(node)
    }

    async fn send(
        &self,
        node: &Arc<SdkNode>,
        operation: &'static str,
        body: String,
    ) -> Result<Value, InternalError> {
        let user_agent = self.user_agent.clone();
        let date_by_node = DateByNode {
            clock_skew: Arc::clone(&self.clock_skew),
            node: Arc::clone(node),
        };
        let operation = Operation::builder()
            .service_name("Alternator")
            .operation_name(operation)
            .endpoint_url(node.url().as_str())
            .no_retry()
            .interceptor(date_by_node)
            .serializer(move |body: String| {
                let length = body.len().to_string();
                let mut request = HttpRequest::new(body.into());
                request.set_method("POST")?;
                request.set_uri("/")?;
                let headers = request.headers_mut();
                headers.insert("x-amz-target", format!("DynamoDB_20120810.{operation}"));
                headers.insert("content-length", length);
                headers.insert("user-agent", user_agent.clone());
                Ok(request)
            })
            .deserializer_impl::<RawResponse, Infallible>(RawResponseDeserializer)
            .runtime_plugin(self.plugin.clone())
            .build();
        let response = operation.invoke(body).await.map_err(unreachable)?;
        response::read(response, RESPONSE_LIMIT).await
    }
}

/// The settings of an operation that apply to any operation.
fn settings(config: &ConfigBag) -> Option<FrozenLayer> {
    let mut settings = Layer::new(NAME);
    let operation = auth::Params::builder().operation_name("DescribeTable");
    settings.store_put(AuthSchemeOptionResolverParams::new(operation.build().ok()?));
    settings.store_or_unset(config.load::<AuthSchemePreference>().cloned());
    settings.store_or_unset(config.load::<SigV4OperationSigningConfig>().cloned());
    settings.store_or_unset(config.load::<SigningName>().cloned());
    settings.store_or_unset(config.load::<SigningRegion>().cloned());
    // The SDK's clients keep a connection pool for each pair of these two.
    let timeouts = config.load::<TimeoutConfig>();
    let mut pool = TimeoutConfig::builder();
    pool.set_connect_timeout(timeouts.and_then(TimeoutConfig::connect_timeout));
    pool.set_read_timeout(timeouts.and_then(TimeoutConfig::read_timeout));
    settings.store_put(pool.build());
    Some(settings.freeze())
}

/// Ends an operation that takes longer than `limit`: no node responds.
async fn with_timeout<T>(
    limit: Duration,
    operation: impl Future<Output = Result<T, InternalError>>,
) -> Result<T, InternalError> {
    let result = timeout(limit, operation).await;
    result.unwrap_or_else(|elapsed| Err(InternalError::Unreachable(elapsed.into())))
}

/// The cause of the SDK's error, without the outer layers that only say "dispatch failure".
fn unreachable<R: Debug + Send + Sync + 'static>(error: SdkError<Infallible, R>) -> InternalError {
    InternalError::Unreachable(error.into_source().unwrap_or_else(Into::into))
}

/// Fails unsigned requests.
#[derive(Debug)]
struct SignatureGuard;

impl Intercept for SignatureGuard {
    fn name(&self) -> &'static str {
        NAME
    }

    fn read_after_signing(
        &self,
        context: &BeforeTransmitInterceptorContextRef<'_>,
        _: &RuntimeComponents,
        _: &mut ConfigBag,
    ) -> Result<(), BoxError> {
        match context.request().headers().get("authorization") {
            Some(_) => Ok(()),
            None => Err(RouteError::Unsigned.into()),
        }
    }
}

#[cfg(test)]
mod tests;
