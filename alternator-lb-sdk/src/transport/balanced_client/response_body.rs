//! The body of a response, at whose end the attempt ends.
//!
//! The SDK reads the body into memory after the HTTP client has returned. Only then is known whether it arrived, and
//! what an error says about the node. So it is passed on while it arrives, and looked at on the way.

use super::routed_request::RoutedRequest;
use crate::retry::{attempt_end, outcome};
use crate::route_error::RouteError;
use alternator_lb_core::health::{Outcome, ResponseParts};
use aws_smithy_runtime_api::box_error::BoxError;
use aws_smithy_runtime_api::client::orchestrator::HttpResponse;
use aws_smithy_types::body::SdkBody;
use http_body::{Body, Frame, SizeHint};
use pin_project_lite::pin_project;
use std::pin::Pin;
use std::task::{Context, Poll, ready};

/// The number of bytes of an error that are kept. The longest error of Alternator has some hundred; that of a failed
/// condition has the item.
const MAX_ERROR: usize = 64 << 10;

/// Has the attempt end with the body of its response.
pub(super) fn settling(mut routed: RoutedRequest, mut response: HttpResponse) -> HttpResponse {
    let mut seen = SeenResponse::new(&response);
    if let Some(body) = response.body().bytes() {
        // A test double's, which is there already.
        seen.see(body);
        if let Err(error) = seen.end(&mut routed) {
            *response.body_mut() = SdkBody::from_body_1_x(FailingBody(Some(error.into())));
        }
        return response;
    }
    let body = response.take_body();
    *response.body_mut() = SdkBody::from_body_1_x(SettlingBody {
        routed,
        seen,
        is_settled: false,
        body,
    });
    response
}

/// The part of a response that has arrived so far.
struct SeenResponse {
    status: u16,
    /// Kept only where it is not JSON's.
    content_type: Option<Box<str>>,
    error_type_header: Option<Box<str>>,
    is_encoded: bool,
    /// The body of an error; of a success, its first character.
    body: Vec<u8>,
}

impl SeenResponse {
    fn new(response: &HttpResponse) -> Self {
        let headers = response.headers();
        let content_type = headers.get("content-type");
        Self {
            status: response.status().as_u16(),
            content_type: content_type
                .filter(|it| !it.contains("json"))
                .map(Box::from),
            error_type_header: headers.get("x-amzn-errortype").map(Box::from),
            is_encoded: headers.contains_key("content-encoding"),
            body: Vec::new(),
        }
    }

    fn is_success(&self) -> bool {
        (200..300).contains(&self.status)
    }

    fn see(&mut self, data: &[u8]) {
        let (data, limit) = match self.is_success() {
            true => (data.trim_ascii_start(), 1),
            false => (data, MAX_ERROR),
        };
        let missing = limit - self.body.len().min(limit);
        self.body.extend(data.iter().take(missing));
    }

    fn parts(&self) -> ResponseParts<'_> {
        ResponseParts {
            status: self.status,
            content_type: self.content_type.as_deref(),
            error_type_header: self.error_type_header.as_deref(),
            body: (!self.is_encoded).then_some(&self.body),
            has_skewed_date: false,
        }
    }

    /// Ends the attempt with the whole response.
    ///
    /// # Errors
    ///
    /// [`RouteError::ForeignResponse`] if the response is not Alternator's.
    fn end(&self, routed: &mut RoutedRequest) -> Result<(), RouteError> {
        let parts = self.parts();
        let outcome = parts.outcome();
        let node = (outcome == Outcome::Foreign).then(|| routed.node());
        let error_code = parts.error_code().filter(|_| !self.is_success());
        let end = attempt_end::of_response(self.status, error_code, outcome);
        let now = routed.now();
        routed.settle(outcome, end, now);
        if outcome == Outcome::Responded {
            routed.complete();
        }
        let error = node.map(|node| RouteError::ForeignResponse {
            node,
            status: self.status,
            source: None,
        });
        error.map_or(Ok(()), Err)
    }
}

pin_project! {
    struct SettlingBody {
        routed: RoutedRequest,
        seen: SeenResponse,
        is_settled: bool,
        #[pin]
        body: SdkBody,
    }
}

impl Body for SettlingBody {
    type Data = <SdkBody as Body>::Data;
    type Error = BoxError;

    fn poll_frame(
        self: Pin<&mut Self>,
        context: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Self::Data>, Self::Error>>> {
        let this = self.project();
        if *this.is_settled {
            return Poll::Ready(None);
        }
        let frame = ready!(this.body.poll_frame(context));
        if let Some(data) = frame
            .as_ref()
            .and_then(|frame| frame.as_ref().ok()?.data_ref())
        {
            this.seen.see(data);
        }
        Poll::Ready(match frame {
            Some(Ok(frame)) => Some(Ok(frame)),
            Some(Err(error)) => {
                *this.is_settled = true;
                let outcome = outcome::of_broken_body(&*error);
                let status = this.seen.status;
                let end = attempt_end::of_broken_body(&*error, status, outcome);
                let now = this.routed.now();
                this.routed.settle(outcome, end, now);
                Some(Err(error))
            }
            None => {
                *this.is_settled = true;
                let end = this.seen.end(this.routed);
                end.err().map(|error| Err(error.into()))
            }
        })
    }

    /// Not before the end was seen, which settles the attempt.
    fn is_end_stream(&self) -> bool {
        self.is_settled
    }

    fn size_hint(&self) -> SizeHint {
        self.body.size_hint()
    }
}

/// A body that fails at once.
struct FailingBody(Option<BoxError>);

impl Body for FailingBody {
    type Data = <SdkBody as Body>::Data;
    type Error = BoxError;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        _: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Self::Data>, Self::Error>>> {
        Poll::Ready(self.0.take().map(Err))
    }
}
