//! Lets a request that waits for a dead node end.
//!
//! A node that hangs keeps its connections, so the requests that wait for it would do so until a timeout of the
//! application's, of which the SDK has none by default. The plugin finds out that the node is dead on other ways, and then
//! there has to be somebody who holds the requests' futures: that is this decorator around the HTTP client. It does
//! nothing for a request without a [`Departure`] that may be ended, and nothing else, but for the feature `compression`:
//! compressed answers are asked for and decompressed here, where an HTTP client that takes its place does neither.
//!
//! To the SDK an ended request is one whose connection broke: it is transient, so it is sent again, if the application
//! wants that. Dropping the inner future closes the connection.
//!
//! The decorator knows no cluster. It outlives none, keeps none alive, and serves any installation.

pub(crate) mod abort_handle;
mod body;
pub(crate) mod endpoint;
#[cfg(test)]
mod tests;

use crate::transport::abort_handle::Departure;
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
pub(crate) struct Transport {
    inner: SharedHttpClient,
    origin: Origin,
}

/// Who chose the HTTP client of a configuration.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Origin {
    Application,
    Plugin,
}

/// Why a request was ended. Seen by the application only if no other attempt follows after all.
#[derive(Debug, thiserror::Error)]
#[error(
    "the node stopped answering, and was left out while this request waited for it, so the request is sent to another node"
)]
struct LeftOut;

impl Transport {
    /// Decorates the HTTP client of a configuration. If that is a transport already, it is taken as it is.
    pub(crate) fn around(http_client: SharedHttpClient) -> Self {
        Self::recognise(&http_client).unwrap_or(Self {
            inner: http_client,
            origin: Origin::Application,
        })
    }

    /// Decorates an HTTP client for a configuration that has none.
    pub(crate) fn instead_of_none(http_client: SharedHttpClient) -> Self {
        Self {
            origin: Origin::Plugin,
            ..Self::around(http_client)
        }
    }

    /// Whether the application has chosen the HTTP client of the configuration, so that it has to stay.
    pub(crate) fn is_the_applications(&self) -> bool {
        self.origin == Origin::Application
    }

    /// The HTTP client without the decoration.
    pub(crate) fn inner(&self) -> &SharedHttpClient {
        &self.inner
    }

    /// The transport that `http_client` is.
    ///
    /// The SDK hides what is in a `SharedHttpClient`, but passes calls on. One of them hands over a bag of settings, in
    /// which a transport leaves what it knows when it finds a [`Question`]. That call makes the SDK's own client load its
    /// certificates, and might reach a transport inside of a client of the application's; so it is made only if
    /// `http_client` looks like a transport.
    fn recognise(http_client: &SharedHttpClient) -> Option<Self> {
        let alike = SharedHttpClient::new(Self {
            inner: http_client.clone(),
            origin: Origin::Application,
        });
        if format!("{http_client:?}") != format!("{alike:?}") {
            return None;
        }
        let mut question = Layer::new("alternator-lb-sdk");
        question.store_put(Question::default());
        let question = ConfigBag::of_layers(vec![question]);
        let nothing = RuntimeComponentsBuilder::new("alternator-lb-sdk");
        // Whoever does not know the question may say what it likes.
        let _ = http_client.validate_base_client_config(&nothing, &question);
        question.load::<Question>()?.0.get().cloned()
    }
}

/// "Are you a transport?"
#[derive(Debug, Default)]
struct Question(OnceLock<Transport>);

impl Storable for Question {
    type Storer = StoreReplace<Self>;
}

impl HttpClient for Transport {
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
        if let Some(question) = config.load::<Question>() {
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

/// The same for all, whatever is inside: by this a transport is [recognised](Transport::recognise).
impl fmt::Debug for Transport {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Transport(alternator-lb-sdk)")
    }
}

#[derive(Debug)]
struct Connector {
    inner: SharedHttpConnector,
}

impl HttpConnector for Connector {
    fn call(&self, request: HttpRequest) -> HttpConnectorFuture {
        let call = |request| self.call_until_ended(request);
        #[cfg(feature = "compression")]
        let call = |request| crate::compression::decoding(request, call);
        call(request)
    }
}

impl Connector {
    fn call_until_ended(&self, request: HttpRequest) -> HttpConnectorFuture {
        let Some(end) = request.extension().and_then(Departure::pass) else {
            return self.inner.call(request);
        };
        // They count from here on, polled or not: what happens while the request is being sent is not missed.
        let ended_unanswered = Arc::clone(end).notified_owned();
        let ended_unread = Arc::clone(end).notified_owned();
        let answer = self.inner.call(request);
        HttpConnectorFuture::new(async move {
            let mut response = unless(ended_unanswered, answer).await?;
            let body = response.take_body();
            *response.body_mut() = body::unless(ended_unread, body);
            Ok(response)
        })
    }
}

/// The answer, unless the node is left out before it is there.
async fn unless(
    ended: OwnedNotified,
    answer: HttpConnectorFuture,
) -> Result<HttpResponse, ConnectorError> {
    let (mut ended, mut answer) = (pin!(ended), pin!(answer));
    poll_fn(|context| match answer.as_mut().poll(context) {
        Poll::Ready(answer) => Poll::Ready(answer),
        Poll::Pending => ended
            .as_mut()
            .poll(context)
            .map(|()| Err(ConnectorError::io(LeftOut.into()))),
    })
    .await
}
