//! The decorator of the HTTP client: aborts requests that wait for a dead node.
//!
//! A node that hangs keeps its connections, so requests to it wait until a timeout of the application, of which the SDK
//! has none by default; and so do requests on a connection that the network has lost. The health checker detects both
//! by other means. [`AbortableHttpClient`] holds the futures of the requests, and ends those whose [`AbortHandle`] has
//! a signal. It also sends the second requests of hedged reads, and with the feature `compression` accepts compressed
//! responses and decodes them.
//!
//! To the SDK an aborted request is one whose connection broke: a transient error, so the SDK sends it again if the
//! application allows that. Dropping the inner future closes the connection.
//!
//! The decorator knows no cluster, keeps none alive, and serves any installation: a request brings what is needed of
//! its cluster.

pub(crate) mod abort_handle;
pub(crate) mod balanced_client;
#[cfg(feature = "default-https-client")]
mod connectors;
mod generations;
#[cfg(feature = "default-https-client")]
pub(crate) mod listed_nodes;
#[cfg(feature = "default-https-client")]
pub(crate) mod node_pools;
mod origin;
#[cfg(feature = "default-https-client")]
pub(crate) mod pool_settings;
pub(crate) mod sdk_endpoint;
#[cfg(test)]
mod tests;

use crate::hedging::race;
use abort_handle::{Abort, AbortHandle, AbortSignals};
use aws_smithy_runtime_api::box_error::BoxError;
use aws_smithy_runtime_api::client::connector_metadata::ConnectorMetadata;
use aws_smithy_runtime_api::client::http::{
    HttpClient, HttpConnector, HttpConnectorFuture, HttpConnectorSettings, SharedHttpClient,
    SharedHttpConnector,
};
use aws_smithy_runtime_api::client::orchestrator::HttpRequest;
use aws_smithy_runtime_api::client::result::ConnectorError;
use aws_smithy_runtime_api::client::runtime_components::{
    RuntimeComponents, RuntimeComponentsBuilder,
};
use aws_smithy_types::body::SdkBody;
use aws_smithy_types::config_bag::{ConfigBag, Layer, Storable, StoreReplace};
use balanced_client::BalancedHttpClient;
use futures_util::future::{Either, select};
use http_body::{Body, Frame, SizeHint};
use pin_project_lite::pin_project;
use std::fmt;
use std::pin::{Pin, pin};
use std::sync::OnceLock;
use std::task::{Context, Poll};
use tokio::sync::Notify;
use tokio::sync::futures::OwnedNotified;

/// An HTTP client, decorated.
#[derive(Clone)]
pub(crate) struct AbortableHttpClient {
    pub(crate) inner: SharedHttpClient,
    /// True if the application has chosen the HTTP client of the configuration, so that it has to stay.
    pub(crate) is_of_application: bool,
}

impl AbortableHttpClient {
    const NAME: &str = "AbortableHttpClient(alternator-lb-sdk)";

    /// Decorates the HTTP client of a configuration. Returns a client that is decorated already as it is.
    pub(crate) fn around(http_client: SharedHttpClient) -> Self {
        Self::downcast(&http_client).unwrap_or(Self {
            inner: http_client,
            is_of_application: true,
        })
    }

    /// Returns the HTTP client without the plugin's decorators, if it has any: one that balances over a cluster refuses
    /// the requests of another one's discovery.
    pub(crate) fn undecorated(http_client: SharedHttpClient) -> SharedHttpClient {
        Self::downcast(&http_client).map_or(http_client, |decorator| decorator.inner)
    }

    /// Decorates an HTTP client for a configuration that has none.
    pub(crate) fn default_for(http_client: SharedHttpClient) -> Self {
        Self {
            is_of_application: false,
            ..Self::around(http_client)
        }
    }

    /// Returns the decorator that `http_client` holds, if it is one, or one that [balances](BalancedHttpClient) over
    /// one: what has the plugin installed is not balanced a second time.
    ///
    /// A `SharedHttpClient` has no downcast, but passes calls on. One of them takes a bag of settings, in which a
    /// decorator leaves a copy of itself if the bag holds a [`Downcast`]. That call makes the SDK's own client load its
    /// certificates, and might reach a decorator inside of an application's client; so it is made only if
    /// `http_client` has the `Debug` output of a decorator.
    fn downcast(http_client: &SharedHttpClient) -> Option<Self> {
        let alike = SharedHttpClient::new(Self {
            inner: http_client.clone(),
            is_of_application: true,
        });
        let (text, decorator) = (format!("{http_client:?}"), format!("{alike:?}"));
        if text != decorator && text != decorator.replace(Self::NAME, BalancedHttpClient::NAME) {
            return None;
        }
        let mut layer = Layer::new("alternator-lb-sdk");
        layer.store_put(Downcast::default());
        let config = ConfigBag::of_layers(vec![layer]);
        let components = RuntimeComponentsBuilder::new("alternator-lb-sdk");
        // The result is that of a client which does not know `Downcast`.
        let _ = http_client.validate_base_client_config(&components, &config);
        config.load::<Downcast>()?.0.get().cloned()
    }
}

/// A slot in which a decorator leaves a copy of itself.
#[derive(Debug, Default)]
struct Downcast(OnceLock<AbortableHttpClient>);

impl Storable for Downcast {
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
        if let Some(slot) = config.load::<Downcast>() {
            slot.0.get_or_init(|| self.clone());
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

/// The same for every decorator, whatever it decorates: [`AbortableHttpClient::downcast`] compares it.
impl fmt::Debug for AbortableHttpClient {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(Self::NAME)
    }
}

#[derive(Clone, Debug)]
struct Connector {
    inner: SharedHttpConnector,
}

impl HttpConnector for Connector {
    fn call(&self, request: HttpRequest) -> HttpConnectorFuture {
        let call = |request| self.call_hedged(request);
        #[cfg(feature = "compression")]
        let call = |request| crate::compression::call_decoded(request, call);
        call(request)
    }
}

impl Connector {
    fn call_hedged(&self, request: HttpRequest) -> HttpConnectorFuture {
        let hedge = race::Start::of(&request);
        let first = self.call_abortable(request);
        let Some(hedge) = hedge else {
            return first;
        };
        let this = self.clone();
        let call = move |request| this.call_abortable(request);
        HttpConnectorFuture::new(race::race(first, hedge, call))
    }

    fn call_abortable(&self, request: HttpRequest) -> HttpConnectorFuture {
        let signals = request.extension().map(AbortHandle::reach);
        let Some(signals) = signals.filter(|signals| !signals.is_none()).cloned() else {
            return self.inner.call(request);
        };
        // Registered from here on, polled or not: a signal while the request is being sent is not missed.
        let waiting = Aborted::by(&signals);
        let reading = signals.ejected.clone().map(Notify::notified_owned);
        let response = self.inner.call(request);
        HttpConnectorFuture::new(async move {
            // A response that is there precedes the signal.
            let mut response = match select(response, pin!(waiting)).await {
                Either::Left((response, _)) => response?,
                Either::Right((abort, _)) => return Err(ConnectorError::io(abort.into())),
            };
            let body = response.take_body();
            *response.body_mut() = abortable(signals, reading, body);
            Ok(response)
        })
    }
}

pin_project! {
    /// Completes when a signal aborts the request.
    struct Aborted {
        #[pin]
        ejected: Option<OwnedNotified>,
        #[pin]
        lost: Option<OwnedNotified>,
    }
}

impl Aborted {
    /// Registers for the signals of a request that begins to wait.
    fn by(signals: &AbortSignals) -> Self {
        Self {
            ejected: signals.ejected.clone().map(Notify::notified_owned),
            lost: Self::lost(signals),
        }
    }

    fn lost(signals: &AbortSignals) -> Option<OwnedNotified> {
        let generations = signals.generations.as_ref()?;
        Some(generations.join().notified_owned())
    }
}

impl Future for Aborted {
    type Output = Abort;

    fn poll(self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Abort> {
        let this = self.project();
        let has_come = |signal: Option<Pin<&mut OwnedNotified>>, context: &mut Context<'_>| {
            signal.is_some_and(|signal| signal.poll(context).is_ready())
        };
        if has_come(this.ejected.as_pin_mut(), context) {
            Poll::Ready(Abort::NodeEjected)
        } else if has_come(this.lost.as_pin_mut(), context) {
            Poll::Ready(Abort::ConnectionLost)
        } else {
            Poll::Pending
        }
    }
}

/// Returns the body, which ends with an error if the request is aborted before it is complete.
fn abortable(signals: AbortSignals, ejected: Option<OwnedNotified>, body: SdkBody) -> SdkBody {
    let is_complete = body.bytes().is_some() || body.is_end_stream();
    if is_complete {
        return body;
    }
    let lost = Aborted::lost(&signals);
    SdkBody::from_body_1_x(AbortableBody {
        aborted: Aborted { ejected, lost },
        signals,
        body,
    })
}

pin_project! {
    struct AbortableBody {
        #[pin]
        aborted: Aborted,
        signals: AbortSignals,
        #[pin]
        body: SdkBody,
    }
}

impl Body for AbortableBody {
    type Data = <SdkBody as Body>::Data;
    type Error = BoxError;

    fn poll_frame(
        self: Pin<&mut Self>,
        context: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Self::Data>, Self::Error>>> {
        let mut this = self.project();
        match this.body.poll_frame(context) {
            Poll::Ready(frame) => {
                // What arrives shows that the connection leads somewhere.
                let lost = Aborted::lost(this.signals);
                this.aborted.as_mut().project().lost.set(lost);
                Poll::Ready(frame)
            }
            Poll::Pending => this
                .aborted
                .poll(context)
                .map(|abort| Some(Err(abort.into()))),
        }
    }

    fn is_end_stream(&self) -> bool {
        self.body.is_end_stream()
    }

    fn size_hint(&self) -> SizeHint {
        self.body.size_hint()
    }
}
