//! An answer, before and after it is HTTP.

use std::pin::Pin;
use std::task::{Context, Poll};

use bytes::Bytes;
use hyper::body::{Body, Frame, SizeHint};
use hyper::header::{CONNECTION, CONTENT_ENCODING, CONTENT_TYPE, HeaderValue};
use hyper::{Response, StatusCode};

use crate::api_error::ApiError;

/// What a node says.
#[derive(Debug)]
pub(super) struct Answer {
    pub(super) status: u16,
    pub(super) content_type: &'static str,
    pub(super) body: Bytes,
    /// How the body is compressed.
    pub(super) encoding: Option<&'static str>,
    /// Whether the connection ends with it, as part of the request was left unread.
    pub(super) closes: bool,
}

impl Answer {
    pub(super) fn new(status: u16, content_type: &'static str, body: impl Into<Bytes>) -> Self {
        Self {
            status,
            content_type,
            body: body.into(),
            encoding: None,
            closes: false,
        }
    }

    /// The answer of an operation.
    pub(super) fn of_operation(outcome: Result<Bytes, ApiError>) -> Self {
        match outcome {
            Ok(body) => Self::new(200, AMAZON_JSON, body),
            Err(error) => Self::new(error.status, AMAZON_JSON, error.to_json()),
        }
    }

    pub(super) fn closing(mut self) -> Self {
        self.closes = true;
        self
    }

    /// Turns it into HTTP. The body waits for `hold`, if that is given.
    pub(super) fn into_response(self, hold: Option<Hold>) -> Response<AnswerBody> {
        let chunked = self.body.len() > LARGE;
        let mut response = Response::new(AnswerBody {
            rest: self.body,
            chunked,
            hold,
        });
        // Out of range only if a test asks for it, with `Node::answer_localnodes`.
        *response.status_mut() =
            StatusCode::from_u16(self.status).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
        let headers = response.headers_mut();
        headers.insert(CONTENT_TYPE, HeaderValue::from_static(self.content_type));
        if let Some(encoding) = self.encoding {
            headers.insert(CONTENT_ENCODING, HeaderValue::from_static(encoding));
        }
        if self.closes {
            headers.insert(CONNECTION, HeaderValue::from_static("close"));
        }
        response
    }
}

/// What a body waits for.
pub(super) type Hold = Pin<Box<dyn Future<Output = ()> + Send>>;

/// The body of an answer: all at once with its length, or in chunks if it is large.
pub(super) struct AnswerBody {
    rest: Bytes,
    chunked: bool,
    hold: Option<Hold>,
}

impl Body for AnswerBody {
    type Data = Bytes;
    type Error = std::convert::Infallible;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, Self::Error>>> {
        if let Some(hold) = &mut self.hold {
            std::task::ready!(hold.as_mut().poll(context));
            self.hold = None;
        }
        if self.rest.is_empty() {
            return Poll::Ready(None);
        }
        let length = if self.chunked {
            self.rest.len().min(CHUNK)
        } else {
            self.rest.len()
        };
        let chunk = self.rest.split_to(length);
        Poll::Ready(Some(Ok(Frame::data(chunk))))
    }

    fn is_end_stream(&self) -> bool {
        self.rest.is_empty() && self.hold.is_none()
    }

    fn size_hint(&self) -> SizeHint {
        if self.chunked {
            SizeHint::default()
        } else {
            SizeHint::with_exact(self.rest.len() as u64)
        }
    }
}

pub(super) const AMAZON_JSON: &str = "application/x-amz-json-1.0";
pub(super) const JSON: &str = "application/json";
pub(super) const TEXT: &str = "text/plain";

/// Longer answers are chunked, as the server streams them.
const LARGE: usize = 100_000;
const CHUNK: usize = 32 << 10;
