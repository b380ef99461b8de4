mod lost_connections;

use super::abort_handle::TransportPresence;
use super::*;
use crate::install::tests::Wrapper;
use aws_smithy_runtime_api::client::http::http_client_fn;
use aws_smithy_runtime_api::client::orchestrator::HttpResponse;
use aws_smithy_runtime_api::http::StatusCode;
use std::collections::VecDeque;
use std::error::Error;
use std::future::{pending, poll_fn};
use std::sync::Arc;
use std::task::Waker;
use tokio::sync::Notify;

type Data = <SdkBody as Body>::Data;

/// An HTTP connection that does this with each request.
struct Inner<F>(F);

impl<F> fmt::Debug for Inner<F> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Inner")
    }
}

impl<F: Fn(HttpRequest) -> HttpConnectorFuture + Send + Sync> HttpConnector for Inner<F> {
    fn call(&self, request: HttpRequest) -> HttpConnectorFuture {
        (self.0)(request)
    }
}

fn decorated(
    inner: impl Fn(HttpRequest) -> HttpConnectorFuture + Send + Sync + 'static,
) -> Connector {
    Connector {
        inner: SharedHttpConnector::new(Inner(inner)),
    }
}

fn unresponsive() -> Connector {
    decorated(|_| HttpConnectorFuture::new(pending()))
}

fn responding_with(body: SdkBody) -> Connector {
    let body = std::sync::Mutex::new(Some(body));
    decorated(move |_| {
        let body = body.lock().unwrap().take().unwrap();
        HttpConnectorFuture::ready(Ok(response(body)))
    })
}

fn response(body: SdkBody) -> HttpResponse {
    let mut response = HttpResponse::new(StatusCode::try_from(200).unwrap(), body);
    response.headers_mut().insert("x-kept", "yes");
    response
}

/// A request that `end` ends.
fn request(end: &Arc<Notify>) -> HttpRequest {
    request_with_handle(&TransportPresence::default(), Some(end))
}

fn request_with_handle(presence: &TransportPresence, end: Option<&Arc<Notify>>) -> HttpRequest {
    let signals = AbortSignals {
        ejected: end.cloned(),
        generations: None,
    };
    request_with_signals(presence, signals)
}

fn request_with_signals(presence: &TransportPresence, signals: AbortSignals) -> HttpRequest {
    let mut request = HttpRequest::empty();
    let is_confirmed = presence.is_confirmed(None);
    request.add_extension(presence.handle(signals, is_confirmed).unwrap());
    request
}

fn poll<F: Future + Unpin>(future: &mut F) -> Poll<F::Output> {
    Pin::new(future).poll(&mut Context::from_waker(Waker::noop()))
}

fn is_ejected(error: &(dyn Error + 'static)) -> bool {
    error.downcast_ref() == Some(&Abort::NodeEjected)
}

fn assert_aborted(result: Result<HttpResponse, ConnectorError>) {
    let error = result.unwrap_err();
    assert!(error.is_io() && is_ejected(error.source().unwrap()));
}

/// Yields these, and then nothing, or the end.
struct Frames {
    frames: VecDeque<Frame<Data>>,
    ends: bool,
}

fn body_of(frames: impl Into<VecDeque<Frame<Data>>>, ends: bool) -> SdkBody {
    let frames = frames.into();
    SdkBody::from_body_1_x(Frames { frames, ends })
}

impl Body for Frames {
    type Data = Data;
    type Error = BoxError;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        _: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Data>, BoxError>>> {
        match self.frames.pop_front() {
            Some(frame) => Poll::Ready(Some(Ok(frame))),
            None if self.ends => Poll::Ready(None),
            None => Poll::Pending,
        }
    }

    fn is_end_stream(&self) -> bool {
        self.ends && self.frames.is_empty()
    }

    fn size_hint(&self) -> SizeHint {
        let data = self.frames.iter().filter_map(Frame::data_ref);
        SizeHint::with_exact(data.map(|data| data.len() as u64).sum())
    }
}

fn data(text: &'static str) -> Frame<Data> {
    Frame::data(Data::from_static(text.as_bytes()))
}

fn stalling(first: &'static str) -> SdkBody {
    body_of([data(first)], false)
}

async fn next(body: &mut SdkBody) -> Option<Result<Frame<Data>, BoxError>> {
    poll_fn(|context| Pin::new(&mut *body).poll_frame(context)).await
}

#[tokio::test]
async fn waiting_request_is_aborted() {
    let end = Arc::default();
    let waits = unresponsive().call(request(&end));
    let (result, ()) = tokio::join!(waits, async { end.notify_waiters() });
    assert_aborted(result);
}

#[tokio::test]
async fn all_waiting_requests_are_aborted() {
    let end = Arc::default();
    let client = unresponsive();
    let [one, other] = [(); 2].map(|()| client.call(request(&end)));
    let (one, other, ()) = tokio::join!(one, other, async { end.notify_waiters() });
    assert_aborted(one);
    assert_aborted(other);
}

#[tokio::test]
async fn signal_while_the_request_is_being_sent_aborts_it() {
    let end: Arc<Notify> = Arc::default();
    let bell = Arc::clone(&end);
    let client = decorated(move |_| {
        bell.notify_waiters();
        HttpConnectorFuture::new(pending())
    });
    assert_aborted(client.call(request(&end)).await);
}

#[tokio::test]
async fn signal_before_the_request_does_not_abort_it() {
    let end = Arc::new(Notify::new());
    end.notify_waiters();
    let mut waits = unresponsive().call(request(&end));
    assert!(poll(&mut waits).is_pending());
}

#[tokio::test]
async fn available_response_precedes_the_signal() {
    let end = Arc::new(Notify::new());
    let call = responding_with(SdkBody::from("whole")).call(request(&end));
    end.notify_waiters();
    let response = call.await.unwrap();
    assert_eq!(response.headers().get("x-kept"), Some("yes"));
    assert_eq!(response.body().bytes(), Some("whole".as_bytes()));
}

#[tokio::test]
async fn error_of_the_http_client_is_passed_on() {
    let end = Arc::default();
    let client = decorated(|_| {
        let error = ConnectorError::timeout("too slow".into());
        HttpConnectorFuture::ready(Err(error))
    });
    assert!(client.call(request(&end)).await.unwrap_err().is_timeout());
}

#[tokio::test]
async fn request_without_a_signal_is_not_aborted() {
    let end = Arc::new(Notify::new());
    let ended_by_nobody = request_with_handle(&TransportPresence::default(), None);
    for request in [ended_by_nobody, HttpRequest::empty()] {
        let mut waits = unresponsive().call(request);
        assert!(poll(&mut waits).is_pending());
        end.notify_waiters();
        assert!(poll(&mut waits).is_pending());
    }
}

#[tokio::test]
async fn dropped_request_leaves_no_waiter() {
    let end = Arc::new(Notify::new());
    let mut waits = unresponsive().call(request(&end));
    assert!(poll(&mut waits).is_pending());
    drop(waits);
    let mut call = responding_with(stalling("begun")).call(request(&end));
    let Poll::Ready(Ok(mut response)) = poll(&mut call) else {
        panic!("responds at once");
    };
    drop(call);
    assert!(poll(&mut Box::pin(next(response.body_mut()))).is_ready());
    assert!(poll(&mut Box::pin(next(response.body_mut()))).is_pending());
    drop(response);
    assert_eq!(Arc::strong_count(&end), 1);
}

#[tokio::test]
async fn waiting_body_is_aborted() {
    let end = Arc::default();
    let call = responding_with(stalling("begun")).call(request(&end));
    let mut body = call.await.unwrap().take_body();
    let begun = next(&mut body).await.unwrap().unwrap();
    assert_eq!(begun.into_data().unwrap(), "begun");
    let (ended, ()) = tokio::join!(next(&mut body), async { end.notify_waiters() });
    let error = ended.unwrap().unwrap_err();
    assert!(is_ejected(&*error), "{error}");
}

#[tokio::test]
async fn signal_before_the_first_read_aborts_the_body() {
    let end = Arc::default();
    let call = responding_with(stalling("begun")).call(request(&end));
    let mut body = call.await.unwrap().take_body();
    end.notify_waiters();
    assert!(next(&mut body).await.unwrap().is_ok(), "it was there");
    assert!(next(&mut body).await.unwrap().is_err());
}

#[tokio::test]
async fn arriving_body_is_passed_on_unchanged() {
    let end = Arc::default();
    let mut trailers = Frame::<Data>::trailers(Default::default())
        .into_trailers()
        .unwrap_or_default();
    trailers.insert("checksum", "1".parse().unwrap());
    let frames = [data("four"), data("more"), Frame::trailers(trailers)];
    let mut body = responding_with(body_of(frames, true))
        .call(request(&end))
        .await
        .unwrap()
        .take_body();
    assert_eq!(Body::size_hint(&body).exact(), Some(8));
    assert!(!Body::is_end_stream(&body));
    for expected in ["four", "more"] {
        let frame = next(&mut body).await.unwrap().unwrap();
        assert_eq!(frame.into_data().unwrap(), expected);
    }
    let frame = next(&mut body).await.unwrap().unwrap();
    assert_eq!(frame.into_trailers().unwrap().get("checksum").unwrap(), "1");
}

#[tokio::test]
async fn complete_response_survives_the_ejection_of_its_node() {
    for (body, counts) in [
        (body_of([data("whole")], true), true),
        (stalling("begun"), false),
    ] {
        let end: Arc<Notify> = Arc::default();
        let call = responding_with(body).call(request(&end));
        end.notify_waiters();
        let mut body = call.await.unwrap().take_body();
        assert!(next(&mut body).await.unwrap().is_ok(), "it was there");
        let rest = next(&mut body).await;
        assert_eq!(rest.is_none(), counts, "the rest is an end, or an error");
    }
}

#[tokio::test]
async fn trailers_received_with_the_head_are_kept() {
    let end = Arc::default();
    let trailers = || Frame::trailers(Default::default());
    let call = responding_with(body_of([trailers()], true)).call(request(&end));
    let mut body = call.await.unwrap().take_body();
    assert!(!Body::is_end_stream(&body));
    assert!(next(&mut body).await.unwrap().unwrap().is_trailers());
    assert!(next(&mut body).await.is_none());
}

#[tokio::test]
async fn complete_body_is_not_wrapped() {
    let end = Arc::default();
    for complete in [SdkBody::from("whole"), SdkBody::empty()] {
        let bytes = complete.bytes().map(<[u8]>::to_vec);
        let call = responding_with(complete).call(request(&end)).await.unwrap();
        assert_eq!(call.body().bytes().map(<[u8]>::to_vec), bytes);
        assert!(!call.body().is_streaming());
    }
}

#[tokio::test]
async fn request_that_reaches_the_decorator_confirms_it() {
    let presence = TransportPresence::default();
    assert!(!presence.is_confirmed(None));
    drop(unresponsive().call(request_with_handle(&presence, None)));
    assert!(presence.is_confirmed(None));
}

#[test]
fn request_without_signal_has_no_handle_where_the_decorator_is_confirmed() {
    let presence = TransportPresence::default();
    assert!(presence.handle(AbortSignals::default(), false).is_some());
    assert!(presence.handle(AbortSignals::default(), true).is_none());
    let signals = AbortSignals {
        ejected: Some(Arc::default()),
        ..AbortSignals::default()
    };
    assert!(presence.handle(signals, true).is_some());
}

#[test]
fn decorated_http_client_is_confirmed_by_its_debug_output() {
    let undecorated = http_client_fn(|_, _| SharedHttpConnector::new(Inner(|_| unreachable!())));
    let decorate = |client: &SharedHttpClient| {
        SharedHttpClient::new(AbortableHttpClient::around(client.clone()))
    };
    let decorated = decorate(&undecorated);
    let presence = TransportPresence::of(&decorated);
    let other = SharedHttpClient::new(Wrapper(decorated.clone()));
    assert!(presence.is_confirmed(Some(&decorated)));
    assert!(presence.is_confirmed(Some(&decorate(&other))));
    assert!(!presence.is_confirmed(Some(&undecorated)));
    assert!(!presence.is_confirmed(Some(&other)));
    assert!(!TransportPresence::default().is_confirmed(Some(&decorated)));
}

#[cfg(feature = "compression")]
#[tokio::test]
async fn waiting_compressed_body_is_aborted() {
    let end = Arc::default();
    let mut request = request(&end);
    crate::compression::tests::negotiate_gzip(&mut request);
    let mut begun = response(stalling("\x1f"));
    begun.headers_mut().insert("content-encoding", "gzip");
    let begun = std::sync::Mutex::new(Some(begun));
    let client = decorated(move |request| {
        assert_eq!(request.headers().get("accept-encoding"), Some("gzip"));
        HttpConnectorFuture::ready(Ok(begun.lock().unwrap().take().unwrap()))
    });
    let mut body = client.call(request).await.unwrap().take_body();
    let (ended, ()) = tokio::join!(next(&mut body), async { end.notify_waiters() });
    let error = ended.unwrap().unwrap_err();
    assert!(is_ejected(&*error), "{error}");
}
