//! Asking for compressed answers, and who reads them.
//!
//! Whoever asks must be the one who reads, and that is the transport: an HTTP client that is set after the installation
//! takes its place, and then nobody may ask. So the interceptor only permits it, by an extension of the request; the
//! header is the transport's.

use super::decoder::Decoder;
use super::{Compression, DecodeError, Encoding, body};
use aws_smithy_runtime_api::client::http::HttpConnectorFuture;
use aws_smithy_runtime_api::client::orchestrator::{HttpRequest, HttpResponse};
use aws_smithy_types::config_bag::ConfigBag;

const ACCEPT_ENCODING: &str = "accept-encoding";
const CONTENT_ENCODING: &str = "content-encoding";

/// What else is said of the compressed bytes, and would be wrong of the others. Of the checksum see AWS: it is that of the
/// bytes on the wire. The SDK for Rust does not look at it.
const OF_THE_WIRE: [&str; 2] = ["content-length", "x-amz-crc32"];

/// An extension of a request whose answer may be compressed.
#[derive(Clone, Copy, Debug)]
struct Permit {
    encoding: Encoding,
    limit: usize,
}

/// Lets the transport ask for what this operation wants.
pub(crate) fn permit(compression: &Compression, request: &mut HttpRequest, config: &ConfigBag) {
    if let Some(wanted) = compression.response(config) {
        request.add_extension(Permit {
            encoding: wanted.encoding,
            limit: wanted.limit,
        });
    }
}

/// Makes a call that asks for a compressed answer if that is permitted, and decompresses what comes.
pub(crate) fn decoding(
    mut request: HttpRequest,
    call: impl FnOnce(HttpRequest) -> HttpConnectorFuture,
) -> HttpConnectorFuture {
    let Some(permit) = request.extension::<Permit>().copied() else {
        return call(request);
    };
    if request.headers().contains_key(ACCEPT_ENCODING) {
        // Somebody else asks, and so will read.
        return call(request);
    }
    let headers = request.headers_mut();
    headers.insert(ACCEPT_ENCODING, permit.encoding.name());
    let answer = call(request);
    HttpConnectorFuture::new(async move {
        let mut response = answer.await?;
        decode(&mut response, permit.limit);
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
    for header in OF_THE_WIRE {
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
        // One on top of another is nothing that was asked for either.
        (_, second) => Err(DecodeError::UnknownEncoding {
            encoding: match second {
                Some(second) => format!("{first}, {second}"),
                None => first.to_owned(),
            },
        }),
    }
}
