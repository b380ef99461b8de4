//! The cost of a signature: `cargo bench -p benchmarks --bench signer`.
//!
//! A request of the DynamoDB client is signed by the SDK's signer and by the plugin's: with the cached key, and with a
//! newly derived key, as for the first request of a day. The copy of the request for each signature is not timed; its
//! drop is.
//!
//! The plugin's scheme is taken from an SDK configuration with the plugin installed, as the SDK takes it.

use std::time::{Duration, UNIX_EPOCH};

use alternator_lb_sdk::{Alternator, AlternatorExt as _};
use aws_credential_types::Credentials;
use aws_credential_types::provider::SharedCredentialsProvider;
use aws_runtime::auth::SigV4OperationSigningConfig;
use aws_runtime::auth::sigv4::{SCHEME_ID, SigV4AuthScheme};
use aws_sdk_dynamodb::config::BehaviorVersion;
use aws_smithy_async::time::StaticTimeSource;
use aws_smithy_runtime::client::identity::IdentityCache;
use aws_smithy_runtime::client::orchestrator::endpoints::StaticUriEndpointResolver;
use aws_smithy_runtime::client::retries::strategy::NeverRetryStrategy;
use aws_smithy_runtime_api::client::auth::static_resolver::StaticAuthSchemeOptionResolver;
use aws_smithy_runtime_api::client::auth::{
    AuthScheme, AuthSchemeEndpointConfig, SharedAuthScheme,
};
use aws_smithy_runtime_api::client::identity::Identity;
use aws_smithy_runtime_api::client::orchestrator::HttpRequest;
use aws_smithy_runtime_api::client::runtime_components::{BuildError, RuntimeComponents};
use aws_smithy_types::body::SdkBody;
use aws_smithy_types::config_bag::{ConfigBag, Layer};
use aws_types::SigningName;
use aws_types::region::{Region, SigningRegion};
use divan::{AllocProfiler, Bencher, black_box};

#[global_allocator]
static ALLOCATIONS: AllocProfiler = AllocProfiler::system();

fn main() {
    divan::main();
}

#[divan::bench(args = BODIES)]
fn by_the_sdk(bencher: Bencher<'_, '_>, body: usize) {
    let input = SigningInput::new(body);
    let scheme = SigV4AuthScheme::new();
    bencher
        .with_inputs(|| input.request())
        .bench_values(|request| input.sign(&scheme, request));
}

#[divan::bench(args = BODIES, threads = THREADS)]
fn by_the_plugin(bencher: Bencher<'_, '_>, body: usize) {
    let input = SigningInput::new(body);
    let scheme = plugin_scheme();
    bencher
        .with_inputs(|| input.request())
        .bench_values(|request| input.sign(&scheme, request));
}

#[divan::bench(args = BODIES)]
fn by_the_plugin_with_a_new_key(bencher: Bencher<'_, '_>, body: usize) {
    let input = SigningInput::new(body);
    bencher
        .with_inputs(|| (plugin_scheme(), input.request()))
        .bench_values(|(scheme, request)| input.sign(&scheme, request));
}

/// The scheme of a newly installed plugin, without a cached key.
#[expect(
    clippy::expect_used,
    reason = "all of it is constant: a failure is a defect of the bench"
)]
fn plugin_scheme() -> SharedAuthScheme {
    let alternator = Alternator::builder()
        .seeds(["http://10.0.0.1:8000"])
        .fast_signing(true)
        .build()
        .expect("valid settings");
    let config = aws_sdk_dynamodb::Config::builder()
        .behavior_version(BehaviorVersion::latest())
        .alternator(&alternator)
        .build();
    let mut schemes = config.auth_schemes();
    let scheme = schemes.find(|scheme| scheme.scheme_id() == SCHEME_ID);
    scheme.expect("the plugin installs its scheme")
}

/// A request, and the inputs of its signature.
struct SigningInput {
    request: HttpRequest,
    identity: Identity,
    components: RuntimeComponents,
    config: ConfigBag,
}

#[expect(
    clippy::expect_used,
    reason = "all of it is constant: a failure is a defect of the bench"
)]
impl SigningInput {
    fn new(body: usize) -> Self {
        let mut request = HttpRequest::new(SdkBody::from("x".repeat(body)));
        request.set_method("POST").expect("a method");
        request.set_uri("http://10.0.0.1:8000/").expect("a URI");
        let headers = request.headers_mut();
        headers.insert("x-amz-target", "DynamoDB_20120810.PutItem");
        headers.insert("content-length", body.to_string());
        headers.insert("user-agent", "alternator-lb-sdk/0");

        let mut layer = Layer::new("the client's");
        layer.store_put(SigningRegion::from(Region::from_static("us-east-1")));
        layer.store_put(SigningName::from("dynamodb"));
        layer.store_put(SigV4OperationSigningConfig::default());

        let credentials = Credentials::new("alternator", "secret hash", None, None, "the bench");
        Self {
            request,
            identity: credentials.clone().into(),
            components: components(credentials).expect("complete"),
            config: ConfigBag::of_layers(vec![layer]),
        }
    }

    fn request(&self) -> HttpRequest {
        self.request.try_clone().expect("it is in memory")
    }

    fn sign(&self, scheme: &dyn AuthScheme, mut request: HttpRequest) {
        let endpoint = AuthSchemeEndpointConfig::empty();
        let signed = scheme.signer().sign_http_request(
            &mut request,
            &self.identity,
            endpoint,
            &self.components,
            &self.config,
        );
        signed.expect("it can be signed");
        drop(black_box(request));
    }
}

/// The components that the SDK passes to a signer. It uses the time source; the builder requires the rest.
fn components(credentials: Credentials) -> Result<RuntimeComponents, BuildError> {
    let now = StaticTimeSource::new(UNIX_EPOCH + Duration::from_secs(1_440_938_160));
    RuntimeComponents::builder("the bench")
        .with_time_source(Some(now))
        .with_auth_scheme(SigV4AuthScheme::new())
        .with_auth_scheme_option_resolver(Some(StaticAuthSchemeOptionResolver::new(vec![])))
        .with_endpoint_resolver(Some(StaticUriEndpointResolver::http_localhost(8000)))
        .with_identity_cache(Some(IdentityCache::no_cache()))
        .with_identity_resolver(SCHEME_ID, SharedCredentialsProvider::new(credentials))
        .with_retry_strategy(Some(NeverRetryStrategy::new()))
        .build()
}

/// A read, an item, and a batch.
const BODIES: [usize; 3] = [80, 1 << 10, 64 << 10];
const THREADS: [usize; 2] = [1, 2];
