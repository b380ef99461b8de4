//! Whether this process's clock agrees with the servers'.
//!
//! Alternator accepts signatures that are up to 15 minutes old or young. The SDK measures with each response how far
//! the clock is off, and dates its signatures accordingly, but does not expose it. So the plugin only notices that
//! the clock is off; then the SDK's signer signs until it is right again.
//!
//! That measurement parses a date and takes a lock that all of a client's requests share, twice, mostly to learn
//! nothing. So where the plugin signs, the SDK's interceptor is [disabled](crate::request::minimal_headers), and
//! another instance of it is called by the plugin's, only for the responses that it can learn something from.

use alternator_lb_core::clock::millis;
use aws_runtime::service_clock_skew::ServiceClockSkewInterceptor;
use aws_smithy_runtime_api::client::orchestrator::HttpResponse;
use aws_smithy_runtime_api::client::runtime_components::RuntimeComponents;
use aws_smithy_types::DateTime;
use aws_smithy_types::date_time::Format;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::time::{Duration, SystemTime};

/// The deviation that is tolerated: far less than servers mind, and more than a response may have been under way.
const TOLERATED: Duration = Duration::from_secs(60);

/// The interval of measurements while the clock agrees. Errors are always measured: the first that is due to the clock
/// must not be followed by another.
const INTERVAL: Duration = Duration::from_secs(10);

/// The knowledge of the clock, for one installation.
#[derive(Debug, Default)]
pub(crate) struct ClockSkew {
    is_noticed: AtomicBool,
    /// The time of the last measurement, in milliseconds of the cluster's clock, plus one.
    measured: AtomicU64,
    /// Measures and corrects, called by the plugin's interceptor.
    pub(crate) sdk: ServiceClockSkewInterceptor,
}

impl ClockSkew {
    pub(crate) fn is_noticed(&self) -> bool {
        self.is_noticed.load(Ordering::Relaxed)
    }

    /// Measures by a response, if a measurement is due.
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
            let skew = server.duration_since(clock.now());
            let skew = skew.unwrap_or_else(|behind| behind.duration());
            self.is_noticed.store(skew > TOLERATED, Ordering::Relaxed);
        }
    }

    fn is_due(&self, response: &HttpResponse, now: Duration) -> bool {
        let now = millis(now) + 1;
        let measured = self.measured.load(Ordering::Relaxed);
        let is_time =
            measured == 0 || Duration::from_millis(now.saturating_sub(measured)) >= INTERVAL;
        let is_due = is_time || self.is_noticed() || response.status().is_client_error();
        if is_due && now > measured {
            self.measured.store(now, Ordering::Relaxed);
        }
        is_due
    }
}

fn date(response: &HttpResponse) -> Option<SystemTime> {
    let date = response.headers().get("date")?;
    let date = DateTime::from_str(date, Format::HttpDate).ok()?;
    SystemTime::try_from(date).ok()
}
