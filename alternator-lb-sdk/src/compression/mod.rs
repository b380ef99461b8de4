//! Compressed requests and responses.
//!
//! ```text
//! modify_before_retry_loop            encode      compresses the body, once for all attempts; the plain one is kept
//! modify_before_signing               encode      puts the plain one back, for a server that does not decompress
//! modify_before_transmit              negotiate   allows a compressed response, in an extension of the request
//! AbortableHttpClient                 negotiate   accepts it, since nothing else could decode it
//!                                     body        decodes it while it arrives
//! modify_before_attempt_completion    encode      detects a server that does not decompress
//! ```
//!
//! A signature covers the body as it is sent, so the body is changed before signing. `accept-encoding` is added after
//! it, unsigned: a server verifies only the headers that are signed.
//!
//! A server's refusal is one flag for the cluster, [`ServerSupport`], for as long as its set of nodes stays the same: a
//! set that changes is how a cluster that is being upgraded looks from outside.
//!
//! Knows the SDK's requests and responses, no cluster and no node.

mod body;
mod decode_error;
mod decoder;
mod encode;
mod encoder;
mod encoding;
mod negotiate;
mod options;
mod request;
mod response;
mod server_support;

#[cfg(test)]
pub(crate) mod tests;

pub use decode_error::DecodeError;
pub use request::RequestCompression;
pub use response::ResponseCompression;

pub(crate) use encode::{
    RetryOverride, compress_body, detect_refusal, has_response, restore_error, restore_plain_body,
    retry_override,
};
pub(crate) use negotiate::{call_decoded, negotiate};
pub(crate) use options::CompressionOptions;

use crate::build_error::BuildError;
use encoding::Encoding;
use server_support::ServerSupport;

/// The settings of a cluster.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct CompressionSettings {
    pub(crate) request: Option<RequestCompression>,
    pub(crate) response: Option<ResponseCompression>,
}

impl CompressionSettings {
    pub(crate) fn validated(self) -> Result<Self, BuildError> {
        self.request.as_ref().map_or(Ok(()), |it| it.check())?;
        self.response.as_ref().map_or(Ok(()), |it| it.check())?;
        Ok(self)
    }
}

/// The settings of a cluster, and what is known of its servers.
#[derive(Debug)]
pub(crate) struct Compression {
    settings: CompressionSettings,
    server_support: ServerSupport,
}

impl Compression {
    pub(crate) fn new(settings: CompressionSettings) -> Self {
        Self {
            settings,
            server_support: ServerSupport::default(),
        }
    }
}
