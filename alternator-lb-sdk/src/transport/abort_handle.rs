//! The handle in a request's extensions by which the HTTP client decorator aborts it.
//!
//! The interceptor knows the node and the operation; the [decorator](super::AbortableHttpClient) holds the future of
//! the response. The request is all that connects the two, so the interceptor puts an [`AbortHandle`] into its
//! extensions, and the decorator needs to know neither cluster nor operation.
//!
//! An HTTP client that is set after the installation, or for one operation, replaces the decorator, unless it holds it
//! and passes requests on. From the handles the interceptor learns that.

use super::generations::Generations;
use super::sdk_endpoint::SdkEndpoint;
use alternator_lb_core::observe::{Event, Observer};
use aws_smithy_runtime_api::client::http::SharedHttpClient;
use aws_smithy_runtime_api::client::orchestrator::HttpRequest;
use std::fmt;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use tokio::sync::Notify;

/// The signals that end a request.
#[derive(Clone, Debug, Default)]
pub(crate) struct AbortSignals {
    /// Ends it when its node is ejected.
    pub(crate) ejected: Option<Arc<Notify>>,
    /// End it when its connection is lost.
    pub(crate) generations: Option<Arc<Generations>>,
}

impl AbortSignals {
    pub(super) fn is_none(&self) -> bool {
        self.ejected.is_none() && self.generations.is_none()
    }
}

/// The reason why a request was aborted. Seen by the application only if no other attempt follows after all.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub(crate) enum Abort {
    #[error("the node became unresponsive and was ejected while this request waited for it")]
    NodeEjected,
    #[error(
        "the connection of this request led nowhere, although the node responds on new connections"
    )]
    ConnectionLost,
}

/// An extension of a request.
#[derive(Clone, Debug)]
pub(crate) struct AbortHandle {
    signals: AbortSignals,
    /// The evidence to give, where it is not known that requests reach the decorator.
    is_inside: Option<Arc<AtomicBool>>,
}

impl AbortHandle {
    /// Makes a handle for a request that certainly reaches the decorator.
    pub(super) fn new(signals: AbortSignals) -> Self {
        Self {
            signals,
            is_inside: None,
        }
    }

    /// Returns a handle for a second request like this one, which goes to another endpoint.
    pub(crate) fn for_endpoint(&self, endpoint: &SdkEndpoint) -> Self {
        let AbortSignals {
            ejected,
            generations,
        } = &self.signals;
        Self {
            signals: AbortSignals {
                ejected: ejected.as_ref().map(|_| Arc::clone(&endpoint.ejected)),
                generations: generations
                    .as_ref()
                    .map(|_| Arc::clone(&endpoint.generations)),
            },
            is_inside: None,
        }
    }

    /// Returns whether a request has a handle.
    pub(super) fn is_attached(request: &HttpRequest) -> bool {
        request.extension::<Self>().is_some()
    }

    /// Notes that the request has reached the decorator. Returns the signals that abort the request.
    pub(crate) fn reach(&self) -> &AbortSignals {
        if let Some(is_inside) = &self.is_inside {
            is_inside.store(true, Ordering::Relaxed);
        }
        &self.signals
    }
}

/// The evidence that the requests of an installation pass through its HTTP client decorator.
#[derive(Debug, Default)]
pub(crate) struct TransportPresence {
    /// The `Debug` output of a decorated HTTP client, which is that of no other.
    decorated: String,
    /// Set once a request has reached the decorator through an HTTP client that is another.
    is_inside: Arc<AtomicBool>,
    has_warned: AtomicBool,
}

impl TransportPresence {
    pub(crate) fn of(decorated: &SharedHttpClient) -> Self {
        Self {
            decorated: format!("{decorated:?}"),
            ..Self::default()
        }
    }

    /// Returns whether requests over an operation's HTTP client reach the decorator, as far as that is known.
    pub(crate) fn is_confirmed(&self, http_client: Option<&SharedHttpClient>) -> bool {
        self.is_inside.load(Ordering::Relaxed)
            || http_client.is_some_and(|it| is_written_as(&it, &self.decorated))
    }

    /// Returns the handle for a request that `signals` abort; none if there is nothing to abort and nothing to learn.
    pub(crate) fn handle(&self, signals: AbortSignals, is_confirmed: bool) -> Option<AbortHandle> {
        if signals.is_none() && is_confirmed {
            return None;
        }
        Some(AbortHandle {
            signals,
            is_inside: (!is_confirmed).then(|| Arc::clone(&self.is_inside)),
        })
    }

    /// Reports once if no request has reached the decorator through another HTTP client. Called when a request over
    /// such a client has got a response or failed.
    pub(crate) fn report_if_removed(&self, observer: &Observer) {
        let is_inside = self.is_inside.load(Ordering::Relaxed);
        if !is_inside && !self.has_warned.swap(true, Ordering::Relaxed) {
            observer.emit(Event::TransportRemoved);
        }
    }
}

/// Returns whether this is the `Debug` output of a value, without allocation.
fn is_written_as(value: &dyn fmt::Debug, output: &str) -> bool {
    struct Remaining<'a>(&'a str);

    impl fmt::Write for Remaining<'_> {
        fn write_str(&mut self, text: &str) -> fmt::Result {
            self.0 = self.0.strip_prefix(text).ok_or(fmt::Error)?;
            Ok(())
        }
    }

    let mut remaining = Remaining(output);
    fmt::write(&mut remaining, format_args!("{value:?}")).is_ok() && remaining.0.is_empty()
}

#[cfg(test)]
mod tests;
