//! Whether the clock is that of the servers.
//!
//! Alternator takes signatures that are up to 15 minutes old or young. The SDK measures with each answer how far the clock
//! is off, and dates its signatures accordingly, but lets nobody else know. So here it is only noticed that the clock is
//! off; then the SDK's signer signs, until it is right again.

use aws_smithy_runtime_api::client::orchestrator::HttpResponse;
use aws_smithy_runtime_api::client::runtime_components::RuntimeComponents;
use aws_smithy_types::DateTime;
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
pub(in crate::sdk) struct Skew {
    is_noticed: AtomicBool,
    /// When it was looked last, in milliseconds of the cluster's clock, plus one.
    looked: AtomicU64,
}

impl Skew {
    pub(super) fn is_noticed(&self) -> bool {
        self.is_noticed.load(Ordering::Relaxed)
    }

    /// Takes note of an answer.
    pub(in crate::sdk) fn note(
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
