//! Accepting compressed responses, and decoding them.
//!
//! The HTTP client decorator decodes the response, so it has to be the one that adds `accept-encoding`: an HTTP client
//! that is set after the installation replaces it, and then nothing may be accepted. So the interceptor only allows it,
//! by an extension of the request, and the decorator adds the header.

use super::body::{Decoder, decoded};
use super::{
    CONTENT_ENCODING, Compression, CompressionOptions, DecodeError, Encoding, ResponseCompression,
};
use crate::observe::SavedBytes;
use aws_smithy_runtime_api::client::http::HttpConnectorFuture;
use aws_smithy_runtime_api::client::orchestrator::{HttpRequest, HttpResponse};
use aws_smithy_types::config_bag::ConfigBag;

const ACCEPT_ENCODING: &str = "accept-encoding";

/// The headers that describe the bytes on the wire, which are wrong for the decompressed body. The checksum is AWS's;
/// the SDK for Rust does not read it.
const WIRE_HEADERS: [&str; 3] = [CONTENT_ENCODING, "content-length", "x-amz-crc32"];

/// Lets the HTTP client decorator accept what this operation allows, by an extension of the request.
pub(crate) fn negotiate(compression: &Compression, request: &mut HttpRequest, config: &ConfigBag) {
    let option = CompressionOptions::of(config).response;
    let setting = option.unwrap_or(compression.settings.response);
    allow(compression, request, setting);
}

/// The same for a request of which nothing but the settings of the cluster is known.
pub(crate) fn negotiate_by_settings(compression: &Compression, request: &mut HttpRequest) {
    allow(compression, request, compression.settings.response);
}

fn allow(
    compression: &Compression,
    request: &mut HttpRequest,
    setting: Option<ResponseCompression>,
) {
    if let Some(setting) = setting {
        let saved = compression.saved.clone();
        request.add_extension(Negotiation { setting, saved });
    }
}

/// What a request negotiates, in its extensions.
#[derive(Clone, Debug)]
pub(super) struct Negotiation {
    pub(super) setting: ResponseCompression,
    pub(super) saved: SavedBytes,
}

/// Makes a call that accepts a compressed response, if this request negotiates one, and decompresses it.
pub(crate) fn call_decoded(
    mut request: HttpRequest,
    call: impl FnOnce(HttpRequest) -> HttpConnectorFuture,
) -> HttpConnectorFuture {
    let Some(Negotiation { setting, saved }) = request.extension::<Negotiation>().cloned() else {
        return call(request);
    };
    let headers = request.headers_mut();
    if headers.contains_key(ACCEPT_ENCODING) {
        // The application negotiates itself, and so decodes itself.
        return call(request);
    }
    headers.insert(ACCEPT_ENCODING, setting.encoding.name());
    let response = call(request);
    HttpConnectorFuture::new(async move {
        let mut response = response.await?;
        decode(&mut response, setting.limit, saved);
        Ok(response)
    })
}

/// Puts the decompressed body in the place of a compressed one.
fn decode(response: &mut HttpResponse, limit: usize, saved: SavedBytes) {
    let Some(encoding) = encoding(response) else {
        return;
    };
    if encoding.is_ok() {
        let headers = response.headers_mut();
        for header in WIRE_HEADERS {
            headers.remove(header);
        }
    }
    let decoder = encoding.map(|encoding| Decoder::new(encoding, limit));
    *response.body_mut() = decoded(response.take_body(), decoder, saved);
}

fn encoding(response: &HttpResponse) -> Option<Result<Encoding, DecodeError>> {
    let mut named = response
        .headers()
        .get_all(CONTENT_ENCODING)
        .flat_map(|header| header.split(','))
        .map(str::trim)
        .filter(|name| !name.is_empty() && !name.eq_ignore_ascii_case("identity"));
    let first = named.next()?;
    let encoding = match named.next() {
        None => match Encoding::named(first) {
            Some(encoding) => return Some(Ok(encoding)),
            None => first.to_owned(),
        },
        // Two encodings on top of each other were not accepted either.
        Some(second) => format!("{first}, {second}"),
    };
    Some(Err(DecodeError::UnknownEncoding { encoding }))
}
