//! gzip and deflate, in both directions.

mod inflate;
mod negotiate;

use std::io::Write;

use bytes::Bytes;
use flate2::Compression;
use flate2::write::{GzEncoder, ZlibEncoder};

pub(crate) use inflate::decompress;
pub(crate) use negotiate::negotiate;

/// Answers from this length on are compressed, if the client accepts it.
pub(crate) const THRESHOLD: usize = 4096;

/// A way to compress that the server knows.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Encoding {
    Gzip,
    /// That of zlib, as HTTP means it.
    Deflate,
}

impl Encoding {
    /// Finds the encoding of a request, by its name in exactly this case.
    pub(crate) fn named(name: &str) -> Option<Self> {
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

/// Compresses an answer.
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
