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
mod encode;
#[cfg(any(test, fuzzing))]
pub(crate) mod fuzzing;
mod negotiate;
mod request;
mod response;
mod server_support;

#[cfg(test)]
pub(crate) mod tests;

pub use decode_error::DecodeError;
pub use request::RequestCompression;
pub use response::ResponseCompression;

pub(crate) use encode::{
    compress_body, detect_refusal, is_refused, is_too_large, restore_error, restore_plain_body,
};
pub(crate) use negotiate::{call_decoded, negotiate, negotiate_by_settings};

use crate::build_error::BuildError;
use crate::observe::SavedBytes;
use alternator_lb_core::observe::Observer;
use aws_smithy_types::config_bag::{ConfigBag, Storable, StoreReplace};
use server_support::ServerSupport;
use std::sync::Arc;

const CONTENT_ENCODING: &str = "content-encoding";

/// The settings of a cluster, and what is known of its servers.
#[derive(Debug)]
pub(crate) struct Compression {
    settings: CompressionSettings,
    server_support: ServerSupport,
    saved: SavedBytes,
}

impl Compression {
    pub(crate) fn new(
        settings: CompressionSettings,
        observer: Arc<Observer>,
        saved: SavedBytes,
    ) -> Self {
        Self {
            settings,
            server_support: ServerSupport::new(observer),
            saved,
        }
    }
}

/// The settings of a cluster.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct CompressionSettings {
    pub(crate) request: Option<RequestCompression>,
    pub(crate) response: Option<ResponseCompression>,
}

impl CompressionSettings {
    pub(crate) fn check(&self) -> Result<(), BuildError> {
        if let Some(RequestCompression { level, .. }) = self.request
            && !request::LEVELS.contains(&level)
        {
            return Err(BuildError::CompressionLevel { level });
        }
        match self.response {
            Some(ResponseCompression { limit: 0, .. }) => Err(BuildError::ResponseLimit),
            _ => Ok(()),
        }
    }
}

/// The options of an operation. Those that are set precede the settings of the cluster, and may be none.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct CompressionOptions {
    pub(crate) request: Option<Option<RequestCompression>>,
    pub(crate) response: Option<Option<ResponseCompression>>,
}

impl CompressionOptions {
    pub(crate) fn of(config: &ConfigBag) -> Self {
        config.load::<Self>().copied().unwrap_or_default()
    }
}

impl Storable for CompressionOptions {
    type Storer = StoreReplace<Self>;
}

/// A content encoding of HTTP.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Encoding {
    Gzip,
    /// In the zlib format, which HTTP means by this name.
    Deflate,
}

impl Encoding {
    /// The name in headers. Alternator compares it exactly, in lower case.
    pub(crate) const fn name(self) -> &'static str {
        match self {
            Self::Gzip => "gzip",
            Self::Deflate => "deflate",
        }
    }

    /// The encoding of this name, in any case.
    pub(crate) fn named(name: &str) -> Option<Self> {
        [Self::Gzip, Self::Deflate]
            .into_iter()
            .find(|encoding| encoding.name().eq_ignore_ascii_case(name))
    }
}
