//! The SDK's default HTTP client.

use aws_smithy_runtime_api::client::http::SharedHttpClient;

/// Returns the HTTP client that the SDK makes where the application sets none. All configurations of a cluster share
/// it: each would otherwise have connections of its own. Returns none without the feature: the first request shows
/// which client the application uses.
pub(crate) fn default_client() -> Option<SharedHttpClient> {
    #[cfg(feature = "default-https-client")]
    {
        use aws_smithy_runtime::client::defaults::default_http_client_plugin_v2;
        use aws_smithy_runtime_api::client::behavior_version::BehaviorVersion;
        use aws_smithy_runtime_api::client::runtime_components::RuntimeComponentsBuilder;
        use aws_smithy_runtime_api::client::runtime_plugin::RuntimePlugin as _;

        super::proxy::enable();
        let plugin = default_http_client_plugin_v2(BehaviorVersion::latest())?;
        let components = RuntimeComponentsBuilder::new("alternator-lb-sdk");
        plugin.runtime_components(&components).http_client()
    }
    #[cfg(not(feature = "default-https-client"))]
    None
}
