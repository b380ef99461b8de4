//! Signatures, cheaper than by the SDK's signer and equal to what AWS's rules ask for.
//!
//! The SDK's signer derives the signing key anew for each request, which is four of the seven hashes, and signs every
//! header, each of which it copies, sorts and folds. Here the key is [kept](signing_keys), and signed are the parts
//! that Alternator reads: the target host (`host`), the time (`x-amz-date`), the operation (`x-amz-target`), the body,
//! and the session token where there is one. AWS's rules ask for the same: `host` and all headers that begin with
//! `x-amz-`.
//!
//! The signer knows the requests that the DynamoDB client makes, and no others. Anything else in a request or in its
//! configuration goes to the SDK's own signer, which is called before anything was changed.
//!
//! The signer knows the SDK's requests and credentials, no cluster and no node. The time of a signature is that of the
//! [clock](clock_skew) of the node that it is for.

mod amz_date;
mod clock_skew;
mod host;
mod node_clock;
pub(crate) mod placeholder;
mod scheme;
mod signature;
mod signing_keys;

pub(crate) use clock_skew::{ClockSkew, DateByNode, SkewedDate, note_sent};
pub(crate) use host::host;
pub(crate) use node_clock::NodeClock;
pub(crate) use scheme::SigningScheme;

/// The signing of a client's requests, for [`Builder::auth`](crate::Builder::auth).
///
/// ```
/// use alternator_lb_sdk::{Alternator, AuthMode};
///
/// let alternator = Alternator::builder()
///     .seeds(["http://10.0.0.1:8000"])
///     .auth(AuthMode::Unsigned)
///     .build()?;
/// # Ok::<(), alternator_lb_sdk::BuildError>(())
/// ```
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum AuthMode {
    /// Signs requests where the client's configuration has a credentials provider, and sends them unsigned where it has
    /// none. The default: most clusters do not enforce authorization, and credentials that an application sets are
    /// there to be used. A provider that is set and fails is an error, as in the SDK.
    ///
    /// A configuration of [`Alternator::sdk_config`](crate::Alternator::sdk_config) without a provider gets one, with
    /// credentials that are no role's. What they sign is sent unsigned.
    #[default]
    Auto,
    /// Sends all requests unsigned. For clusters that do not enforce authorization, where the credentials at hand are
    /// meant for AWS.
    Unsigned,
    /// Sends no request unauthenticated: an operation without credentials fails with
    /// [`RouteError::Unsigned`](crate::RouteError::Unsigned) or the SDK's own error. Use it where a missing credentials
    /// provider is a mistake that must not go unnoticed.
    ///
    /// A [client certificate](crate::docs::tls#client-certificates) satisfies it as well: where there is one, and no
    /// credentials provider, requests are unsigned. Whether the servers authenticate by it is theirs to decide; those
    /// that do not, refuse unsigned requests if they enforce authorization.
    Required,
    /// Sends all requests unsigned, and has the client certificate authenticate them. Use it on servers that
    /// authenticate by certificates (ScyllaDB releases after 2026.3): there no signature is looked at, so that making
    /// one is wasted, and credentials that the application has for AWS stay here.
    ///
    /// [`build`](crate::Builder::build) returns
    /// [`BuildError::NoClientCertificate`](crate::BuildError::NoClientCertificate) where there is no certificate. A
    /// request over another HTTP client than the cluster's, which does not show it, fails with
    /// [`RouteError::Unsigned`](crate::RouteError::Unsigned).
    ClientCertificate,
}

impl AuthMode {
    /// Returns whether no request is signed, whatever credentials there are.
    pub(crate) fn never_signs(self) -> bool {
        match self {
            Self::Unsigned | Self::ClientCertificate => true,
            Self::Auto | Self::Required => false,
        }
    }

    /// Returns whether a request that is not signed must be authenticated by a certificate.
    pub(crate) fn forbids_unsigned(self) -> bool {
        match self {
            Self::Required | Self::ClientCertificate => true,
            Self::Auto | Self::Unsigned => false,
        }
    }
}
