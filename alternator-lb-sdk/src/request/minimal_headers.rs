//! Makes requests leaner than the SDK's.
//!
//! Of the head of a request that the SDK writes, Alternator reads the host, the operation and the signature. More than
//! half of it is for AWS: two headers that tell of the SDK, and two that tell of retries. The interceptors that write
//! them are disabled, and one short constant `user-agent` is set in their place. The `content-type` goes too, which is the
//! same for all and which Alternator does not look at. All that happens before the request is signed, so that nothing is
//! taken from a request that was signed with it. Where none is signed, nothing needs to be known of the clock.
//!
//! The SDK's protection against streams that stall goes too, where the [transport](crate::transport) does that work: an
//! answer whose node is found dead is ended also while it is being read. What is set by the application stays.

use super::options::OperationOptions;
use super::user_agent::UserAgent;
use aws_runtime::invocation_id::InvocationIdInterceptor;
use aws_runtime::request_info::RequestInfoInterceptor;
use aws_runtime::service_clock_skew::ServiceClockSkewInterceptor;
use aws_runtime::user_agent::UserAgentInterceptor;
use aws_smithy_runtime_api::client::interceptors::context::BeforeTransmitInterceptorContextMut;
use aws_smithy_runtime_api::client::interceptors::disable_interceptor;
use aws_smithy_runtime_api::client::stalled_stream_protection::StalledStreamProtectionConfig;
use aws_smithy_types::config_bag::{ConfigBag, FrozenLayer, Layer, Storable, StoreReplace};
use std::sync::LazyLock;
use std::time::Duration;

const NAME: &str = "alternator-lb-sdk: lean requests";

/// What is disabled, for each case: made once, so that an operation takes it by a count of references.
static LAYERS: LazyLock<Vec<(Guard, Clock, FrozenLayer)>> = LazyLock::new(|| {
    let guards = [Guard::TheSdks, Guard::Ours];
    let cases = guards.into_iter().flat_map(|guard| {
        let clocks = [Clock::TheSdks, Clock::Ours, Clock::Both, Clock::Nobodys];
        clocks.map(|clock| (guard, clock))
    });
    cases
        .map(|(guard, clock)| (guard, clock, layer(guard, clock)))
        .collect()
});

/// How long a stream may stall by the SDK's defaults.
const DEFAULT_GRACE: Duration = Duration::from_secs(5);

fn layer(guard: Guard, clock: Clock) -> FrozenLayer {
    let mut layer = Layer::new(NAME);
    layer.store_put(disable_interceptor::<UserAgentInterceptor>(NAME));
    layer.store_put(disable_interceptor::<InvocationIdInterceptor>(NAME));
    layer.store_put(disable_interceptor::<RequestInfoInterceptor>(NAME));
    if clock == Clock::Ours || clock == Clock::Nobodys {
        layer.store_put(disable_interceptor::<ServiceClockSkewInterceptor>(NAME));
    }
    if guard == Guard::Ours {
        layer.store_put(StalledStreamProtectionConfig::disabled());
    }
    layer.store_put(guard);
    layer.store_put(clock);
    layer.freeze()
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

/// Who corrects the dates of signatures where the clock is not that of the servers.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Clock {
    TheSdks,
    /// [`Skew`](crate::auth::Skew), which looks at fewer answers.
    Ours,
    /// That, since it knows already, and the SDK, so that it knows as well: others than operations ask it.
    Both,
    /// There are no signatures.
    Nobodys,
}

impl Storable for Clock {
    type Storer = StoreReplace<Self>;
}

/// How the requests of an installation are made.
#[derive(Debug)]
pub(crate) struct Lean {
    /// Unless an operation says otherwise.
    by_default: bool,
    user_agent: UserAgent,
    /// The application has set the protection against stalled streams.
    guard_is_chosen: bool,
}

impl Lean {
    pub(crate) fn new(by_default: bool, user_agent: UserAgent, guard_is_chosen: bool) -> Self {
        Self {
            by_default,
            user_agent,
            guard_is_chosen,
        }
    }

    /// Called when all settings of an operation are known, and nothing of its request is. `is_guarded` says whether
    /// requests pass through a transport, `clock` who should look at it.
    pub(crate) fn begin(&self, config: &mut ConfigBag, is_guarded: bool, clock: Clock) {
        let options = config.load::<OperationOptions>();
        let is_lean = options.and_then(OperationOptions::is_lean);
        if !is_lean.unwrap_or(self.by_default) {
            return;
        }
        let guard = match is_guarded && !self.guard_is_chosen && is_default_guard(config) {
            true => Guard::Ours,
            false => Guard::TheSdks,
        };
        let layer = LAYERS.iter().find(|it| (it.0, it.1) == (guard, clock));
        if let Some((_, _, layer)) = layer {
            config.push_shared_layer(layer.clone());
        }
    }

    /// Called before an attempt is signed; `may_end` says whether somebody else may end it.
    pub(crate) fn begin_attempt(
        &self,
        context: &mut BeforeTransmitInterceptorContextMut<'_>,
        config: &mut ConfigBag,
        may_end: bool,
    ) {
        let Some(guard) = config.load::<Guard>() else {
            return;
        };
        if *guard == Guard::Ours && !may_end {
            // Nobody ends this attempt but the SDK.
            config.interceptor_state().store_put(default_guard());
        }
        let headers = context.request_mut().headers_mut();
        headers.remove("content-type");
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
