//! The plugin's SigV4 scheme and its signer.

use super::amz_date::amz_date;
use super::clock_skew;
use super::placeholder;
use super::signature::{TOKEN, authorization};
use super::signing_keys::SigningKeys;
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
use std::fmt;

/// SigV4. Signs the requests that the DynamoDB client makes, and hands all others to the SDK's signer.
pub(crate) struct SigningScheme {
    by_default: bool,
    keys: SigningKeys,
    sdk: SigV4AuthScheme,
}

/// The name that identifies the scheme of a former installation.
const NAME: &str = "SigningScheme(alternator-lb-sdk)";

/// The properties of an endpoint that change signatures. The plugin's endpoints have none of them.
const PROPERTIES: [&str; 4] = [
    "signingName",
    "signingRegion",
    "disableDoubleEncoding",
    "disableNormalizePath",
];

impl SigningScheme {
    /// Signs by the plugin if `by_default`, unless an operation says otherwise.
    pub(crate) fn new(by_default: bool) -> Self {
        Self {
            by_default,
            keys: SigningKeys::default(),
            sdk: SigV4AuthScheme::new(),
        }
    }

    /// Returns whether the scheme of a configuration is the application's own, and has to stay.
    pub(crate) fn is_of_application(scheme: &SharedAuthScheme) -> bool {
        scheme.scheme_id() == SCHEME_ID && !format!("{scheme:?}").contains(NAME)
    }

    /// Signs the request. Leaves it as it is and returns `None` if the plugin is not to sign it, or for anything that
    /// the DynamoDB client does not do by itself:
    ///
    /// * settings of signatures that are not the SDK's defaults: presigned, unsigned or streaming payloads, a checksum
    ///   in a header, a token that is omitted or has another name;
    /// * a body that is not in memory, another method, path or query, or a host that is not plain;
    /// * headers that belong to a signature and are there already, or others with `x-amz-` that should be signed;
    /// * an identity that is no credentials, and credentials or scopes that cannot stand in a header as they are.
    fn sign(
        &self,
        request: &mut HttpRequest,
        identity: &Identity,
        components: &RuntimeComponents,
        config: &ConfigBag,
    ) -> Option<()> {
        if !is_fast(self.by_default, config) {
            return None;
        }
        let credentials = identity.data::<Credentials>()?;
        let token = credentials.session_token();
        let settings = settings(config)?;
        let region = config.load::<SigningRegion>().or(settings.region.as_ref());
        let service = config.load::<SigningName>().or(settings.name.as_ref());
        let time = clock_skew::signing_time(components, config)?;
        let date = amz_date(time)?;
        let (day, _) = date.split_once('T')?;
        let scope = [day, region?.as_ref(), service?.as_ref(), "aws4_request"];
        let key = self.keys.key(credentials, time, scope)?;
        let authorization = authorization(request, token, &date, &key)?;

        let headers = request.headers_mut();
        // All of it is visible ASCII, so none of these fails.
        headers.try_insert("x-amz-date", date).ok()?;
        if let Some(token) = token {
            headers.try_insert(TOKEN, token.to_owned()).ok()?;
        }
        headers.try_insert("authorization", authorization).ok()?;
        Some(())
    }
}

impl fmt::Debug for SigningScheme {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(NAME)
    }
}

impl AuthScheme for SigningScheme {
    fn scheme_id(&self) -> AuthSchemeId {
        SCHEME_ID
    }

    fn identity_resolver(
        &self,
        identity_resolvers: &dyn GetIdentityResolver,
    ) -> Option<SharedIdentityResolver> {
        self.sdk.identity_resolver(identity_resolvers)
    }

    fn signer(&self) -> &dyn Sign {
        self
    }
}

impl Sign for SigningScheme {
    fn sign_http_request(
        &self,
        request: &mut HttpRequest,
        identity: &Identity,
        endpoint: AuthSchemeEndpointConfig<'_>,
        components: &RuntimeComponents,
        config: &ConfigBag,
    ) -> Result<(), BoxError> {
        if identity.data().is_some_and(placeholder::is_placeholder) {
            return Ok(());
        }
        let is_plain = PROPERTIES.iter().all(|name| endpoint.get(name).is_none());
        if is_plain && self.sign(request, identity, components, config).is_some() {
            return Ok(());
        }
        let sdk = self.sdk.signer();
        sdk.sign_http_request(request, identity, endpoint, components, config)
    }
}

/// Returns whether an operation is signed by the plugin.
fn is_fast(by_default: bool, config: &ConfigBag) -> bool {
    let options = config.load::<OperationOptions>();
    let option = options.and_then(|options| options.fast_signing);
    option.unwrap_or(by_default)
}

/// The signing settings of the operation, if they are the SDK's defaults.
fn settings(config: &ConfigBag) -> Option<&SigV4OperationSigningConfig> {
    let settings = config.load::<SigV4OperationSigningConfig>()?;
    let is_usual = settings.signing_options == SigningOptions::default()
        && config.load::<PayloadSigningOverride>().is_none()
        && config.load::<SigV4SessionTokenNameOverride>().is_none()
        && config.load::<DeferredSignerSender>().is_none();
    is_usual.then_some(settings)
}

#[cfg(test)]
mod tests;
