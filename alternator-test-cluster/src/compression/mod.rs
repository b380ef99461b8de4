//! Compression with gzip and deflate, of requests and of responses.

mod decompress;
mod negotiate;

use std::io::Write;

use bytes::Bytes;
use flate2::Compression;
use flate2::write::{GzEncoder, ZlibEncoder};

pub(crate) use decompress::decompress;
pub(crate) use negotiate::negotiate;

/// The smallest length of a response body, in bytes, that is compressed for a client that accepts it.
pub(crate) const THRESHOLD: usize = 4096;

/// A content encoding that the server supports.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Encoding {
    Gzip,
    /// The zlib format, as HTTP defines `deflate`.
    Deflate,
}

impl Encoding {
    /// Returns the encoding with this name. Names are case-sensitive.
    pub(crate) fn from_name(name: &str) -> Option<Self> {
        match name {
            "gzip" => Some(Self::Gzip),
            "deflate" => Some(Self::Deflate),
            _ => None,
        }
    }

    pub(crate) const fn name(self) -> &'static str {
        match self {
            Self::Gzip => "gzip",
            Self::Deflate => "deflate",
        }
    }
}

/// Compresses the body of a response.
pub(crate) fn compress(encoding: Encoding, body: &[u8]) -> Bytes {
    // The server's default.
    let level = Compression::new(6);
    let compressed = match encoding {
        Encoding::Gzip => {
            let mut encoder = GzEncoder::new(Vec::new(), level);
            encoder.write_all(body).and_then(|()| encoder.finish())
        }
        Encoding::Deflate => {
            let mut encoder = ZlibEncoder::new(Vec::new(), level);
            encoder.write_all(body).and_then(|()| encoder.finish())
        }
    };
    // Writing to memory does not fail.
    Bytes::from(compressed.unwrap_or_default())
}
