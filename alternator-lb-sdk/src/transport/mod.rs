//! The decorator of the HTTP client: aborts requests that wait for a dead node.
//!
//! A node that hangs keeps its connections, so the requests that wait for it would do so until a timeout of the
//! application, of which the SDK has none by default. The health checker finds out by other means that the node is
//! dead, and then something has to hold the futures of the requests: that is [`AbortableHttpClient`]. It does nothing
//! for a request without an
//! [`AbortHandle`] that has a signal, and nothing else, except for the feature `compression`: compressed responses are accepted
//! and decoded here, where an HTTP client that replaces the decorator does neither.
//!
//! To the SDK an aborted request is one whose connection broke: a transient error, so the SDK sends it again if the
//! application allows that. Dropping the inner future closes the connection.
//!
//! The decorator knows no cluster. It outlives none, keeps none alive, and serves any installation.

pub(crate) mod abort_handle;
mod abortable_body;
pub(crate) mod sdk_endpoint;
#[cfg(test)]
mod tests;

use abort_handle::AbortHandle;
use aws_smithy_runtime_api::box_error::BoxError;
use aws_smithy_runtime_api::client::connector_metadata::ConnectorMetadata;
use aws_smithy_runtime_api::client::http::{
    HttpClient, HttpConnector, HttpConnectorFuture, HttpConnectorSettings, SharedHttpClient,
    SharedHttpConnector,
};
use aws_smithy_runtime_api::client::orchestrator::{HttpRequest, HttpResponse};
use aws_smithy_runtime_api::client::result::ConnectorError;
use aws_smithy_runtime_api::client::runtime_components::{
    RuntimeComponents, RuntimeComponentsBuilder,
};
use aws_smithy_types::config_bag::{ConfigBag, Layer, Storable, StoreReplace};
use std::fmt;
use std::future::poll_fn;
use std::pin::pin;
use std::sync::{Arc, OnceLock};
use std::task::Poll;
use tokio::sync::futures::OwnedNotified;

/// An HTTP client, decorated.
#[derive(Clone)]
pub(crate) struct AbortableHttpClient {
    inner: SharedHttpClient,
    origin: Origin,
}

/// The origin of the HTTP client of a configuration.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Origin {
    Application,
    Plugin,
}

/// Why a request was aborted. Seen by the application only if no other attempt follows after all.
#[derive(Debug, thiserror::Error)]
#[error(
    "the node stopped answering, and was left out while this request waited for it, so the request is sent to another node"
)]
struct NodeEjected;

impl AbortableHttpClient {
    /// Decorates the HTTP client of a configuration. If that is a transport already, it is taken as it is.
    pub(crate) fn around(http_client: SharedHttpClient) -> Self {
        Self::recognise(&http_client).unwrap_or(Self {
            inner: http_client,
            origin: Origin::Application,
        })
    }

    /// Decorates an HTTP client for a configuration that has none.
    pub(crate) fn default_for(http_client: SharedHttpClient) -> Self {
        Self {
            origin: Origin::Plugin,
            ..Self::around(http_client)
        }
    }

    /// Returns whether the application has chosen the HTTP client of the configuration, so that it has to stay.
    pub(crate) fn is_of_application(&self) -> bool {
        self.origin == Origin::Application
    }

    /// The HTTP client without the decoration.
    pub(crate) fn inner(&self) -> &SharedHttpClient {
        &self.inner
    }

    /// The transport that `http_client` is.
    ///
    /// The SDK hides what is in a `SharedHttpClient`, but passes calls on. One of them hands over a bag of settings, in
    /// which a transport leaves what it knows when it finds a [`Recognition`]. That call makes the SDK's own client
    /// load its certificates, and might reach a transport inside of a client of the application's; so it is made only
    /// if `http_client` looks like a transport.
    fn recognise(http_client: &SharedHttpClient) -> Option<Self> {
        let alike = SharedHttpClient::new(Self {
            inner: http_client.clone(),
            origin: Origin::Application,
        });
        if format!("{http_client:?}") != format!("{alike:?}") {
            return None;
        }
        let mut question = Layer::new("alternator-lb-sdk");
        question.store_put(Recognition::default());
        let question = ConfigBag::of_layers(vec![question]);
        let nothing = RuntimeComponentsBuilder::new("alternator-lb-sdk");
        // Whoever does not know the question may say what it likes.
        let _ = http_client.validate_base_client_config(&nothing, &question);
        question.load::<Recognition>()?.0.get().cloned()
    }
}

/// "Are you a transport?"
#[derive(Debug, Default)]
struct Recognition(OnceLock<AbortableHttpClient>);

impl Storable for Recognition {
    type Storer = StoreReplace<Self>;
}

impl HttpClient for AbortableHttpClient {
    fn http_connector(
        &self,
        settings: &HttpConnectorSettings,
        components: &RuntimeComponents,
    ) -> SharedHttpConnector {
        SharedHttpConnector::new(Connector {
            inner: self.inner.http_connector(settings, components),
        })
    }

    fn validate_base_client_config(
        &self,
        components: &RuntimeComponentsBuilder,
        config: &ConfigBag,
    ) -> Result<(), BoxError> {
        if let Some(question) = config.load::<Recognition>() {
            question.0.get_or_init(|| self.clone());
            return Ok(());
        }
        self.inner.validate_base_client_config(components, config)
    }

    fn validate_final_config(
        &self,
        components: &RuntimeComponents,
        config: &ConfigBag,
    ) -> Result<(), BoxError> {
        self.inner.validate_final_config(components, config)
    }

    fn connector_metadata(&self) -> Option<ConnectorMetadata> {
        self.inner.connector_metadata()
    }
}

/// The same for all, whatever is inside: by this a transport is [recognised](AbortableHttpClient::recognise).
impl fmt::Debug for AbortableHttpClient {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("AbortableHttpClient(alternator-lb-sdk)")
    }
}

#[derive(Debug)]
struct Connector {
    inner: SharedHttpConnector,
}

impl HttpConnector for Connector {
    fn call(&self, request: HttpRequest) -> HttpConnectorFuture {
        let call = |request| self.call_abortable(request);
        #[cfg(feature = "compression")]
        let call = |request| crate::compression::call_decoded(request, call);
        call(request)
    }
}

impl Connector {
    fn call_abortable(&self, request: HttpRequest) -> HttpConnectorFuture {
        let Some(signal) = request.extension().and_then(AbortHandle::reach) else {
            return self.inner.call(request);
        };
        // They count from here on, polled or not: what happens while the request is being sent is not missed.
        let aborted_waiting = Arc::clone(signal).notified_owned();
        let aborted_reading = Arc::clone(signal).notified_owned();
        let answer = self.inner.call(request);
        HttpConnectorFuture::new(async move {
            let mut response = until_aborted(aborted_waiting, answer).await?;
            let body = response.take_body();
            *response.body_mut() = abortable_body::abortable(aborted_reading, body);
            Ok(response)
        })
    }
}

/// The answer, unless the node is left out before it is there.
async fn until_aborted(
    aborted: OwnedNotified,
    answer: HttpConnectorFuture,
) -> Result<HttpResponse, ConnectorError> {
    let (mut aborted, mut answer) = (pin!(aborted), pin!(answer));
    poll_fn(|context| match answer.as_mut().poll(context) {
        Poll::Ready(answer) => Poll::Ready(answer),
        Poll::Pending => aborted
            .as_mut()
            .poll(context)
            .map(|()| Err(ConnectorError::io(NodeEjected.into()))),
    })
    .await
}
