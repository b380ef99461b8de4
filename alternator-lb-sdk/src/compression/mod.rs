//! Smaller requests and answers.
//!
//! ```text
//! modify_before_retry_loop            sending   compresses the body, once for all attempts; the plain one is kept
//! modify_before_signing               sending   swaps the plain one in, for a server that does not decompress
//! modify_before_transmit              asking    puts into the request that the answer may be compressed …
//! Transport                           asking    … and asks for it; nobody else could decode what comes
//!                                     body      decodes it while it comes
//! modify_before_attempt_completion    sending   recognises a server that does not decompress
//! ```
//!
//! A signature covers the body as it is sent, so what changes the body does so before signing. The wish for a compressed
//! answer is added after it, unsigned: a server checks only what was signed.
//!
//! What is left of a server's refusal is one [`Switch`] for the cluster, which a change of its nodes turns on again: that
//! is how a cluster looks from outside that is being upgraded.

mod asking;
mod body;
mod choice;
mod decode_error;
mod decoder;
mod encoder;
mod encoding;
mod request;
mod response;
mod sending;
mod switch;

pub(crate) use choice::Choice;

#[cfg(test)]
pub(crate) mod tests;

pub use decode_error::DecodeError;
pub use request::RequestCompression;
pub use response::ResponseCompression;

pub(crate) use asking::{decoding, permit};
pub(crate) use sending::{
    compress, is_peculiar, prepare, restore_error, send_again_if_refused, swap_in_plain,
};
pub(crate) use switch::Switch;

use crate::build_error::BuildError;
use encoding::Encoding;

/// What was chosen for a cluster.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Settings {
    pub(crate) request: Option<RequestCompression>,
    pub(crate) response: Option<ResponseCompression>,
}

impl Settings {
    pub(crate) fn check(self) -> Result<Self, BuildError> {
        self.request.as_ref().map_or(Ok(()), |it| it.check())?;
        self.response.as_ref().map_or(Ok(()), |it| it.check())?;
        Ok(self)
    }
}

/// What a cluster knows of compression.
#[derive(Debug)]
pub(crate) struct Compression {
    chosen: Settings,
    switch: Switch,
}

impl Compression {
    pub(crate) fn new(chosen: Settings, switch: Switch) -> Self {
        Self { chosen, switch }
    }
}
