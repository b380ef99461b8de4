//! The floor: the SDK with every feature disabled that its public API can disable. It is the lower bound for any
//! plugin.
//!
//! The endpoint comes from memory, the interceptors whose headers Alternator ignores are disabled, and the signer does
//! nothing. The remaining cost of an operation is the SDK's own.

use aws_runtime::auth::sigv4::SCHEME_ID;
use aws_runtime::invocation_id::InvocationIdInterceptor;
use aws_runtime::request_info::RequestInfoInterceptor;
use aws_runtime::service_clock_skew::ServiceClockSkewInterceptor;
use aws_runtime::user_agent::UserAgentInterceptor;
use aws_sdk_dynamodb::config;
use aws_smithy_runtime_api::box_error::BoxError;
use aws_smithy_runtime_api::client::auth::{
    AuthScheme, AuthSchemeEndpointConfig, AuthSchemeId, Sign,
};
use aws_smithy_runtime_api::client::endpoint::{
    EndpointFuture, EndpointResolverParams, ResolveEndpoint, SharedEndpointResolver,
};
use aws_smithy_runtime_api::client::identity::{Identity, SharedIdentityResolver};
use aws_smithy_runtime_api::client::interceptors::context::BeforeSerializationInterceptorContextRef;
use aws_smithy_runtime_api::client::interceptors::{
    Intercept, SharedInterceptor, disable_interceptor,
};
use aws_smithy_runtime_api::client::orchestrator::HttpRequest;
use aws_smithy_runtime_api::client::runtime_components::{GetIdentityResolver, RuntimeComponents};
use aws_smithy_runtime_api::client::stalled_stream_protection::StalledStreamProtectionConfig;
use aws_smithy_types::config_bag::{ConfigBag, FrozenLayer, Layer};
use aws_smithy_types::endpoint::Endpoint;
use std::borrow::Cow;

/// Disables every feature. `node` is the URL of the node that gets the requests.
pub(crate) fn disable_everything(
    mut config: config::Builder,
    node: impl Into<Cow<'static, str>>,
) -> config::Builder {
    let endpoint = Endpoint::builder().url(node).build();
    config.set_endpoint_resolver(Some(SharedEndpointResolver::new(StaticEndpoint(endpoint))));
    config.push_interceptor(SharedInterceptor::permanent(DisableInterceptors(
        disabled_interceptors(),
    )));
    config
        .push_auth_scheme(NoOpAuthScheme)
        .allow_no_auth()
        .stalled_stream_protection(StalledStreamProtectionConfig::disabled())
}

fn disabled_interceptors() -> FrozenLayer {
    let mut layer = Layer::new(NAME);
    layer.store_put(disable_interceptor::<UserAgentInterceptor>(NAME));
    layer.store_put(disable_interceptor::<InvocationIdInterceptor>(NAME));
    layer.store_put(disable_interceptor::<RequestInfoInterceptor>(NAME));
    layer.store_put(disable_interceptor::<ServiceClockSkewInterceptor>(NAME));
    layer.freeze()
}

const NAME: &str = "floor";

#[derive(Debug)]
struct StaticEndpoint(Endpoint);

impl ResolveEndpoint for StaticEndpoint {
    fn resolve_endpoint<'a>(&'a self, _: &'a EndpointResolverParams) -> EndpointFuture<'a> {
        EndpointFuture::ready(Ok(self.0.clone()))
    }
}

#[derive(Debug)]
struct DisableInterceptors(FrozenLayer);

impl Intercept for DisableInterceptors {
    fn name(&self) -> &'static str {
        NAME
    }

    fn read_before_execution(
        &self,
        _: &BeforeSerializationInterceptorContextRef<'_>,
        config: &mut ConfigBag,
    ) -> Result<(), BoxError> {
        config.push_shared_layer(self.0.clone());
        Ok(())
    }
}

/// Runs all steps of signing in the SDK except the signature.
#[derive(Debug)]
struct NoOpAuthScheme;

impl AuthScheme for NoOpAuthScheme {
    fn scheme_id(&self) -> AuthSchemeId {
        SCHEME_ID
    }

    fn identity_resolver(
        &self,
        resolvers: &dyn GetIdentityResolver,
    ) -> Option<SharedIdentityResolver> {
        resolvers.identity_resolver(SCHEME_ID)
    }

    fn signer(&self) -> &dyn Sign {
        self
    }
}

impl Sign for NoOpAuthScheme {
    fn sign_http_request(
        &self,
        _: &mut HttpRequest,
        _: &Identity,
        _: AuthSchemeEndpointConfig<'_>,
        _: &RuntimeComponents,
        _: &ConfigBag,
    ) -> Result<(), BoxError> {
        Ok(())
    }
}
