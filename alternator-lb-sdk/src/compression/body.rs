//! A response body that is decompressed while it is read.

use super::DecodeError;
use super::decoder::{Data, Decoder, Step};
use aws_smithy_runtime_api::box_error::BoxError;
use aws_smithy_types::body::SdkBody;
use http_body::{Body, Frame};
use pin_project_lite::pin_project;
use std::pin::Pin;
use std::task::{Context, Poll, ready};

/// The bytes that are decompressed before the task yields although there are more: about 80 µs of work.
const TURN: usize = 64 << 10;

/// The body, decompressed.
pub(crate) fn decoded(body: SdkBody, decoder: Decoder) -> SdkBody {
    SdkBody::from_body_1_x(Decoded {
        body,
        decoder: Some(decoder),
        turn: 0,
    })
}

/// A body that fails with this error.
pub(crate) fn failing(error: DecodeError) -> SdkBody {
    SdkBody::from_body_1_x(Failing { error: Some(error) })
}

pin_project! {
    struct Decoded {
        #[pin]
        body: SdkBody,
        // None at the end.
        decoder: Option<Decoder>,
        turn: usize,
    }
}

impl Body for Decoded {
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
        if *this.turn >= TURN {
            *this.turn = 0;
            context.waker().wake_by_ref();
            return Poll::Pending;
        }
        let last = loop {
            match decoder.step() {
                Ok(Step::Decoded(data)) => {
                    *this.turn += data.len();
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

struct Failing {
    error: Option<DecodeError>,
}

impl Body for Failing {
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
