//! Why an `Alternator` could not be built.

use alternator_lb_core::discovery::{AddressMapError, NetworkError, SeedError};
use alternator_lb_core::topology::ScopeError;
use std::error::Error;
use std::sync::Arc;

/// The settings of a [`Builder`](crate::Builder) are invalid.
#[derive(Clone, Debug, thiserror::Error)]
#[non_exhaustive]
pub enum BuildError {
    /// There is no seed.
    #[error("there is no seed; name at least one node, as in `.seeds([\"http://10.0.0.1:8000\"])`")]
    NoSeed,

    /// A seed is not a URL.
    #[error("the seed `{seed}` is not a URL ({source}); write it as `http://10.0.0.1:8000`")]
    #[non_exhaustive]
    UnparsableSeed {
        /// The seed as given.
        seed: String,
        /// The error of the parser.
        source: Arc<dyn Error + Send + Sync>,
    },

    /// A seed has another scheme than `http` or `https`.
    #[error(
        "the seed `{seed}` has no scheme that Alternator speaks; begin it with `http://` or `https://`"
    )]
    #[non_exhaustive]
    SeedScheme {
        /// The seed as given.
        seed: String,
    },

    /// A seed has more than scheme, host and port.
    #[error(
        "the seed `{seed}` has {what}, which would be lost; write scheme, host and port only, as in \
         `http://10.0.0.1:8000`"
    )]
    #[non_exhaustive]
    SeedExtra {
        /// The seed as given.
        seed: String,
        /// The extra part: a path, a query, a fragment, or user info.
        what: &'static str,
    },

    /// A seed's host or port cannot be connected.
    #[error(
        "the seed `{seed}` cannot be connected; name the host and port that Alternator listens on, as in \
         `http://10.0.0.1:8000`"
    )]
    #[non_exhaustive]
    SeedHost {
        /// The seed as given.
        seed: String,
    },

    /// A seed is an endpoint of AWS.
    #[error(
        "the seed `{seed}` is AWS's own DynamoDB; name a ScyllaDB Alternator node, or leave the plugin out"
    )]
    #[non_exhaustive]
    AwsSeed {
        /// The seed as given.
        seed: String,
    },

    /// Seeds disagree on the scheme or port.
    #[error(
        "the seed `{seed}` has another scheme or port than `{first}`, but those of the seeds are those of every node; \
         write them alike, or name the port of each node by `.address_translator(..)` or `.without_discovery()`, where only \
         the schemes must be alike"
    )]
    #[non_exhaustive]
    SeedsDiffer {
        /// The seed that differs.
        seed: String,
        /// The first seed.
        first: String,
    },

    /// A seed's address is in none of the allowed networks.
    #[error(
        "the seed `{seed}` is in none of the networks of `.allowed_addresses(..)`; add its network there, or name another \
         seed"
    )]
    #[non_exhaustive]
    SeedNotAllowed {
        /// The seed as given.
        seed: String,
    },

    /// An allowed network is neither a network nor an address.
    #[error(
        "`.allowed_addresses(..)` has `{network}`, which is no network; write each as in `.allowed_addresses([\"10.0.0.0/8\"])`"
    )]
    #[non_exhaustive]
    InvalidNetwork {
        /// The network as given.
        network: String,
    },

    /// There is no allowed network.
    #[error(
        "`.allowed_addresses(..)` names no network, so that no node could be used; name those of the cluster, or leave it out"
    )]
    NoNetwork,

    /// A datacenter in the scope has an empty name.
    #[error("a scope names a datacenter `\"\"`; write its name as `nodetool status` shows it")]
    EmptyDatacenter,

    /// A rack in the scope has an empty name.
    #[error(
        "a scope names a rack `\"\"`; write its name as `nodetool status` shows it, or use `Scope::datacenter(..)`"
    )]
    EmptyRack,

    /// A scope is set without discovery.
    #[error(
        "there is no scope without discovery, since it is the servers' lists that tell datacenters and racks apart; leave out \
         `.scope(..)` and name the nodes of one datacenter, or leave out `.without_discovery()`"
    )]
    ScopeWithoutDiscovery,

    /// An address translator is set without discovery.
    #[error(
        "there is nothing to translate without discovery, since each seed is a node at its own URL; leave out \
         `.address_translator(..)`, or leave out `.without_discovery()`"
    )]
    TranslatorWithoutDiscovery,

    /// The entries of an [`AddressMap`](crate::AddressMap) are invalid.
    #[error(transparent)]
    AddressMap(#[from] AddressMapError),
    /// Certificates, names or keys cannot be used.
    #[cfg(feature = "default-https-client")]
    #[error(transparent)]
    Certificate(#[from] crate::tls::CertificateError),

    /// TLS is set, and the seeds are not `https`.
    #[error(
        "certificates or names for TLS are set, and the seed `{seed}` is not `https`, so that they would not be used; begin \
         all seeds with `https://`, with the port of `alternator_https_port`, or leave these settings out"
    )]
    #[non_exhaustive]
    TlsWithoutHttps {
        /// The seed.
        seed: String,
    },

    /// TLS is set, and an HTTP client too, which brings its own.
    #[error(
        "`.http_client(..)` is set beside certificates or names for TLS, which would not apply to it; leave one of them \
         out, or make the HTTP client with these certificates"
    )]
    TlsOfHttpClient,

    /// Clients shall authenticate by a client certificate, and there is none.
    #[error(
        "`.auth(AuthMode::ClientCertificate)` is set without a certificate to authenticate with; give the builder \
         `.client_certificate_pem(..)` or `.client_certificate_files(..)` (feature `tls`)"
    )]
    NoClientCertificate,

    /// The compression level does not exist.
    #[cfg(feature = "compression")]
    #[error("there is no compression level {level}; choose one from 1 (fast) to 9 (small)")]
    #[non_exhaustive]
    CompressionLevel {
        /// The level as given.
        level: u32,
    },

    /// The limit of compressed responses is zero.
    #[cfg(feature = "compression")]
    #[error(
        "`ResponseCompression::limit(0)` allows no compressed response; leave `.response_compression(..)` out, or allow at \
         least the size of your largest response"
    )]
    ResponseLimit,

    /// A refresh interval is zero.
    #[error(
        "`.{setting}(..)` is zero, which would refresh without a pause; give it at least a few seconds"
    )]
    #[non_exhaustive]
    ZeroInterval {
        /// The method that was called.
        setting: &'static str,
    },

    /// The `user-agent` is not a valid header value.
    #[error(
        "the user agent {user_agent:?} is not made of words of visible ASCII characters with single spaces between them; \
         write it as in `.user_agent(\"shop/1.2\")`"
    )]
    #[non_exhaustive]
    UserAgent {
        /// The user agent as given.
        user_agent: String,
    },

    /// The SDK's configuration names several endpoints.
    #[error(
        "the SDK takes a single endpoint, not the list `{endpoint}`; name one node there, since the others are discovered, \
         or pass the list to `Alternator::builder().seeds(list.split(','))`"
    )]
    #[non_exhaustive]
    EndpointList {
        /// The value of the setting.
        endpoint: String,
    },

    /// The `SdkConfig` names no endpoint.
    #[error(
        "the SDK's configuration has no endpoint to take as a seed; set `AWS_ENDPOINT_URL_DYNAMODB` or \
         `.endpoint_url(\"http://10.0.0.1:8000\")` on it, or use `Alternator::builder().seeds(..)`"
    )]
    NoEndpoint,
}

impl From<SeedError> for BuildError {
    fn from(error: SeedError) -> Self {
        match error {
            SeedError::Missing => Self::NoSeed,
            SeedError::Unparsable(seed, reason) => Self::UnparsableSeed {
                seed,
                source: Arc::new(reason),
            },
            SeedError::Scheme(seed) => Self::SeedScheme { seed },
            SeedError::Extra(seed, what) => Self::SeedExtra { seed, what },
            SeedError::Host(seed) => Self::SeedHost { seed },
            SeedError::Aws(seed) => Self::AwsSeed { seed },
            SeedError::NotAllowed(seed) => Self::SeedNotAllowed { seed },
            SeedError::Differs { seed, first } => Self::SeedsDiffer { seed, first },
        }
    }
}

impl From<NetworkError> for BuildError {
    fn from(error: NetworkError) -> Self {
        match error {
            NetworkError::Missing => Self::NoNetwork,
            NetworkError::Unparsable(network) => Self::InvalidNetwork { network },
        }
    }
}

impl From<ScopeError> for BuildError {
    fn from(error: ScopeError) -> Self {
        match error {
            ScopeError::EmptyDatacenter => Self::EmptyDatacenter,
            ScopeError::EmptyRack => Self::EmptyRack,
        }
    }
}
