//! Whether the clock is that of the servers.
//!
//! Alternator takes signatures that are up to 15 minutes old or young. The SDK measures with each answer how far the clock
//! is off, and dates its signatures accordingly, but lets nobody else know. So here it is only noticed that the clock is
//! off; then the SDK's signer signs, until it is right again.
//!
//! That measurement parses a date and takes a lock that all of a client's requests share, twice, for what as a rule is no
//! news. So where requests are signed fast, the SDK's interceptor is [off](crate::request::minimal_headers), and another instance of it
//! is called from here, for those answers only from which it can learn something.

use aws_runtime::service_clock_skew::ServiceClockSkewInterceptor;
use aws_smithy_runtime_api::box_error::BoxError;
use aws_smithy_runtime_api::client::interceptors::Intercept as _;
use aws_smithy_runtime_api::client::interceptors::context::{
    BeforeDeserializationInterceptorContextMut, BeforeTransmitInterceptorContextMut,
    BeforeTransmitInterceptorContextRef,
};
use aws_smithy_runtime_api::client::orchestrator::HttpResponse;
use aws_smithy_runtime_api::client::runtime_components::RuntimeComponents;
use aws_smithy_types::DateTime;
use aws_smithy_types::config_bag::ConfigBag;
use aws_smithy_types::date_time::Format;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::time::{Duration, SystemTime};

/// How far off a clock is left alone: far less than servers mind, and more than an answer may have been on its way.
const TOLERATED: Duration = Duration::from_secs(60);

/// How often it is looked while all is well. Errors are always looked at: the first that is due to the clock must not
/// be followed by another.
const INTERVAL: Duration = Duration::from_secs(10);

/// What is known of the clock of an installation.
#[derive(Debug, Default)]
pub(crate) struct ClockSkew {
    is_noticed: AtomicBool,
    /// When it was looked last, in milliseconds of the cluster's clock, plus one.
    looked: AtomicU64,
    /// Measures and corrects.
    sdk: ServiceClockSkewInterceptor,
}

impl ClockSkew {
    pub(crate) fn is_noticed(&self) -> bool {
        self.is_noticed.load(Ordering::Relaxed)
    }

    /// Takes note of an answer.
    pub(crate) fn measure(
        &self,
        response: Option<&HttpResponse>,
        components: &RuntimeComponents,
        now: Duration,
    ) {
        if let Some(response) = response
            && self.is_due(response, now)
            && let Some(clock) = components.time_source()
            && let Some(server) = date(response)
        {
            let skew = match server.duration_since(clock.now()) {
                Ok(ahead) => ahead,
                Err(behind) => behind.duration(),
            };
            self.is_noticed.store(skew > TOLERATED, Ordering::Relaxed);
        }
    }

    /// In place of the SDK's interceptor: what former operations have measured goes into the dates of this one's
    /// signatures.
    pub(crate) fn begin_operation(
        &self,
        context: &mut BeforeTransmitInterceptorContextMut<'_>,
        components: &RuntimeComponents,
        config: &mut ConfigBag,
    ) -> Result<(), BoxError> {
        match self.is_noticed() {
            true => self
                .sdk
                .modify_before_retry_loop(context, components, config),
            false => Ok(()),
        }
    }

    /// In place of the SDK's interceptor: the measurement begins.
    pub(crate) fn begin_attempt(
        &self,
        context: &BeforeTransmitInterceptorContextRef<'_>,
        components: &RuntimeComponents,
        config: &mut ConfigBag,
    ) -> Result<(), BoxError> {
        self.sdk.read_before_transmit(context, components, config)
    }

    /// In place of the SDK's interceptor: it measures by an answer that may be due to the clock, so that the request is
    /// made again with another date, and by all of them once the clock is known to be off.
    pub(crate) fn observe_response(
        &self,
        context: &mut BeforeDeserializationInterceptorContextMut<'_>,
        components: &RuntimeComponents,
        config: &mut ConfigBag,
    ) -> Result<(), BoxError> {
        match self.is_noticed() || context.response().status().is_client_error() {
            true => self
                .sdk
                .modify_before_deserialization(context, components, config),
            false => Ok(()),
        }
    }

    fn is_due(&self, response: &HttpResponse, now: Duration) -> bool {
        let now = u64::try_from(now.as_millis()).unwrap_or(u64::MAX - 1) + 1;
        let looked = self.looked.load(Ordering::Relaxed);
        let is_time = looked == 0 || u128::from(now.saturating_sub(looked)) >= INTERVAL.as_millis();
        let is_due = is_time || self.is_noticed() || response.status().is_client_error();
        if is_due && now > looked {
            self.looked.store(now, Ordering::Relaxed);
        }
        is_due
    }
}

fn date(response: &HttpResponse) -> Option<SystemTime> {
    let date = response.headers().get("date")?;
    let date = DateTime::from_str(date, Format::HttpDate).ok()?;
    SystemTime::try_from(date).ok()
}
