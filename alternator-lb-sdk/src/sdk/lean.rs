//! Makes requests leaner than the SDK's.
//!
//! Of the head of a request that the SDK writes, Alternator reads the host, the operation and the signature. More than
//! half of it is for AWS: two headers that tell of the SDK, and two that tell of retries. The interceptors that write
//! them are disabled, and one short constant `user-agent` is set in their place, before the request is signed, so that
//! nothing is taken from a request that was signed with it.
//!
//! The SDK's protection against streams that stall goes too, where the [transport](super::transport) does that work: an
//! answer whose node is found dead is ended also while it is being read. What is set by the application stays.

use super::departure;
use super::options::OperationOptions;
use super::user_agent::UserAgent;
use aws_runtime::invocation_id::InvocationIdInterceptor;
use aws_runtime::request_info::RequestInfoInterceptor;
use aws_runtime::user_agent::UserAgentInterceptor;
use aws_smithy_runtime_api::client::interceptors::context::BeforeTransmitInterceptorContextMut;
use aws_smithy_runtime_api::client::interceptors::disable_interceptor;
use aws_smithy_runtime_api::client::runtime_components::RuntimeComponents;
use aws_smithy_runtime_api::client::stalled_stream_protection::StalledStreamProtectionConfig;
use aws_smithy_types::config_bag::{ConfigBag, FrozenLayer, Layer, Storable, StoreReplace};
use std::sync::LazyLock;
use std::time::Duration;

const NAME: &str = "alternator-lb-sdk: lean requests";

/// Without the SDK's headers.
static LEAN: LazyLock<FrozenLayer> = LazyLock::new(|| layer(Guard::TheSdks).freeze());

/// Without its protection against stalled streams too.
static LEANER: LazyLock<FrozenLayer> = LazyLock::new(|| {
    let mut layer = layer(Guard::Ours);
    layer.store_put(StalledStreamProtectionConfig::disabled());
    layer.freeze()
});

/// How long a stream may stall by the SDK's defaults.
const DEFAULT_GRACE: Duration = Duration::from_secs(5);

fn layer(guard: Guard) -> Layer {
    let mut layer = Layer::new(NAME);
    layer.store_put(disable_interceptor::<UserAgentInterceptor>(NAME));
    layer.store_put(disable_interceptor::<InvocationIdInterceptor>(NAME));
    layer.store_put(disable_interceptor::<RequestInfoInterceptor>(NAME));
    layer.store_put(guard);
    layer
}

/// Who ends answers that stall. Where there is none in the configuration, the operation's requests are not lean.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Guard {
    TheSdks,
    Ours,
}

impl Storable for Guard {
    type Storer = StoreReplace<Self>;
}

/// How the requests of an installation are made.
#[derive(Debug)]
pub(super) struct Lean {
    /// Unless an operation says otherwise.
    by_default: bool,
    user_agent: UserAgent,
    /// The application has set the protection against stalled streams.
    guard_is_chosen: bool,
}

impl Lean {
    pub(super) fn new(by_default: bool, user_agent: UserAgent, guard_is_chosen: bool) -> Self {
        Self {
            by_default,
            user_agent,
            guard_is_chosen,
        }
    }

    /// Called when all settings of an operation are known, and nothing of its request is. `is_guarded` says whether
    /// requests pass through a transport.
    pub(super) fn begin(&self, config: &mut ConfigBag, is_guarded: bool) {
        let options = config.load::<OperationOptions>();
        let is_lean = options.and_then(OperationOptions::is_lean);
        if !is_lean.unwrap_or(self.by_default) {
            return;
        }
        let layer = match is_guarded && !self.guard_is_chosen && is_default_guard(config) {
            true => &LEANER,
            false => &LEAN,
        };
        config.push_shared_layer((*layer).clone());
    }

    /// Called before an attempt is signed.
    pub(super) fn begin_attempt(
        &self,
        context: &mut BeforeTransmitInterceptorContextMut<'_>,
        components: &RuntimeComponents,
        config: &mut ConfigBag,
    ) {
        let Some(guard) = config.load::<Guard>() else {
            return;
        };
        if *guard == Guard::Ours && !departure::may_end(config, components) {
            // Nobody ends this attempt but the SDK.
            config.interceptor_state().store_put(default_guard());
        }
        let headers = context.request_mut().headers_mut();
        if !headers.contains_key("user-agent") {
            headers.insert("user-agent", self.user_agent.value(config));
        }
    }
}

/// Whether the protection against stalled streams is what the SDK sets by itself. Of what an application sets after the
/// plugin was installed, only this tells; older defaults of the SDK count as settings too.
fn is_default_guard(config: &ConfigBag) -> bool {
    config
        .load::<StalledStreamProtectionConfig>()
        .is_some_and(|guard| {
            guard.upload_enabled()
                && guard.download_enabled()
                && guard.grace_period() == DEFAULT_GRACE
        })
}

fn default_guard() -> StalledStreamProtectionConfig {
    StalledStreamProtectionConfig::enabled()
        .grace_period(DEFAULT_GRACE)
        .build()
}

#[cfg(test)]
mod tests;
