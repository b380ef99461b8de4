//! Signs requests faster than the SDK's signer, with the very signature that AWS's rules ask for.
//!
//! What makes the SDK's slow: it derives the signing key anew for each request, which is four of the seven hashes, and it
//! signs every header, each of which it copies, sorts and folds. Here the key is [kept](keys), and signed is what
//! Alternator reads: where the request goes (`host`), when (`x-amz-date`), what it does (`x-amz-target`) and its body,
//! and the session token where there is one. That is what AWS's rules ask for too: `host` and all that begins with
//! `x-amz-`.
//!
//! It knows the requests that the DynamoDB client makes, and no others. Whatever else there is in a request or in its
//! configuration goes to the SDK's own signer, which is asked before anything was changed: see [`Signer::fast`].

mod host;
mod keys;
mod mode;
mod moment;
mod signature;
mod skew;
#[cfg(test)]
mod tests;

use crate::request::options::OperationOptions;
use aws_credential_types::Credentials;
use aws_runtime::auth::sigv4::{SCHEME_ID, SigV4AuthScheme};
use aws_runtime::auth::{
    PayloadSigningOverride, SigV4OperationSigningConfig, SigV4SessionTokenNameOverride,
    SigningOptions,
};
use aws_runtime::content_encoding::DeferredSignerSender;
use aws_smithy_runtime_api::box_error::BoxError;
use aws_smithy_runtime_api::client::auth::{
    AuthScheme, AuthSchemeEndpointConfig, AuthSchemeId, SharedAuthScheme, Sign,
};
use aws_smithy_runtime_api::client::identity::{Identity, SharedIdentityResolver};
use aws_smithy_runtime_api::client::orchestrator::HttpRequest;
use aws_smithy_runtime_api::client::runtime_components::{GetIdentityResolver, RuntimeComponents};
use aws_smithy_types::config_bag::ConfigBag;
use aws_types::SigningName;
use aws_types::region::SigningRegion;
use keys::Keys;
pub use mode::AuthMode;
use moment::Moment;
use signature::Parts;
pub(crate) use skew::ClockSkew;
use std::fmt;
use std::sync::Arc;

/// AWS's scheme, signed by [`Signer`].
pub(crate) struct Signing {
    signer: Signer,
}

impl Signing {
    /// Signs fast if `by_default`, unless an operation says otherwise, and as long as the clock is right.
    pub(crate) fn new(by_default: bool, skew: Arc<ClockSkew>) -> Self {
        Self {
            signer: Signer {
                by_default,
                skew,
                keys: Keys::default(),
                sdk: SigV4AuthScheme::new(),
            },
        }
    }

    /// Whether a configuration's scheme is the application's own, so that it has to stay.
    pub(crate) fn is_of_application(scheme: &SharedAuthScheme) -> bool {
        scheme.scheme_id() == SCHEME_ID && !format!("{scheme:?}").contains(NAME)
    }
}

/// By this a former installation's is recognised.
const NAME: &str = "Signing(alternator-lb-sdk)";

impl fmt::Debug for Signing {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(NAME)
    }
}

impl AuthScheme for Signing {
    fn scheme_id(&self) -> AuthSchemeId {
        SCHEME_ID
    }

    fn identity_resolver(
        &self,
        identity_resolvers: &dyn GetIdentityResolver,
    ) -> Option<SharedIdentityResolver> {
        self.signer.sdk.identity_resolver(identity_resolvers)
    }

    fn signer(&self) -> &dyn Sign {
        &self.signer
    }
}

/// Whether an operation is to be signed fast.
pub(crate) fn is_fast(by_default: bool, config: &ConfigBag) -> bool {
    let options = config.load::<OperationOptions>();
    let chosen = options.and_then(OperationOptions::is_signed_fast);
    chosen.unwrap_or(by_default)
}

/// Signs what it knows, and hands the rest to the SDK's.
#[derive(Debug)]
struct Signer {
    by_default: bool,
    skew: Arc<ClockSkew>,
    keys: Keys,
    sdk: SigV4AuthScheme,
}

impl Sign for Signer {
    fn sign_http_request(
        &self,
        request: &mut HttpRequest,
        identity: &Identity,
        endpoint: AuthSchemeEndpointConfig<'_>,
        components: &RuntimeComponents,
        config: &ConfigBag,
    ) -> Result<(), BoxError> {
        let is_plain = PROPERTIES.iter().all(|name| endpoint.get(name).is_none());
        match is_plain.then(|| self.fast(request, identity, components, config)) {
            Some(Some(())) => Ok(()),
            Some(None) | None => {
                let sdk = self.sdk.signer();
                sdk.sign_http_request(request, identity, endpoint, components, config)
            }
        }
    }
}

/// What an endpoint can say of signatures. The plugin's say nothing.
const PROPERTIES: [&str; 4] = [
    "signingName",
    "signingRegion",
    "disableDoubleEncoding",
    "disableNormalizePath",
];

impl Signer {
    /// Signs the request, or leaves it as it is if it is not to be signed fast, or there is anything about it that the
    /// DynamoDB client does not do by itself:
    ///
    /// * settings of signatures that are not the SDK's defaults: presigned, unsigned or streaming payloads, a checksum in
    ///   a header, a token that is left out or goes by another name;
    /// * a body that is not in memory, another method, path or query, or a host that is not plain;
    /// * headers that belong to a signature and are there already, or others with `x-amz-` that should be signed;
    /// * an identity that is no credentials, and credentials or scopes that cannot stand in a header as they are;
    /// * a clock that is not that of the servers, which the SDK corrects.
    fn fast(
        &self,
        request: &mut HttpRequest,
        identity: &Identity,
        components: &RuntimeComponents,
        config: &ConfigBag,
    ) -> Option<()> {
        if !is_fast(self.by_default, config) || self.skew.is_noticed() {
            return None;
        }
        let credentials = identity.data::<Credentials>()?;
        let settings = settings(config)?;
        let region = config.load::<SigningRegion>().or(settings.region.as_ref());
        let service = config.load::<SigningName>().or(settings.name.as_ref());
        let moment = Moment::of(components.time_source()?.now())?;
        let keys = self.keys.load();
        let key = self.keys.key(
            &keys,
            credentials,
            &moment,
            region?.as_ref(),
            service?.as_ref(),
        )?;
        let parts = Parts::of(request, credentials.session_token())?;
        let authorization = parts.authorization(&moment, &key);
        let token = credentials.session_token().map(str::to_owned);

        let headers = request.headers_mut();
        // Nothing but visible ASCII, so that none of them fails.
        headers
            .try_insert("x-amz-date", moment.text().to_owned())
            .ok()?;
        if let Some(token) = token {
            headers.try_insert(TOKEN, token).ok()?;
        }
        headers.try_insert("authorization", authorization).ok()?;
        Some(())
    }
}

const TOKEN: &str = "x-amz-security-token";

/// The settings of the operation's signatures, if there is nothing unusual about them.
fn settings(config: &ConfigBag) -> Option<&SigV4OperationSigningConfig> {
    let settings = config.load::<SigV4OperationSigningConfig>()?;
    let is_usual = settings.signing_options == SigningOptions::default()
        && config.load::<PayloadSigningOverride>().is_none()
        && config.load::<SigV4SessionTokenNameOverride>().is_none()
        && config.load::<DeferredSignerSender>().is_none();
    is_usual.then_some(settings)
}
