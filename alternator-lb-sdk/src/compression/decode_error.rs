//! The error of a compressed response.

use std::io;

/// A compressed response could not be decompressed. With the feature `compression`.
///
/// It is found in the `source()` chain of the operation's `SdkError`, as [`RouteError`](crate::RouteError) is.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum DecodeError {
    /// The response is too large. The operation is not sent again: the next response would be as large.
    #[error(
        "the response has more than {limit} bytes when it is decompressed; if that is intended, raise \
         `ResponseCompression::limit(..)`"
    )]
    #[non_exhaustive]
    TooLarge {
        /// The limit in bytes.
        limit: usize,
    },

    /// The response ends too soon.
    #[error("the compressed response is incomplete; the connection or a proxy cut it off")]
    Truncated,

    /// The response does not have the encoding that it names, or is damaged.
    #[error(
        "the response does not have its content-encoding `{encoding}` ({source}); check the proxies on the way"
    )]
    #[non_exhaustive]
    Corrupt {
        /// The `content-encoding` of the response.
        encoding: &'static str,
        /// The error of the decoder.
        source: io::Error,
    },

    /// The response has an encoding that was not accepted.
    #[error(
        "the response has the content-encoding `{encoding}`, which was not accepted; check the proxies on the way"
    )]
    #[non_exhaustive]
    UnknownEncoding {
        /// The `content-encoding` of the response.
        encoding: String,
    },
}
