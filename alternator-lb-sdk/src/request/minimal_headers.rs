//! Requests with fewer headers than the SDK's.
//!
//! Of the head of a request that the SDK writes, Alternator reads the host, the operation and the signature. Half of
//! the rest is for AWS: two headers about the SDK, and two about retries. The interceptors that write them are
//! disabled, and one short constant `user-agent` replaces them. All of that happens before the request is signed, so no
//! signed header is removed. `content-type` stays: Alternator does not read it, but other engines insist on it.
//!
//! The SDK's clock skew, which is one for all nodes, is replaced by [one for each node](crate::auth::ClockSkew).
//!
//! The SDK's stalled-stream protection is disabled too, where the [HTTP client decorator](crate::transport) does its
//! work: a response whose node is found dead is aborted also while it is being read. A setting of the application
//! stays.

use crate::config::ClusterConfig;
use aws_runtime::invocation_id::InvocationIdInterceptor;
use aws_runtime::request_info::RequestInfoInterceptor;
use aws_runtime::service_clock_skew::ServiceClockSkewInterceptor;
use aws_runtime::user_agent::UserAgentInterceptor;
use aws_smithy_runtime_api::client::interceptors::disable_interceptor;
use aws_smithy_runtime_api::client::stalled_stream_protection::StalledStreamProtectionConfig;
use aws_smithy_runtime_api::http::Headers;
use aws_smithy_types::config_bag::{ConfigBag, FrozenLayer, Layer, Storable, StoreReplace};
use std::sync::LazyLock;
use std::time::Duration;

const NAME: &str = "alternator-lb-sdk: minimal headers";

/// The configuration of each case: made once, so that an operation takes it by counting a reference.
static LAYERS: LazyLock<[(Replacements, FrozenLayer); 2]> = LazyLock::new(|| {
    let cases = [false, true].map(|stall_protection| Replacements { stall_protection });
    cases.map(|case| (case, layer(case)))
});

/// The time that a stream may stall by the SDK's defaults.
const DEFAULT_GRACE: Duration = Duration::from_secs(5);

fn layer(replacements: Replacements) -> FrozenLayer {
    let mut layer = Layer::new(NAME);
    layer.store_put(disable_interceptor::<UserAgentInterceptor>(NAME));
    layer.store_put(disable_interceptor::<InvocationIdInterceptor>(NAME));
    layer.store_put(disable_interceptor::<RequestInfoInterceptor>(NAME));
    layer.store_put(disable_interceptor::<ServiceClockSkewInterceptor>(NAME));
    if replacements.stall_protection {
        layer.store_put(StalledStreamProtectionConfig::disabled());
    }
    layer.store_put(replacements);
    layer.freeze()
}

/// The mechanisms of the SDK that the plugin replaces. Absent in the configuration of an operation without minimal
/// headers.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Replacements {
    /// True if the plugin aborts stalled responses in place of the SDK.
    pub(crate) stall_protection: bool,
}

impl Storable for Replacements {
    type Storer = StoreReplace<Self>;
}

/// Applies to an operation whose settings are complete, and whose request does not exist yet. `replacements` are those
/// that the installation allows.
pub(crate) fn begin_operation(config: &mut ConfigBag, mut replacements: Replacements) {
    replacements.stall_protection &= is_default_stall_protection(config);
    if let Some((_, layer)) = LAYERS.iter().find(|(case, _)| *case == replacements) {
        config.push_shared_layer(layer.clone());
    }
}

/// Applies to an attempt before it is signed. `is_abortable` says whether the plugin may abort it. Returns whether the
/// headers are minimal.
pub(crate) fn begin_attempt(
    settings: &ClusterConfig,
    headers: &mut Headers,
    config: &mut ConfigBag,
    is_abortable: bool,
) -> bool {
    let Some(replacements) = config.load::<Replacements>() else {
        return false;
    };
    if replacements.stall_protection && !is_abortable {
        // Only the SDK aborts this attempt.
        let by_sdk = StalledStreamProtectionConfig::enabled().grace_period(DEFAULT_GRACE);
        config.interceptor_state().store_put(by_sdk.build());
    }
    if !headers.contains_key("user-agent") {
        headers.insert("user-agent", settings.user_agent.value(config));
    }
    true
}

/// Returns the number of bytes by which the headers of an attempt are fewer than the SDK's, at least.
pub(crate) fn saved_bytes(settings: &ClusterConfig, config: &ConfigBag) -> u64 {
    let omitted: usize = OMITTED.iter().map(|line| line.len()).sum();
    let user_agent = settings.user_agent.value(config);
    let sent = "user-agent: \r\n".len() + user_agent.len();
    u64::try_from(omitted.saturating_sub(sent)).unwrap_or_default()
}

/// The SDK's headers as short as they get: the SDK adds the features that an operation uses, and the application's name.
const OMITTED: [&str; 4] = [
    "user-agent: aws-sdk-rust/1.3.3 os/linux lang/rust/1.94.1\r\n",
    "x-amz-user-agent: aws-sdk-rust/1.3.3 ua/2.1 api/dynamodb/1.136.0 os/linux lang/rust/1.94.1\r\n",
    "amz-sdk-invocation-id: 00000000-0000-0000-0000-000000000000\r\n",
    "amz-sdk-request: attempt=1; max=3\r\n",
];

/// Returns whether the stalled-stream protection is the SDK's default. A setting that the application makes after the
/// installation shows nowhere else; older defaults of the SDK count as settings too.
fn is_default_stall_protection(config: &ConfigBag) -> bool {
    config
        .load::<StalledStreamProtectionConfig>()
        .is_some_and(|stall_protection| {
            stall_protection.upload_enabled()
                && stall_protection.download_enabled()
                && stall_protection.grace_period() == DEFAULT_GRACE
        })
}

#[cfg(test)]
mod tests;
