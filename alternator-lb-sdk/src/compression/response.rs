//! The settings of response compression.

use super::Encoding;

/// How responses may be compressed. For [`Builder::response_compression`](crate::Builder::response_compression); with
/// the feature `compression`.
///
/// ```
/// use alternator_lb_sdk::{Alternator, ResponseCompression};
///
/// let alternator = Alternator::builder()
///     .seeds(["http://10.0.0.1:8000"])
///     .response_compression(ResponseCompression::gzip())
///     .build()?;
/// # Ok::<(), alternator_lb_sdk::BuildError>(())
/// ```
///
/// Each request accepts the encoding, and a compressed response is decompressed while it arrives, in small steps.
/// ScyllaDB compresses responses of 4 KiB and more from 2026.1 on; an older server ignores it, so it can be turned on
/// anywhere.
///
/// # When it pays
///
/// Where bytes are expensive and responses large, as those of `Query`, `Scan` and `BatchGetItem` are: pages of similar
/// items shrink to a fifth. To decompress costs the client 7 µs for 4 KiB and 1.3 ms for 1 MiB on one core; to compress
/// costs the server several times that (it does so at level 6), on the processor that would otherwise serve requests.
/// See also
/// [requests](crate::RequestCompression#when-it-pays).
///
/// # Malformed responses
///
/// A response that cannot be decompressed fails with a [`DecodeError`](crate::DecodeError), which to the SDK is a
/// response that broke off: it makes another attempt, if the application allows one. A response over the
/// [limit](Self::limit) fails at once, since another would be as large.
///
/// # HTTP client
///
/// Responses are decompressed by the [decorator of the HTTP client](crate::AlternatorExt::alternator). Where it is not
/// installed no encoding is accepted: with [`Alternator::interceptor()`](crate::Alternator::interceptor), and where
/// `.http_client(..)` is called after `.alternator(..)`. The same is true where the application sets an
/// `Accept-Encoding` header itself; decoding is then its own business.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ResponseCompression {
    pub(crate) encoding: Encoding,
    pub(crate) limit: usize,
}

/// Four times the largest response of DynamoDB (`BatchGetItem`: 16 MB of items), since JSON makes items larger: base64
/// by a third, short attributes by more than their own length.
const LIMIT: usize = 64 << 20;

impl ResponseCompression {
    /// Accepts gzip, as the official clients do.
    #[must_use]
    pub const fn gzip() -> Self {
        Self::with(Encoding::Gzip)
    }

    /// Accepts deflate in the zlib format, which is 12 bytes smaller than gzip, and otherwise the same.
    #[must_use]
    pub const fn deflate() -> Self {
        Self::with(Encoding::Deflate)
    }

    const fn with(encoding: Encoding) -> Self {
        Self {
            encoding,
            limit: LIMIT,
        }
    }

    /// Sets the size in bytes that a compressed response may have when it is decompressed. A larger one is not read any
    /// further: a few kilobytes can stand for gigabytes. Uncompressed responses have no limit, as without this crate.
    ///
    /// 0 is a [`BuildError`](crate::BuildError::ResponseLimit).
    ///
    /// # Default
    ///
    /// 64 MiB: pages of `Query` and `Scan` are 1 MB at most and those of `BatchGetItem` 16 MB, counted as items; JSON
    /// with base64 and names is larger.
    #[must_use]
    pub const fn limit(self, bytes: usize) -> Self {
        Self {
            limit: bytes,
            ..self
        }
    }
}
