//! Round trips, malformed input and the headers around them.

mod decoding;
mod encoding;
mod negotiation;
mod request_body;

use super::body::{Data, Decoder};
use super::fuzzing::decode;
use super::{
    Compression, CompressionSettings, DecodeError, Encoding, RequestCompression,
    ResponseCompression, negotiate,
};
use crate::observe::SavedBytes;
use alternator_lb_core::observe::Observer;
use aws_smithy_runtime_api::client::orchestrator::HttpRequest;
use aws_smithy_types::config_bag::ConfigBag;
use flate2::read::{MultiGzDecoder, ZlibDecoder};
use std::io::Read;
use std::sync::Arc;

const BOTH: [RequestCompression; 2] = [RequestCompression::gzip(), RequestCompression::deflate()];

/// The two encodings, by an encoder that takes everything that shrinks at all.
fn packed(encoding: Encoding, plain: &[u8]) -> Vec<u8> {
    let settings = RequestCompression::gzip().threshold(0);
    let settings = RequestCompression {
        encoding,
        ..settings
    };
    settings.compress(plain).expect("shrinks")
}

/// Decodes by another decoder than that of responses.
fn unpacked(encoding: Encoding, packed: &[u8]) -> Vec<u8> {
    let mut plain = Vec::new();
    match encoding {
        Encoding::Gzip => MultiGzDecoder::new(packed).read_to_end(&mut plain),
        Encoding::Deflate => ZlibDecoder::new(packed).read_to_end(&mut plain),
    }
    .unwrap();
    plain
}

/// A text as those of items are: it shrinks.
fn text(length: usize) -> Vec<u8> {
    let mut text = String::new();
    for number in 0u64.. {
        if text.len() >= length {
            break;
        }
        let item = number * 7919 % 10_007;
        text += &format!(r#"{{"pk":{{"S":"customer#{item}"}},"total":{{"N":"{number}"}}}},"#);
    }
    text.truncate(length);
    text.into_bytes()
}

fn compression(settings: CompressionSettings) -> Compression {
    Compression::new(
        settings,
        Arc::new(Observer::silent()),
        SavedBytes::default(),
    )
}

/// Lets the HTTP client decorator accept gzip.
pub(crate) fn negotiate_gzip(request: &mut HttpRequest) {
    let wanted = CompressionSettings {
        response: Some(ResponseCompression::gzip()),
        ..CompressionSettings::default()
    };
    negotiate(&compression(wanted), request, &ConfigBag::base());
}
