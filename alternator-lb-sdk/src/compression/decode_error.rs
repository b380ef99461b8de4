//! Why an answer could not be decompressed.

use std::io;

/// A compressed answer could not be decompressed. With the feature `compression`.
///
/// It is found in the `source()` chain of the operation's `SdkError`, as [`RouteError`](crate::RouteError) is.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum DecodeError {
    /// It is too large. The operation is not sent again: the next answer would be as large.
    #[error(
        "the answer is over {limit} bytes when it is decompressed; if it is meant to be, raise \
         `ResponseCompression::limit(..)`"
    )]
    #[non_exhaustive]
    TooLarge {
        /// How many bytes it may have.
        limit: usize,
    },

    /// It ends too soon.
    #[error("the compressed answer is not whole; the connection or a proxy cut it off")]
    Truncated,

    /// It is not in the encoding that it names, or damaged.
    #[error(
        "the answer is not what its content-encoding `{encoding}` says ({source}); look at what proxies do to it"
    )]
    #[non_exhaustive]
    Corrupt {
        /// What the answer says of itself.
        encoding: &'static str,
        /// What the decoder says.
        source: io::Error,
    },

    /// It is in an encoding that was not asked for.
    #[error(
        "the answer has the content-encoding `{encoding}`, which was not asked for; look at what proxies do to it"
    )]
    #[non_exhaustive]
    UnknownEncoding {
        /// What the answer says of itself.
        encoding: String,
    },
}
