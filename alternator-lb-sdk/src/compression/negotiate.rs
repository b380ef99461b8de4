//! Accepting compressed responses, and decoding them.
//!
//! The HTTP client decorator decodes the response, so it has to be the one that adds `accept-encoding`: an HTTP client
//! that is set after the installation replaces it, and then nothing may be accepted. So the interceptor only allows it,
//! by an extension of the request, and the decorator adds the header.

use super::decoder::Decoder;
use super::{Compression, DecodeError, Encoding, body};
use aws_smithy_runtime_api::client::http::HttpConnectorFuture;
use aws_smithy_runtime_api::client::orchestrator::{HttpRequest, HttpResponse};
use aws_smithy_types::config_bag::ConfigBag;

const ACCEPT_ENCODING: &str = "accept-encoding";
const CONTENT_ENCODING: &str = "content-encoding";

/// The other headers that describe the bytes on the wire, which are wrong for the decompressed body. The checksum is
/// AWS's; the SDK for Rust does not read it.
const WIRE_HEADERS: [&str; 2] = ["content-length", "x-amz-crc32"];

/// An extension of a request whose response may be compressed.
#[derive(Clone, Copy, Debug)]
struct Negotiation {
    encoding: Encoding,
    limit: usize,
}

/// Lets the HTTP client decorator accept what this operation allows.
pub(crate) fn negotiate(compression: &Compression, request: &mut HttpRequest, config: &ConfigBag) {
    if let Some(setting) = compression.response(config) {
        request.add_extension(Negotiation {
            encoding: setting.encoding,
            limit: setting.limit,
        });
    }
}

/// Makes a call that accepts a compressed response, if this request negotiates one, and decompresses it.
pub(crate) fn call_decoded(
    mut request: HttpRequest,
    call: impl FnOnce(HttpRequest) -> HttpConnectorFuture,
) -> HttpConnectorFuture {
    let Some(negotiation) = request.extension::<Negotiation>().copied() else {
        return call(request);
    };
    if request.headers().contains_key(ACCEPT_ENCODING) {
        // The application negotiates itself, and so decodes itself.
        return call(request);
    }
    let headers = request.headers_mut();
    headers.insert(ACCEPT_ENCODING, negotiation.encoding.name());
    let response = call(request);
    HttpConnectorFuture::new(async move {
        let mut response = response.await?;
        decode(&mut response, negotiation.limit);
        Ok(response)
    })
}

/// Puts the decompressed body in the place of a compressed one.
fn decode(response: &mut HttpResponse, limit: usize) {
    let encoding = match encoding(response) {
        Ok(None) => return,
        Ok(Some(encoding)) => encoding,
        Err(error) => {
            *response.body_mut() = body::failing(error);
            return;
        }
    };
    let compressed = response.take_body();
    *response.body_mut() = body::decoded(compressed, Decoder::new(encoding, limit));
    let headers = response.headers_mut();
    headers.remove(CONTENT_ENCODING);
    for header in WIRE_HEADERS {
        headers.remove(header);
    }
}

fn encoding(response: &HttpResponse) -> Result<Option<Encoding>, DecodeError> {
    let mut named = response
        .headers()
        .get_all(CONTENT_ENCODING)
        .flat_map(|header| header.split(','))
        .map(str::trim)
        .filter(|name| !name.is_empty() && !name.eq_ignore_ascii_case("identity"));
    let Some(first) = named.next() else {
        return Ok(None);
    };
    match (Encoding::named(first), named.next()) {
        (Some(encoding), None) => Ok(Some(encoding)),
        // Two encodings on top of each other were not accepted either.
        (_, second) => Err(DecodeError::UnknownEncoding {
            encoding: match second {
                Some(second) => format!("{first}, {second}"),
                None => first.to_owned(),
            },
        }),
    }
}
