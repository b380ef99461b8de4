//! The seed in a configuration for all services of the SDK.

use super::Builder;
use crate::build_error::BuildError;
use crate::transport::AbortableHttpClient;
use aws_types::SdkConfig;
use aws_types::service_config::ServiceConfigKey;

impl Builder {
    /// Takes the endpoint that `sdk_config` names for DynamoDB as a seed, as the SDK itself reads it: the endpoint set
    /// in code, else `AWS_ENDPOINT_URL_DYNAMODB` or its form in the profile, else the endpoint for all services. Takes
    /// its HTTP client as well, unless [`http_client`](Self::http_client) or [TLS](crate::docs::tls) is set here.
    ///
    /// Use it to migrate an application that is pointed at one node by its environment, where a scope, a policy or
    /// other settings are wanted as well; [`Alternator::from_sdk_config`](crate::Alternator::from_sdk_config) is the
    /// short form without any.
    ///
    /// ```
    /// use alternator_lb_sdk::{Alternator, BuildError, Scope};
    ///
    /// fn alternator(sdk_config: &aws_types::SdkConfig) -> Result<Alternator, BuildError> {
    ///     Alternator::builder()
    ///         .endpoint_from(sdk_config)?
    ///         .scope(Scope::datacenter("dc1"))
    ///         .build()
    /// }
    /// ```
    ///
    /// # Errors
    ///
    /// [`BuildError::NoEndpoint`] if no endpoint is named; a setting that is empty names none.
    /// [`BuildError::EndpointList`] if there are several, separated by commas. A malformed one is an error of
    /// [`build`](Self::build).
    pub fn endpoint_from(mut self, sdk_config: &SdkConfig) -> Result<Self, BuildError> {
        let endpoint = endpoint(sdk_config).ok_or(BuildError::NoEndpoint)?;
        if endpoint.contains(',') {
            return Err(BuildError::EndpointList { endpoint });
        }
        self.seeds.push(endpoint);
        if self.http_client_of_sdk_config.is_none() {
            let http_client = sdk_config.http_client();
            self.http_client_of_sdk_config = http_client.map(AbortableHttpClient::undecorated);
        }
        Ok(self)
    }
}

/// Returns the endpoint that a DynamoDB client made of `sdk_config` would use. A setting in code precedes one in the
/// environment for DynamoDB, and that precedes one for all services.
fn endpoint(sdk_config: &SdkConfig) -> Option<String> {
    let is_set = |endpoint: &String| !endpoint.trim().is_empty();
    let general = || sdk_config.endpoint_url().map(str::to_owned).filter(is_set);
    if sdk_config.get_origin("endpoint_url").is_client_config() {
        return general();
    }
    let key = ServiceConfigKey::builder()
        .service_id("DynamoDB")
        .env("AWS_ENDPOINT_URL")
        .profile("endpoint_url")
        .build()
        .ok();
    key.zip(sdk_config.service_config())
        .and_then(|(key, service)| service.load_config(key))
        .filter(is_set)
        .or_else(general)
}
