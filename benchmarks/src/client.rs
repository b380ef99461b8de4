//! The clients that are compared, and how they are made.
//!
//! Nodes with TLS have a CA of their own. The plugin trusts it by an option; the others get the SDK's HTTP client with trust
//! in it, as their documentations advise.
//!
//! None is tuned: timeouts are those that each has by itself, which is the SDK's 3.1 s for connecting, and so are the
//! retries, which are three attempts for all of them, where a measurement does not set them.

use std::net::SocketAddr;
use std::sync::Arc;

use alternator_driver::{AlternatorBuilder, AlternatorClient, AlternatorConfig};
use alternator_lb_sdk::{Alternator, AlternatorExt as _, Builder};
use aws_sdk_dynamodb::config::retry::RetryConfig;
use aws_sdk_dynamodb::config::{self, BehaviorVersion, Credentials, Region, SharedHttpClient};
use aws_sdk_dynamodb::operation::get_item::builders::GetItemFluentBuilder;
use aws_sdk_dynamodb::operation::put_item::builders::PutItemFluentBuilder;
use aws_smithy_http_client::tls::rustls_provider::CryptoMode;
use aws_smithy_http_client::tls::{Provider, TlsContext, TrustStore};

use crate::{Outcome, floor};

/// A client of one of the contenders.
#[derive(Clone, Debug)]
pub(crate) enum Client {
    Sdk(aws_sdk_dynamodb::Client),
    Official(Arc<AlternatorClient>),
    Plugin(aws_sdk_dynamodb::Client, Alternator),
}

/// The settings of a client.
#[derive(Clone, Debug)]
pub(crate) struct ClientSettings<'a> {
    /// The nodes, all of which are seeds.
    pub(crate) nodes: &'a [SocketAddr],
    /// The certificate in PEM of the CA of nodes with TLS, which no contender knows by itself; `None` for HTTP.
    pub(crate) authority: Option<&'a str>,
    /// The SDK keeps one retry quota per region for the whole process: in a region of its own no run begins with what
    /// another has left.
    pub(crate) region: Region,
    /// Signs requests; `None` leaves them unsigned.
    pub(crate) credentials: Option<Credentials>,
    /// The number of attempts of an operation; `None` leaves it to the contender.
    pub(crate) attempts: Option<u32>,
}

impl Client {
    /// The SDK with an `endpoint_url`, which is the first node.
    pub(crate) fn sdk(settings: &ClientSettings<'_>) -> Outcome<Self> {
        let config = settings.sdk_alone()?;
        let config = config.endpoint_url(settings.url(settings.first()?));
        let config = match settings.credentials {
            Some(_) => config,
            None => config.allow_no_auth(),
        };
        Ok(Self::Sdk(aws_sdk_dynamodb::Client::from_conf(
            config.build(),
        )))
    }

    /// The [floor]: the SDK with every feature disabled that can be, for unsigned requests.
    pub(crate) fn floor(settings: &ClientSettings<'_>) -> Outcome<Self> {
        let url = settings.url(settings.first()?);
        let config = floor::disable_everything(settings.sdk_alone()?, url);
        Ok(Self::Sdk(aws_sdk_dynamodb::Client::from_conf(
            config.build(),
        )))
    }

    /// `alternator-client`.
    pub(crate) fn official(settings: &ClientSettings<'_>) -> Outcome<Self> {
        let client = AlternatorClient::try_from_conf(settings.official()?.build())?;
        Ok(Self::Official(Arc::new(client)))
    }

    /// The SDK with the plugin, with these settings beyond its seeds.
    pub(crate) fn plugin(
        settings: &ClientSettings<'_>,
        configure: impl FnOnce(Builder) -> Builder,
    ) -> Outcome<Self> {
        let seeds = settings.nodes.iter().map(|node| settings.url(*node));
        let builder = Alternator::builder().seeds(seeds);
        let builder = match settings.authority {
            Some(pem) => builder.ca_certificate_pem(pem),
            None => builder,
        };
        let alternator = configure(builder).build()?;
        let config = settings.sdk().alternator(&alternator).build();
        let client = aws_sdk_dynamodb::Client::from_conf(config);
        Ok(Self::Plugin(client, alternator))
    }

    /// Begins a read, which all contenders make in the SDK's own form.
    pub(crate) fn get_item(&self) -> GetItemFluentBuilder {
        match self {
            Self::Sdk(client) | Self::Plugin(client, _) => client.get_item(),
            Self::Official(client) => client.get_item(),
        }
    }

    /// Begins a write, likewise.
    pub(crate) fn put_item(&self) -> PutItemFluentBuilder {
        match self {
            Self::Sdk(client) | Self::Plugin(client, _) => client.put_item(),
            Self::Official(client) => client.put_item(),
        }
    }
}

impl ClientSettings<'_> {
    fn first(&self) -> Outcome<SocketAddr> {
        let first = self.nodes.first().copied();
        first.ok_or_else(|| "a client needs a node".into())
    }

    fn scheme(&self) -> &'static str {
        match self.authority {
            Some(_) => "https",
            None => "http",
        }
    }

    fn url(&self, node: SocketAddr) -> String {
        format!("{}://{node}", self.scheme())
    }

    /// Returns the SDK's HTTP client with trust in the CA of the nodes; `None` leaves it to the contender.
    fn http_client(&self) -> Outcome<Option<SharedHttpClient>> {
        let Some(pem) = self.authority else {
            return Ok(None);
        };
        let store = TrustStore::empty().with_pem_certificate(pem);
        let context = TlsContext::builder().with_trust_store(store).build()?;
        let client = aws_smithy_http_client::Builder::new()
            .tls_provider(Provider::Rustls(CryptoMode::AwsLc))
            .tls_context(context)
            .build_https();
        Ok(Some(client))
    }

    pub(crate) fn official(&self) -> Outcome<AlternatorBuilder> {
        let config = AlternatorConfig::builder()
            .scheme(self.scheme())
            .port(self.first()?.port())
            .seed_hosts(self.nodes.iter().map(|node| node.ip().to_string()))
            .region(self.region.clone());
        let config = match self.http_client()? {
            Some(client) => config.http_client(client),
            None => config,
        };
        let config = match self.retry_config() {
            Some(retries) => config.retry_config(retries),
            None => config,
        };
        Ok(match &self.credentials {
            Some(credentials) => config.credentials_provider(credentials.clone()),
            None => config,
        })
    }

    fn retry_config(&self) -> Option<RetryConfig> {
        let attempts = self.attempts?;
        Some(RetryConfig::standard().with_max_attempts(attempts))
    }

    /// The SDK without the plugin, which makes its HTTP client by itself.
    fn sdk_alone(&self) -> Outcome<config::Builder> {
        let mut config = self.sdk();
        config.set_http_client(self.http_client()?);
        Ok(config)
    }

    fn sdk(&self) -> config::Builder {
        let mut config = aws_sdk_dynamodb::Config::builder()
            .behavior_version(BehaviorVersion::latest())
            .region(self.region.clone());
        config.set_retry_config(self.retry_config());
        match &self.credentials {
            Some(credentials) => config.credentials_provider(credentials.clone()),
            None => config,
        }
    }
}
