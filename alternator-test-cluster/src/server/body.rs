//! Reading the body of a request, up to the limit.

use std::future::poll_fn;
use std::pin::Pin;

use crate::api_error::BODY_LIMIT;
use bytes::Bytes;
use hyper::body::{Body, Incoming};

/// The reason why a body could not be read.
#[derive(Debug)]
pub(super) enum BodyError {
    /// Over [`BODY_LIMIT`]. The rest was left unread.
    TooLarge,
    /// The connection broke.
    Broken(hyper::Error),
}

/// Reads the whole body. A body that announces more than the limit is not read at all.
pub(super) async fn read(mut body: Incoming) -> Result<Bytes, BodyError> {
    if body.size_hint().lower() > BODY_LIMIT as u64 {
        return Err(BodyError::TooLarge);
    }
    let mut pieces: Vec<Bytes> = Vec::new();
    let mut length = 0;
    while let Some(frame) = poll_fn(|context| Pin::new(&mut body).poll_frame(context)).await {
        // What is not data is trailers.
        let Ok(data) = frame.map_err(BodyError::Broken)?.into_data() else {
            continue;
        };
        length += data.len();
        if length > BODY_LIMIT {
            return Err(BodyError::TooLarge);
        }
        pieces.push(data);
    }
    // Most bodies come in one piece, which then needs no copy.
    if pieces.len() > 1 {
        Ok(Bytes::from(pieces.concat()))
    } else {
        Ok(pieces.pop().unwrap_or_default())
    }
}
