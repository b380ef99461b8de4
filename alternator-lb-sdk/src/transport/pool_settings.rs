//! The settings of a pool of connections.

use aws_smithy_async::rt::sleep::SharedAsyncSleep;
use aws_smithy_runtime_api::client::http::HttpConnectorSettings;
use std::time::Duration;

/// The time for which a connection of a listed node stays open without a request.
///
/// Alternator closes no idle connection. What stands before it may: load balancers do so after 60 s and later, and a
/// request that meets the end of its connection has to be sent again. hyper looks for idle connections once in each
/// such time, so one may stay open for twice as long; it is not used after the time itself.
pub(crate) const IDLE_TIMEOUT: Duration = Duration::from_secs(50);

/// The same for any other address: a connection is closed within twice that time, which is 10 s.
pub(crate) const UNLISTED_IDLE_TIMEOUT: Duration = Duration::from_millis(4900);

/// The timeouts of the requests over a pool. The SDK's HTTP client has a pool for each pair of them, and discovery
/// relies on that.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Timeouts {
    pub(crate) connect: Option<Duration>,
    pub(crate) read: Option<Duration>,
}

impl From<&HttpConnectorSettings> for Timeouts {
    fn from(settings: &HttpConnectorSettings) -> Self {
        Self {
            connect: settings.connect_timeout(),
            read: settings.read_timeout(),
        }
    }
}

/// The settings of a pool.
#[derive(Clone, Debug)]
pub(crate) struct PoolSettings {
    pub(crate) timeouts: Timeouts,
    /// The timer that the timeouts take.
    pub(crate) sleep: Option<SharedAsyncSleep>,
    pub(crate) idle_timeout: Duration,
}

impl PoolSettings {
    /// Returns the timeouts as the SDK's HTTP client takes them.
    pub(crate) fn connector_settings(&self) -> HttpConnectorSettings {
        let mut settings = HttpConnectorSettings::builder();
        settings.set_connect_timeout(self.timeouts.connect);
        settings.set_read_timeout(self.timeouts.read);
        settings.build()
    }
}
