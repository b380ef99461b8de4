//! How answers may be compressed.

use super::{BuildError, Encoding};

/// How answers may be compressed. For [`Builder::response_compression`](crate::Builder::response_compression); with the
/// feature `compression`.
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
/// Asks for it with each request, and decompresses what comes while it comes, in small steps. ScyllaDB compresses from
/// 2026.1 on, answers of 4 KiB and more; an older server does not, so it can be asked for anywhere.
///
/// # When it pays
///
/// Where bytes are dear and answers large, as those of `Query`, `Scan` and `BatchGetItem` are: pages of items alike shrink to a
/// fifth. To decompress costs the client 7 µs for 4 KiB and 1.3 ms for 1 MiB on one core; to compress costs the server
/// several times that, on the processor that would otherwise serve requests (it does so at level 6). See also
/// [requests](crate::RequestCompression#when-it-pays).
///
/// # What goes wrong
///
/// An answer that is not what it says fails with a [`DecodeError`](crate::DecodeError), which is to the SDK an answer that broke off:
/// it makes another attempt, if the application allows one. One over the [limit](Self::limit) fails at once, since
/// another would be as large.
///
/// # HTTP client
///
/// Answers are decompressed by the [decorator of the HTTP client](crate::AlternatorExt::alternator). Where
/// that is not in place nothing is asked for: with [`Alternator::interceptor()`](crate::Alternator::interceptor), and
/// where `.http_client(..)` is called after `.alternator(..)`. Nor is it where the application sets an `Accept-Encoding`
/// header itself; what comes is then its own business.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ResponseCompression {
    pub(crate) encoding: Encoding,
    pub(crate) limit: usize,
}

/// Four times the largest answer of DynamoDB (`BatchGetItem`: 16 MB of items), since JSON makes items larger: base64 by a
/// third, short attributes by more than their own length.
const LIMIT: usize = 64 << 20;

impl ResponseCompression {
    /// With gzip, which is what the official clients ask for.
    #[must_use]
    pub const fn gzip() -> Self {
        Self::with(Encoding::Gzip)
    }

    /// With deflate, in the form of zlib, which is 12 bytes smaller than gzip, and otherwise the same.
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

    /// How many bytes a compressed answer may have when it is decompressed. One that has more is not read any further: a
    /// few kilobytes can stand for gigabytes. An answer that comes uncompressed has no limit, as without this crate.
    ///
    /// 0 is a [`BuildError`](crate::BuildError::ResponseLimit).
    ///
    /// # Default
    ///
    /// 64 MiB: pages of `Query` and `Scan` are 1 MB at most and those of `BatchGetItem` 16 MB, counted as items, of which
    /// JSON with base64 and names makes more.
    #[must_use]
    pub const fn limit(self, bytes: usize) -> Self {
        Self {
            limit: bytes,
            ..self
        }
    }

    pub(crate) fn check(&self) -> Result<(), BuildError> {
        match self.limit {
            0 => Err(BuildError::ResponseLimit),
            _ => Ok(()),
        }
    }
}
