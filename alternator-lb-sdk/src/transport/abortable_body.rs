//! A response body that ends with an error when its node is ejected.

use super::NodeEjected;
use aws_smithy_runtime_api::box_error::BoxError;
use aws_smithy_types::body::SdkBody;
use http_body::{Body, Frame, SizeHint};
use pin_project_lite::pin_project;
use std::pin::Pin;
use std::task::{Context, Poll};
use tokio::sync::futures::OwnedNotified;

/// Returns the body, which ends with an error if its node is ejected before it is complete.
pub(crate) fn abortable(aborted: OwnedNotified, body: SdkBody) -> SdkBody {
    let is_complete = body.bytes().is_some() || body.is_end_stream();
    if is_complete {
        return body;
    }
    SdkBody::from_body_1_x(AbortableBody { aborted, body })
}

pin_project! {
    struct AbortableBody {
        #[pin]
        aborted: OwnedNotified,
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
        let this = self.project();
        match this.body.poll_frame(context) {
            Poll::Ready(frame) => Poll::Ready(frame),
            Poll::Pending => this
                .aborted
                .poll(context)
                .map(|()| Some(Err(NodeEjected.into()))),
        }
    }

    fn is_end_stream(&self) -> bool {
        self.body.is_end_stream()
    }

    fn size_hint(&self) -> SizeHint {
        self.body.size_hint()
    }
}
