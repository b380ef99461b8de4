//! The SDK's default HTTP client.

use aws_smithy_runtime_api::client::http::SharedHttpClient;

/// The HTTP client that the SDK makes where the application gives none, once for all configurations of a cluster: each
/// would otherwise have connections of its own.
#[cfg(feature = "default-https-client")]
pub(crate) fn default_client() -> Option<SharedHttpClient> {
    use aws_smithy_runtime::client::defaults::default_http_client_plugin_v2;
    use aws_smithy_runtime_api::client::behavior_version::BehaviorVersion;
    use aws_smithy_runtime_api::client::runtime_components::RuntimeComponentsBuilder;
    use aws_smithy_runtime_api::client::runtime_plugin::RuntimePlugin as _;

    super::proxy::default_client_is_used();
    let plugin = default_http_client_plugin_v2(BehaviorVersion::latest())?;
    let nothing = RuntimeComponentsBuilder::new("alternator-lb-sdk");
    plugin.runtime_components(&nothing).http_client()
}

/// Without the feature there is none: then the first request shows which one the application uses.
#[cfg(not(feature = "default-https-client"))]
pub(crate) fn default_client() -> Option<SharedHttpClient> {
    None
}
