//! The endpoint in a configuration for all services.

use aws_types::SdkConfig;
use aws_types::service_config::ServiceConfigKey;

/// The endpoint that a DynamoDB client made of `sdk_config` would take: what was set in code goes before what the
/// environment says of DynamoDB, and that before what it says of all services.
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
