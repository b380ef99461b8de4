//! A response body that is decompressed while it is read.

use super::DecodeError;
use super::decoder::{Data, Decoder, Step};
use aws_smithy_runtime_api::box_error::BoxError;
use aws_smithy_types::body::SdkBody;
use http_body::{Body, Frame};
use pin_project_lite::pin_project;
use std::pin::Pin;
use std::task::{Context, Poll, ready};

/// The number of bytes after which a task yields although there are more to decompress: about 80 µs of work.
const YIELD_AFTER: usize = 64 << 10;

/// Returns the body, decompressed.
pub(crate) fn decoded(body: SdkBody, decoder: Decoder) -> SdkBody {
    SdkBody::from_body_1_x(DecodedBody {
        body,
        decoder: Some(decoder),
        decoded: 0,
    })
}

/// Returns a body that fails with this error.
pub(crate) fn failing(error: DecodeError) -> SdkBody {
    SdkBody::from_body_1_x(FailingBody { error: Some(error) })
}

pin_project! {
    struct DecodedBody {
        #[pin]
        body: SdkBody,
        // None at the end.
        decoder: Option<Decoder>,
        decoded: usize,
    }
}

impl Body for DecodedBody {
    type Data = Data;
    type Error = BoxError;

    fn poll_frame(
        self: Pin<&mut Self>,
        context: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Data>, BoxError>>> {
        let mut this = self.project();
        let Some(decoder) = this.decoder else {
            return Poll::Ready(None);
        };
        if *this.decoded >= YIELD_AFTER {
            *this.decoded = 0;
            context.waker().wake_by_ref();
            return Poll::Pending;
        }
        let last = loop {
            match decoder.step() {
                Ok(Step::Decoded(data)) => {
                    *this.decoded += data.len();
                    return Poll::Ready(Some(Ok(Frame::data(data))));
                }
                Ok(Step::End) => break None,
                Ok(Step::NeedsInput) => match ready!(this.body.as_mut().poll_frame(context)) {
                    // Other frames are trailers, which Alternator does not send and the SDK does not read.
                    Some(Ok(frame)) => decoder.feed(frame.into_data().unwrap_or_default()),
                    Some(Err(error)) => break Some(error),
                    None => decoder.end(),
                },
                Err(error) => break Some(error.into()),
            }
        };
        *this.decoder = None;
        Poll::Ready(last.map(Err))
    }

    fn is_end_stream(&self) -> bool {
        self.decoder.is_none()
    }
}

struct FailingBody {
    error: Option<DecodeError>,
}

impl Body for FailingBody {
    type Data = Data;
    type Error = BoxError;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        _: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Data>, BoxError>>> {
        Poll::Ready(self.error.take().map(|error| Err(error.into())))
    }

    fn is_end_stream(&self) -> bool {
        self.error.is_none()
    }
}
