//! The same for an answer that began, and does not go on.

use super::LeftOut;
use aws_smithy_runtime_api::box_error::BoxError;
use aws_smithy_types::body::SdkBody;
use http_body::{Body, Frame, SizeHint};
use pin_project_lite::pin_project;
use std::future::poll_fn;
use std::pin::Pin;
use std::task::{Context, Poll};
use tokio::sync::futures::OwnedNotified;

/// Whether all of a body is there, so that nothing more needs to be waited for.
pub(super) fn is_complete(body: &SdkBody) -> bool {
    body.bytes().is_some() || body.is_end_stream()
}

/// The body, unless the node is left out before all of it is there.
///
/// What has come already is taken at once, without waiting for more. A small answer comes together with its head, and is
/// then whole: to read it later through one more layer would cost more.
pub(super) async fn unless(ended: OwnedNotified, mut body: SdkBody) -> SdkBody {
    let begun = poll_fn(|context| Poll::Ready(Pin::new(&mut body).poll_frame(context))).await;
    let begun = match begun {
        Poll::Ready(None) => return SdkBody::empty(),
        Poll::Ready(Some(Ok(frame))) if body.is_end_stream() => match frame.into_data() {
            Ok(data) => return SdkBody::from(data),
            Err(frame) => Some(Ok(frame)),
        },
        Poll::Ready(frame) => frame,
        Poll::Pending => None,
    };
    SdkBody::from_body_1_x(Unless { ended, begun, body })
}

type Data = <SdkBody as Body>::Data;

pin_project! {
    struct Unless {
        #[pin]
        ended: OwnedNotified,
        // What had come before anybody asked.
        begun: Option<Result<Frame<Data>, BoxError>>,
        #[pin]
        body: SdkBody,
    }
}

impl Body for Unless {
    type Data = Data;
    type Error = BoxError;

    fn poll_frame(
        self: Pin<&mut Self>,
        context: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Self::Data>, Self::Error>>> {
        let this = self.project();
        if let Some(begun) = this.begun.take() {
            return Poll::Ready(Some(begun));
        }
        match this.body.poll_frame(context) {
            Poll::Ready(frame) => Poll::Ready(frame),
            Poll::Pending => this.ended.poll(context).map(|()| Some(Err(LeftOut.into()))),
        }
    }

    fn is_end_stream(&self) -> bool {
        self.begun.is_none() && self.body.is_end_stream()
    }

    fn size_hint(&self) -> SizeHint {
        let begun = match &self.begun {
            Some(Ok(frame)) => frame.data_ref().map_or(0, Data::len) as u64,
            Some(Err(_)) | None => 0,
        };
        let rest = self.body.size_hint();
        let mut hint = SizeHint::new();
        hint.set_lower(rest.lower().saturating_add(begun));
        if let Some(upper) = rest.upper() {
            hint.set_upper(upper.saturating_add(begun));
        }
        hint
    }
}
