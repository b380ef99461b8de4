//! The settings of the feature `compression`.

use super::Builder;
use crate::compression::{RequestCompression, ResponseCompression};

impl Builder {
    /// Compresses the bodies of requests. With the feature `compression`.
    ///
    /// Use it where [bytes are more expensive than processor time](RequestCompression#when-it-pays). With servers that
    /// do not decompress, those before ScyllaDB 2026.1, it [turns itself
    /// off](RequestCompression#servers-that-do-not-decompress).
    ///
    /// # Default
    ///
    /// Off: inside a datacenter the time that it takes is often worth more than the bytes.
    pub fn request_compression(mut self, compression: RequestCompression) -> Self {
        self.config.compression.request = Some(compression);
        self
    }

    /// Negotiates compressed responses, and decompresses them. With the feature `compression`.
    ///
    /// Use it where responses are large, and [bytes more expensive than processor
    /// time](ResponseCompression#when-it-pays).
    ///
    /// # Default
    ///
    /// Off: to compress costs the servers several times what it costs the client.
    pub fn response_compression(mut self, compression: ResponseCompression) -> Self {
        self.config.compression.response = Some(compression);
        self
    }
}
