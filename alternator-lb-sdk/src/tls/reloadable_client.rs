//! An HTTP client that is replaced while it is in use.

use arc_swap::ArcSwap;
use aws_smithy_runtime_api::box_error::BoxError;
use aws_smithy_runtime_api::client::connector_metadata::ConnectorMetadata;
use aws_smithy_runtime_api::client::http::{
    HttpClient, HttpConnectorSettings, SharedHttpClient, SharedHttpConnector,
};
use aws_smithy_runtime_api::client::runtime_components::{
    RuntimeComponents, RuntimeComponentsBuilder,
};
use aws_smithy_types::config_bag::ConfigBag;
use std::fmt;
use std::sync::Arc;

/// Passes each request on to the current HTTP client. Clones are replaced together.
///
/// A request that has begun keeps the client that it began with, and with it its connection. That one is closed after
/// the last such request, and takes no others.
#[derive(Clone)]
pub(super) struct ReloadableHttpClient(Arc<ArcSwap<SharedHttpClient>>);

impl ReloadableHttpClient {
    pub(super) fn new(http_client: SharedHttpClient) -> Self {
        Self(Arc::new(ArcSwap::from_pointee(http_client)))
    }

    /// Sends requests that begin from now on over `http_client`.
    pub(super) fn replace(&self, http_client: SharedHttpClient) {
        self.0.store(Arc::new(http_client));
    }
}

impl HttpClient for ReloadableHttpClient {
    fn http_connector(
        &self,
        settings: &HttpConnectorSettings,
        components: &RuntimeComponents,
    ) -> SharedHttpConnector {
        self.0.load().http_connector(settings, components)
    }

    fn validate_base_client_config(
        &self,
        components: &RuntimeComponentsBuilder,
        config: &ConfigBag,
    ) -> Result<(), BoxError> {
        let current = self.0.load();
        current.validate_base_client_config(components, config)
    }

    fn validate_final_config(
        &self,
        components: &RuntimeComponents,
        config: &ConfigBag,
    ) -> Result<(), BoxError> {
        self.0.load().validate_final_config(components, config)
    }

    fn connector_metadata(&self) -> Option<ConnectorMetadata> {
        self.0.load().connector_metadata()
    }
}

impl fmt::Debug for ReloadableHttpClient {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("ReloadableHttpClient")
            .finish_non_exhaustive()
    }
}
