//! The HTTP client of a cluster, which discovery shares with the data.

use super::Cluster;
use super::discovery_reports::report_proxy;
use crate::install::default_client;
use crate::internal::discovery_client::SdkDiscoveryClient;
use alternator_lb_core::discovery::DiscoveryClient;
use alternator_lb_core::observe::Event;
use aws_smithy_runtime_api::client::http::SharedHttpClient;
use aws_smithy_types::timeout::TimeoutConfig;
use std::sync::Arc;
use std::sync::atomic::Ordering;

impl Cluster {
    /// Returns the HTTP client for a configuration that has none, if there is one to share.
    pub(crate) fn http_client(&self) -> Option<SharedHttpClient> {
        self.config.http_client.clone().or_else(|| {
            self.default_client
                .get_or_init(|| {
                    #[cfg(feature = "default-https-client")]
                    return default_client::default_client(&self.listed_nodes);
                    #[cfg(not(feature = "default-https-client"))]
                    default_client::default_client()
                })
                .clone()
        })
    }

    /// Gives discovery this HTTP client, or the one that the application configured for it, unless it has one already.
    /// The cluster holds it to its end, so it must not hold the cluster.
    pub(crate) fn adopt(&self, http_client: &SharedHttpClient, timeouts: Option<&TimeoutConfig>) {
        self.discovery.adopt(|| -> Arc<dyn DiscoveryClient> {
            let http_client = self.config.http_client.as_ref().unwrap_or(http_client);
            let clients = Arc::clone(&self.installed_clients);
            Arc::new(SdkDiscoveryClient::new(
                http_client.clone(),
                timeouts,
                clients,
            ))
        });
    }

    /// Gives discovery the default HTTP client, unless it has one already.
    pub(crate) fn adopt_default_client(&self) {
        if self.discovery.has_client() {
            return;
        }
        if let Some(http_client) = self.http_client() {
            self.adopt(&http_client, None);
            report_proxy(&self.observer, &self.config.seeds);
        }
    }

    /// Starts discovery, if possible, once a configuration has the plugin.
    pub(crate) fn installed(&self) {
        report_proxy(&self.observer, &self.config.seeds);
        if self.discovery.has_client() && tokio::runtime::Handle::try_current().is_ok() {
            self.discovery_task
                .ensure(&self.discovery, self.clock.now());
        }
    }

    /// Warns once where reads were to be hedged, and an installation lacks the parts for it.
    pub(crate) fn installed_without_hedging(&self) {
        if self.hedging.is_some() && !self.has_warned_of_hedging.swap(true, Ordering::Relaxed) {
            self.observer.emit(Event::HedgingUnavailable);
        }
    }
}
