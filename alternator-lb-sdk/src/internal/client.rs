//! Operations that the plugin makes by itself, because an operation of the application made it want to know something.
//!
//! They are made like the operation that caused them: over its HTTP client, and so its connections and certificates, and
//! with its credentials, since who may read a table may not be who may read another. So a [`Caller`] is taken from what
//! the SDK hands to the interceptor, and kept no longer than what it is for takes.
//!
//! JSON in and JSON out, by the SDK's own orchestrator, since only that can drive any HTTP client and credentials provider
//! of the SDK. The typed client would have to be built from a configuration that nobody has here, and refuses some of
//! what the server says of itself.
//!
//! No interceptor is met, neither the application's, which did not make this operation, nor the plugin's, which would
//! learn from it once more. Such a call waits for nobody's requests, is counted with nobody's, and ends by itself.

mod answer;
mod error;

pub(crate) use error::CallError;

use super::raw_response::{TakeBody, Unread};
use crate::auth::AuthMode;
use crate::cluster::{Cluster, SdkNode};
use crate::route_error::RouteError;
use aws_runtime::auth::SigV4OperationSigningConfig;
use aws_sdk_dynamodb::config::auth;
use aws_smithy_runtime::client::orchestrator::operation::Operation;
use aws_smithy_runtime_api::box_error::BoxError;
use aws_smithy_runtime_api::client::auth::{AuthSchemeOptionResolverParams, AuthSchemePreference};
use aws_smithy_runtime_api::client::endpoint::SharedEndpointResolver;
use aws_smithy_runtime_api::client::interceptors::context::BeforeTransmitInterceptorContextRef;
use aws_smithy_runtime_api::client::interceptors::{Intercept, SharedInterceptor};
use aws_smithy_runtime_api::client::orchestrator::HttpRequest;
use aws_smithy_runtime_api::client::result::SdkError;
use aws_smithy_runtime_api::client::retries::SharedRetryStrategy;
use aws_smithy_runtime_api::client::runtime_components::{
    RuntimeComponents, RuntimeComponentsBuilder,
};
use aws_smithy_runtime_api::client::runtime_plugin::StaticRuntimePlugin;
use aws_smithy_types::config_bag::{ConfigBag, FrozenLayer, Layer};
use aws_smithy_types::timeout::TimeoutConfig;
use aws_types::SigningName;
use aws_types::region::SigningRegion;
use serde_json::Value;
use std::borrow::Cow;
use std::convert::Infallible;
use std::sync::{Arc, Weak};
use std::time::Duration;
use tokio::time::timeout;

/// Makes operations as another one is made. Does not keep the cluster alive.
#[derive(Clone, Debug)]
pub(crate) struct Caller {
    cluster: Weak<Cluster>,
    components: RuntimeComponentsBuilder,
    config: FrozenLayer,
    user_agent: Cow<'static, str>,
}

/// How many nodes are asked at most, one after the other. That as many in a row are dead and not known to be so is rare,
/// and whoever calls asks again later.
const NODES: usize = 3;

/// How long a node has for its answer: half of the time after which the server gives up itself. A caller that goes on to
/// the next has its answer sooner than one that waits for the end.
const NODE_LIMIT: Duration = Duration::from_secs(5);

/// How much of an answer is read: a page of the server's is 1 MiB of what is stored, and its JSON some times that.
const ANSWER_LIMIT: usize = 8 << 20;

const NAME: &str = "alternator-lb-sdk: call";

impl Caller {
    /// Who calls as the operation does whose settings these are; nobody if it has no HTTP client.
    pub(crate) fn of(
        cluster: &Arc<Cluster>,
        components: &RuntimeComponents,
        config: &ConfigBag,
    ) -> Option<Self> {
        components.http_client()?;
        let is_kept = |other: &SharedInterceptor| other.name() == CLOCK;
        let mut interceptors: Vec<_> = components.interceptors().filter(is_kept).collect();
        if cluster.config().auth == AuthMode::Required {
            interceptors.push(SharedInterceptor::new(Signed));
        }
        let mut components = components.to_builder();
        components.set_interceptors(interceptors.into_iter());
        // Theirs hold the cluster, and are for typed answers.
        components.set_endpoint_resolver(None::<SharedEndpointResolver>);
        components.set_retry_strategy(None::<SharedRetryStrategy>);
        components.set_retry_classifiers(std::iter::empty());
        Some(Self {
            cluster: Arc::downgrade(cluster),
            components,
            config: settings(config)?,
            user_agent: cluster.config().user_agent.value(config),
        })
    }

    /// What a node answers to `operation` on `input`; of nodes that do not answer some are asked in turn.
    ///
    /// # Cancel safety
    ///
    /// Dropping the future ends the call.
    pub(crate) async fn call(
        &self,
        operation: &'static str,
        input: &Value,
    ) -> Result<Value, CallError> {
        let body = input.to_string();
        let mut asked: Vec<Arc<SdkNode>> = Vec::new();
        loop {
            let node = self.another_node(&asked)?;
            let asking = self.ask(&node, operation, body.clone());
            let error = match timeout(NODE_LIMIT, asking).await {
                Ok(Err(CallError::Unreachable(error))) => error,
                Ok(result) => return result,
                Err(elapsed) => elapsed.into(),
            };
            asked.push(node);
            if asked.len() == NODES {
                return Err(CallError::Unreachable(error));
            }
        }
    }

    /// The next node, one that was not asked if there is any.
    fn another_node(&self, asked: &[Arc<SdkNode>]) -> Result<Arc<SdkNode>, CallError> {
        let unreachable = |error: BoxError| CallError::Unreachable(error);
        let cluster = self.cluster.upgrade();
        let cluster =
            cluster.ok_or_else(|| unreachable("the cluster is not used any more".into()))?;
        let next = || {
            cluster
                .pick_one()
                .map_err(|error| unreachable(error.into()))
        };
        let mut node = next()?;
        // Other requests take turns in between, so that this can be the same node again.
        for _ in 0..NODES {
            if !asked.iter().any(|other| other.id() == node.id()) {
                break;
            }
            node = next()?;
        }
        Ok(node)
    }

    async fn ask(
        &self,
        node: &SdkNode,
        operation: &'static str,
        body: String,
    ) -> Result<Value, CallError> {
        let user_agent = self.user_agent.clone();
        let plugin = StaticRuntimePlugin::new()
            .with_config(self.config.clone())
            .with_runtime_components(self.components.clone());
        let operation = Operation::builder()
            .service_name("Alternator")
            .operation_name(operation)
            .endpoint_url(node.url().as_str())
            .no_retry()
            .serializer(move |body: String| request(operation, body, user_agent.clone()))
            .deserializer_impl::<Unread, Infallible>(TakeBody)
            .runtime_plugin(plugin)
            .build();
        let answer = operation.invoke(body).await.map_err(unreachable)?;
        answer::read(answer, ANSWER_LIMIT).await
    }
}

/// By this the interceptor of the SDK goes that knows how far the clock is off, which signatures must know.
const CLOCK: &str = "ServiceClockSkewInterceptor";

/// What of an operation's configuration is for any operation.
fn settings(config: &ConfigBag) -> Option<FrozenLayer> {
    let mut settings = Layer::new(NAME);
    let operation = auth::Params::builder().operation_name("DescribeTable");
    settings.store_put(AuthSchemeOptionResolverParams::new(operation.build().ok()?));
    settings.store_or_unset(config.load::<AuthSchemePreference>().cloned());
    settings.store_or_unset(config.load::<SigV4OperationSigningConfig>().cloned());
    settings.store_or_unset(config.load::<SigningName>().cloned());
    settings.store_or_unset(config.load::<SigningRegion>().cloned());
    // The SDK's clients have connections of their own for each pair of these two.
    let timeouts = config.load::<TimeoutConfig>();
    let mut pool = TimeoutConfig::builder();
    pool.set_connect_timeout(timeouts.and_then(TimeoutConfig::connect_timeout));
    pool.set_read_timeout(timeouts.and_then(TimeoutConfig::read_timeout));
    settings.store_put(pool.build());
    Some(settings.freeze())
}

fn request(
    operation: &str,
    body: String,
    user_agent: Cow<'static, str>,
) -> Result<HttpRequest, BoxError> {
    let length = body.len().to_string();
    let mut request = HttpRequest::new(body.into());
    request.set_method("POST")?;
    request.set_uri("/")?;
    let headers = request.headers_mut();
    headers.insert("x-amz-target", format!("DynamoDB_20120810.{operation}"));
    headers.insert("content-length", length);
    headers.insert("user-agent", user_agent);
    Ok(request)
}

/// The SDK's error, without the layers that say no more than "dispatch failure".
fn unreachable<R: std::fmt::Debug + Send + Sync + 'static>(
    error: SdkError<Infallible, R>,
) -> CallError {
    CallError::Unreachable(error.into_source().unwrap_or_else(Into::into))
}

/// Lets nothing leave unsigned.
#[derive(Debug)]
struct Signed;

impl Intercept for Signed {
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
