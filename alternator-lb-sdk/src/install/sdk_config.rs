//! The endpoint in a configuration for all services.

use aws_types::SdkConfig;
use aws_types::service_config::ServiceConfigKey;

/// Returns the endpoint that a DynamoDB client made of `sdk_config` would use. A setting in code precedes one in the
/// environment for DynamoDB, and that precedes one for all services.
pub(crate) fn endpoint(sdk_config: &SdkConfig) -> Option<String> {
    let general = || sdk_config.endpoint_url().map(str::to_owned);
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
        .or_else(general)
}
