//! Installs the plugin on the configuration of an SDK client: the one added line.
//!
//! Knows every part of the plugin that is installed, and the builders of the SDK's configuration.

pub(crate) mod default_client;
#[cfg(feature = "default-https-client")]
pub(crate) mod proxy;
pub(crate) mod sdk_config;
pub(crate) mod sealed;

use crate::alternator::Alternator;
use crate::auth::{AuthMode, SigningScheme};
use crate::cluster::Cluster;
use crate::install::sealed::Sealed;
use crate::request::interceptor::{Interceptor, NAME};
use crate::request::resolver::Resolver;
use crate::retry::classifiers::ClockSkewClassifier;
use crate::transport::AbortableHttpClient;
use crate::transport::abort_handle::TransportPresence;
#[cfg(feature = "default-https-client")]
use alternator_lb_core::observe::Event;
use aws_sdk_dynamodb as dynamodb;
use aws_smithy_runtime::client::auth::no_auth::NO_AUTH_SCHEME_ID;
use aws_smithy_runtime_api::client::auth::AuthSchemePreference;
use aws_smithy_runtime_api::client::endpoint::SharedEndpointResolver;
use aws_smithy_runtime_api::client::http::SharedHttpClient;
use aws_smithy_runtime_api::client::interceptors::{Intercept as _, SharedInterceptor};
use aws_smithy_runtime_api::client::retries::classifiers::{
    ClassifyRetry as _, SharedRetryClassifier,
};
use std::sync::Arc;

/// Installs the plugin on the configuration of an SDK client.
///
/// Implemented for [`aws_sdk_dynamodb::config::Builder`] and, with the feature `streams`, for the one of
/// `aws_sdk_dynamodbstreams`.
pub trait AlternatorExt: Sealed + Sized {
    /// Sends the requests of this configuration's clients to the nodes of a cluster.
    ///
    /// ```
    /// use alternator_lb_sdk::{Alternator, AlternatorExt as _};
    /// use aws_sdk_dynamodb::config::{BehaviorVersion, Credentials};
    ///
    /// let alternator = Alternator::builder().seeds(["http://10.0.0.1:8000"]).build()?;
    /// let config = aws_sdk_dynamodb::Config::builder()
    ///     .behavior_version(BehaviorVersion::latest())
    ///     .credentials_provider(Credentials::new("role", "secret", None, None, "example"))
    ///     .alternator(&alternator)
    ///     .build();
    /// # Ok::<(), alternator_lb_sdk::BuildError>(())
    /// ```
    ///
    /// Sets the endpoint resolver; one interceptor, beside those that are there; a region, if there is none (Alternator
    /// accepts any); a retry partition of the cluster, if there is none, so that the retries of another cluster are not
    /// its own; a retry classifier for refused dates; and unsigned requests where no credentials provider is set,
    /// unless [`AuthMode::Required`] forbids them. Retries, timeouts, credentials and a region that the application set
    /// stay as they are, with one exception: the wait before a retry that goes to another node after a server error or
    /// a broken connection is 10 ms at most, and after a failed connection there is none. An `endpoint_url` is ignored;
    /// one in the `config_override` of an operation pins that operation to that node.
    ///
    /// Requests have [minimal headers](crate::Builder::minimal_headers): one short `user-agent`, and none of those that
    /// only AWS reads.
    ///
    /// Calling it again, also on the builder of a finished configuration, replaces the former installation.
    ///
    /// # HTTP client
    ///
    /// The HTTP client of the configuration, or where there is none yet [that of the
    /// cluster](crate::Builder::http_client), else the SDK's default one, is decorated: a request that waits for a node
    /// which has been found dead is aborted, as if its connection had broken, and goes on to another node. That happens
    /// only while the application's retries leave an attempt, and not to an operation with an endpoint of its own.
    /// Compressed responses (feature `compression`) are negotiated and decoded there as well. Everything else is passed
    /// on as it is, and every request still goes through the application's client.
    ///
    /// So call it after `.http_client(..)`: a client that is set later replaces the decorated one, and one in the
    /// `config_override` of an operation replaces it for that operation. Then its requests cannot be aborted, its
    /// responses are uncompressed, the SDK's stalled-stream protection stays, one warning is logged, and discovery
    /// keeps the former client; everything else works. An operation with an HTTP client of its own is covered as well
    /// if its `config_override` calls `.alternator(..)` after `.http_client(..)`.
    ///
    /// Where the cluster has [settings for TLS](crate::docs::tls), the HTTP client that is made of them replaces that
    /// of the configuration, with one warning: discovery and data must trust the same certificates.
    ///
    /// # Configuration of an operation
    ///
    /// A `config_override` that was made from the client's configuration (`client.config().to_builder()`) holds the
    /// installation a second time; each step is made once all the same. One that installs another [`Alternator`] sends
    /// its operation to that one's nodes.
    ///
    /// # Credentials
    ///
    /// A credentials provider that is set and fails is an error, as in the SDK without the plugin.
    /// `aws_config::load_defaults` sets one even where there are no credentials: use
    /// `aws_config::defaults(..).no_credentials()`, or [`AuthMode::Unsigned`].
    #[must_use]
    fn alternator(self, alternator: &Alternator) -> Self;
}

/// A signature needs a region; Alternator accepts any.
const REGION: &str = "us-east-1";

/// Implements the trait for a builder. The builders of the SDK's crates have the same methods, and no trait in common.
macro_rules! implement {
    ($service:ident) => {
        impl AlternatorExt for $service::config::Builder {
            fn alternator(mut self, alternator: &Alternator) -> Self {
                let cluster = alternator.cluster();
                let settings = &cluster.config;
                let configured = self.clone().build();

                let resolver = SharedEndpointResolver::new(Resolver::new(Arc::clone(cluster)));
                self.set_endpoint_resolver(Some(resolver));
                let (former, others): (Vec<_>, Vec<_>) = configured
                    .interceptors()
                    .partition(|other| other.name() == NAME);
                self.set_interceptors(others);
                let mut interceptor = Interceptor::new(Arc::clone(cluster));
                interceptor.is_complete = true;
                interceptor.checks_retries = configured.retry_config().is_none().into();
                interceptor.keeps_stall_protection =
                    configured.stalled_stream_protection().is_some();
                if let Some(transport) = transport(configured.http_client(), cluster) {
                    cluster.adopt(&transport.inner, configured.timeout_config());
                    let transport = SharedHttpClient::new(transport);
                    interceptor.transport = Some(TransportPresence::of(&transport));
                    self.set_http_client(Some(transport));
                }
                if !configured
                    .auth_schemes()
                    .any(|scheme| SigningScheme::is_of_application(&scheme))
                {
                    self = self.push_auth_scheme(SigningScheme::new(settings.fast_signing));
                }
                self.push_interceptor(SharedInterceptor::permanent(interceptor));
                let others = configured.retry_classifiers();
                let others = others.filter(|other| other.name() != ClockSkewClassifier::NAME);
                let ours = SharedRetryClassifier::new(ClockSkewClassifier);
                self.set_retry_classifiers(others.chain([ours]));

                let partition = cluster
                    .retry_quota
                    .partition(configured.retry_partition(), configured.retry_config());
                if partition.is_some() {
                    self.set_retry_partition(partition);
                }
                if configured.region().is_none() {
                    self.set_region(Some($service::config::Region::from_static(REGION)));
                }
                let unsigned = AuthSchemePreference::from([NO_AUTH_SCHEME_ID]);
                if !former.is_empty() && prefers(configured.auth_scheme_preference(), &unsigned) {
                    // The preference is of the former installation's `AuthMode::Unsigned`.
                    self.set_auth_scheme_preference(None);
                }
                match settings.auth {
                    AuthMode::Required if !settings.has_client_certificate() => {}
                    AuthMode::Auto | AuthMode::Required => {
                        self.set_allow_no_auth();
                    }
                    AuthMode::Unsigned | AuthMode::ClientCertificate => {
                        self.set_allow_no_auth();
                        self.set_auth_scheme_preference(Some(unsigned));
                    }
                }
                cluster.installed();
                self
            }
        }

        impl Sealed for $service::config::Builder {}
    };
}

/// Returns the HTTP client for a configuration, decorated; none if the choice is left to the SDK. A client that a
/// former installation has set is no choice of the application. Where the cluster has settings for TLS, the client is
/// the one that is made of them.
fn transport(
    configured: Option<SharedHttpClient>,
    cluster: &Cluster,
) -> Option<AbortableHttpClient> {
    let configured = configured.map(AbortableHttpClient::around);
    #[cfg(feature = "default-https-client")]
    if let Some(tls) = &cluster.config.tls {
        // Data must not trust other certificates than discovery.
        if configured.is_some_and(|it| it.is_of_application) && tls.replaces_first_client() {
            cluster.observer.emit(Event::HttpClientReplaced);
        }
        return Some(AbortableHttpClient::default_for(tls.http_client()));
    }
    match configured {
        Some(transport) if transport.is_of_application => Some(transport),
        former => {
            let http_client = cluster.http_client();
            http_client.map(AbortableHttpClient::default_for).or(former)
        }
    }
}

fn prefers(configured: Option<&AuthSchemePreference>, schemes: &AuthSchemePreference) -> bool {
    let list =
        |preference: &AuthSchemePreference| preference.clone().into_iter().collect::<Vec<_>>();
    configured.is_some_and(|configured| list(configured) == list(schemes))
}

implement!(dynamodb);

#[cfg(feature = "streams")]
use aws_sdk_dynamodbstreams as streams;
#[cfg(feature = "streams")]
implement!(streams);

#[cfg(test)]
pub(crate) mod tests;
