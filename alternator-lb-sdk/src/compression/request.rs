//! The settings of request compression, and the compressor.

use super::Encoding;
use flate2::Compression;
use flate2::bufread::{GzEncoder, ZlibEncoder};
use std::io::Read as _;

/// How the bodies of requests are compressed. For
/// [`Builder::request_compression`](crate::Builder::request_compression); with the feature `compression`.
///
/// ```
/// use alternator_lb_sdk::{Alternator, RequestCompression};
///
/// let alternator = Alternator::builder()
///     .seeds(["http://10.0.0.1:8000"])
///     .request_compression(RequestCompression::gzip().threshold(4096))
///     .build()?;
/// # Ok::<(), alternator_lb_sdk::BuildError>(())
/// ```
///
/// A body is compressed once, however often its operation is sent, and only if that makes the request smaller. The
/// signature covers the compressed body.
///
/// # When it pays
///
/// Where bytes are expensive: between availability zones, which are billed by the byte, over slow or shared links, and
/// with large writes (`BatchWriteItem`, `PutItem` of documents). DynamoDB's JSON repeats the names and types of its
/// attributes, so similar items shrink to a quarter. It costs processor time on both sides, and inside a datacenter
/// with fast links that is often the more expensive of the two; items that are random, encrypted or compressed already,
/// which base64 makes a third larger, only shrink back to their own size. Measure with your own items, by
/// [`compress`](Self::compress). Batches of orders with seven attributes and short texts took on one core (in
/// parentheses the remaining size):
///
/// | body | level 1 | level 6 |
/// |---|---|---|
/// | 1 KiB | 7 µs (42 %) | 10 µs (38 %) |
/// | 4 KiB | 11 µs (30 %) | 25 µs (24 %) |
/// | 16 KiB | 29 µs (26 %) | 130 µs (20 %) |
/// | 1 MiB | 2.7 ms (25 %) | 24 ms (17 %) |
///
/// It runs inside the request, on the thread that polls it. Alternator accepts bodies of 16 MiB at most.
///
/// # Servers that do not decompress
///
/// ScyllaDB decompresses requests from 2026.1 on. An older server takes a compressed body for JSON, and refuses it
/// without executing anything. The plugin detects that: it sends the operation again uncompressed, at once and without
/// using one of the application's retries, even where these are disabled; logs one warning; and all requests to the
/// cluster are sent uncompressed until its set of nodes changes, as it does while a cluster is upgraded.
/// Other servers that refuse a compressed body unread, as engines for local tests do, are treated alike.
///
/// # The compressor
///
/// `miniz_oxide`, in safe Rust. An application that prefers speed can have `zlib-rs`, which decompresses in half the
/// time, and compresses large bodies in about half at levels over 1: add the crate `flate2` as a dependency of the
/// application with the feature `zlib-rs`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct RequestCompression {
    pub(crate) encoding: Encoding,
    pub(crate) level: u32,
    pub(crate) threshold: usize,
}

/// The best ratio of saved bytes to time: see the table above.
const LEVEL: u32 = 1;
pub(super) const LEVELS: std::ops::RangeInclusive<u32> = 1..=9;

/// A smaller body mostly fits into one packet together with the request's head (about 400 bytes of 1,460), so
/// there is no packet to be saved. The official clients have the same.
const THRESHOLD: usize = 1024;

/// The bytes that the header adds on the wire. With `gzip` it is three bytes shorter, which does not matter.
const HEADER: usize = "content-encoding: deflate\r\n".len();

impl RequestCompression {
    /// Compresses with gzip, as the official clients do.
    #[must_use]
    pub const fn gzip() -> Self {
        Self::with(Encoding::Gzip)
    }

    /// Compresses with deflate in the zlib format, which is 12 bytes smaller than gzip, and otherwise the same.
    #[must_use]
    pub const fn deflate() -> Self {
        Self::with(Encoding::Deflate)
    }

    const fn with(encoding: Encoding) -> Self {
        Self {
            encoding,
            level: LEVEL,
            threshold: THRESHOLD,
        }
    }

    /// Sets the effort, from 1 (fast) to 9 (small). Other levels are a
    /// [`BuildError`](crate::BuildError::CompressionLevel).
    ///
    /// # Default
    ///
    /// 1: most of the possible saving, for less than half of the time that 6 takes, and for a ninth of it where bodies
    /// are large.
    #[must_use]
    pub const fn level(self, level: u32) -> Self {
        Self { level, ..self }
    }

    /// Sets the size in bytes from which on a body is compressed.
    ///
    /// # Default
    ///
    /// 1,024: a smaller body mostly fits into one packet together with the head of the request, so no packet would be
    /// saved. The official clients have the same.
    #[must_use]
    pub const fn threshold(self, bytes: usize) -> Self {
        Self {
            threshold: bytes,
            ..self
        }
    }

    /// Returns what these settings make of a body. `None` if it would be sent as it is: it is below the threshold, or
    /// would not be smaller.
    ///
    /// Use it to measure with your own items; requests call it by themselves.
    ///
    /// ```
    /// use alternator_lb_sdk::RequestCompression;
    ///
    /// let items = r#"{"S":"a text that repeats"},"#.repeat(100);
    /// let compressed = RequestCompression::gzip().compress(items.as_bytes());
    /// assert!(compressed.is_some_and(|compressed| compressed.len() < items.len() / 4));
    /// ```
    #[must_use]
    pub fn compress(&self, body: &[u8]) -> Option<Vec<u8>> {
        if body.len() < self.threshold {
            return None;
        }
        // The compressor stops as soon as the request turns out to be no smaller.
        let room = body.len().checked_sub(HEADER)?;
        // The settings of an operation are not validated.
        let level = Compression::new(self.level.clamp(*LEVELS.start(), *LEVELS.end()));
        let mut compressed = Vec::with_capacity(room);
        let length = match self.encoding {
            Encoding::Gzip => GzEncoder::new(body, level)
                .take(room as u64)
                .read_to_end(&mut compressed),
            Encoding::Deflate => ZlibEncoder::new(body, level)
                .take(room as u64)
                .read_to_end(&mut compressed),
        };
        (length.ok()? < room).then_some(compressed)
    }
}
