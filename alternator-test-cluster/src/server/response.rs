//! Responses of a node, and their conversion to HTTP.

use std::pin::Pin;
use std::task::{Context, Poll};

use bytes::Bytes;
use hyper::body::{Body, Frame, SizeHint};
use hyper::header::{CONNECTION, CONTENT_ENCODING, CONTENT_TYPE, HeaderName, HeaderValue};
use hyper::{Response, StatusCode};

use crate::RawResponse;
use crate::api_error::ApiError;

/// A response, before it is converted to HTTP.
#[derive(Debug)]
pub(super) struct NodeResponse {
    pub(super) status: u16,
    pub(super) content_type: &'static str,
    pub(super) body: Bytes,
    /// The compression of the body.
    pub(super) encoding: Option<&'static str>,
    /// True if the connection is closed after it, since part of the request was left unread.
    pub(super) closes: bool,
    /// Headers beside these, or in place of them.
    headers: Vec<(String, String)>,
}

impl NodeResponse {
    pub(super) fn new(status: u16, content_type: &'static str, body: impl Into<Bytes>) -> Self {
        Self {
            status,
            content_type,
            body: body.into(),
            encoding: None,
            closes: false,
            headers: Vec::new(),
        }
    }

    /// Returns the response for the outcome of an operation.
    pub(super) fn of_operation(outcome: Result<Bytes, ApiError>) -> Self {
        match outcome {
            Ok(body) => Self::new(200, AMAZON_JSON, body),
            Err(error) => Self::new(error.status, AMAZON_JSON, error.to_json()),
        }
    }

    /// Returns the response that a test has set.
    pub(super) fn of_raw(raw: &RawResponse) -> Self {
        Self {
            headers: raw.headers.clone(),
            ..Self::new(raw.status, AMAZON_JSON, raw.body.clone())
        }
    }

    pub(super) fn closing(mut self) -> Self {
        self.closes = true;
        self
    }

    /// Converts it to HTTP. The body waits for `delay`, if that is given.
    pub(super) fn into_http(self, delay: Option<BodyDelay>) -> Response<ResponseBody> {
        let chunked = self.body.len() > LARGE;
        let mut response = Response::new(ResponseBody {
            rest: self.body,
            chunked,
            delay,
        });
        // Out of range only if a test sets it.
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
        for (name, value) in &self.headers {
            if let (Ok(name), Ok(value)) = (name.parse::<HeaderName>(), value.parse()) {
                headers.insert(name, value);
            }
        }
        response
    }
}

/// A future for which a body waits.
pub(super) type BodyDelay = Pin<Box<dyn Future<Output = ()> + Send>>;

/// The body of a response: all at once with its length, or in chunks if it is large.
pub(super) struct ResponseBody {
    rest: Bytes,
    chunked: bool,
    delay: Option<BodyDelay>,
}

impl Body for ResponseBody {
    type Data = Bytes;
    type Error = std::convert::Infallible;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, Self::Error>>> {
        if let Some(delay) = &mut self.delay {
            std::task::ready!(delay.as_mut().poll(context));
            self.delay = None;
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
        self.rest.is_empty() && self.delay.is_none()
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

/// The size in bytes over which responses are chunked, as the server streams them.
const LARGE: usize = 100_000;
const CHUNK: usize = 32 << 10;
