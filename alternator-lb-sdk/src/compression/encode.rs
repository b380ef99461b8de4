//! Compressed request bodies, and the way back for servers that do not decompress.

use super::{CONTENT_ENCODING, Compression, CompressionOptions, DecodeError};
use crate::retry::connection_evidence::chain;
use aws_smithy_runtime_api::client::interceptors::context::{
    Error, FinalizerInterceptorContextMut,
};
use aws_smithy_runtime_api::client::orchestrator::{HttpRequest, HttpResponse, OrchestratorError};
use aws_smithy_types::body::SdkBody;
use aws_smithy_types::config_bag::{ConfigBag, Storable, StoreReplace};
use std::error::Error as StdError;

const CONTENT_LENGTH: &str = "content-length";

/// The state of an operation with a compressed body.
#[derive(Debug)]
struct CompressedBody {
    plain: SdkBody,
    /// True if the plain body is sent from now on.
    is_withdrawn: bool,
    /// The server's error, while the SDK is given [`Refused`] instead.
    refusal: Option<OrchestratorError<Error>>,
}

impl Storable for CompressedBody {
    type Storer = StoreReplace<Self>;
}

/// The error that replaces the server's, since the SDK retries what got no response. A retry classifier would do so
/// without it, but an interceptor that is installed by itself cannot bring one. Seen by other interceptors; the
/// application gets the server's own error, should no other attempt follow.
#[derive(Debug, thiserror::Error)]
#[error(
    "the node does not accept compressed requests, so this one is sent again uncompressed; nothing was executed"
)]
struct Refused;

/// Compresses the body of an operation, for all its attempts.
pub(crate) fn compress_body(
    compression: &Compression,
    generation: u64,
    request: &mut HttpRequest,
    config: &mut ConfigBag,
) {
    let option = CompressionOptions::of(config).request;
    let Some(setting) = option.unwrap_or(compression.settings.request) else {
        return;
    };
    let is_supported = compression.server_support.is_supported(generation);
    // Otherwise the application has encoded it itself.
    let is_plain = !request.headers().contains_key(CONTENT_ENCODING);
    let body = request.body().bytes().filter(|_| is_supported && is_plain);
    let Some(compressed) = body.and_then(|body| setting.compress(body)) else {
        return;
    };
    let headers = request.headers_mut();
    headers.insert(CONTENT_ENCODING, setting.encoding.name());
    headers.insert(CONTENT_LENGTH, compressed.len().to_string());
    let plain = std::mem::replace(request.body_mut(), SdkBody::from(compressed));
    config.interceptor_state().store_put(CompressedBody {
        plain,
        is_withdrawn: false,
        refusal: None,
    });
}

/// Puts the plain body back before an attempt is signed, if a server has refused a compressed one: of this operation
/// or, in the meantime, of another. Otherwise counts what the compressed one saves.
pub(crate) fn restore_plain_body(
    compression: &Compression,
    generation: u64,
    request: &mut HttpRequest,
    config: &mut ConfigBag,
) {
    let Some(body) = config.get_mut_from_interceptor_state::<CompressedBody>() else {
        return;
    };
    body.is_withdrawn |= !compression.server_support.is_supported(generation);
    // The body is in memory, so this copies nothing.
    let plain = body.is_withdrawn.then(|| body.plain.try_clone());
    let length = |body: &SdkBody| body.bytes().map_or(0, <[u8]>::len);
    let Some(plain) = plain.flatten() else {
        let saved = &compression.saved;
        saved.add(length(&body.plain), length(request.body()));
        return;
    };
    let length = length(&plain);
    let headers = request.headers_mut();
    headers.remove(CONTENT_ENCODING);
    headers.insert(CONTENT_LENGTH, length.to_string());
    *request.body_mut() = plain;
}

/// If the node refused the attempt's compressed body, compresses no further ones, and makes the SDK send the operation
/// again where it `can_retry`.
pub(crate) fn detect_refusal(
    compression: &Compression,
    generation: u64,
    context: &mut FinalizerInterceptorContextMut<'_>,
    config: &mut ConfigBag,
    can_retry: bool,
    node: impl FnOnce(&ConfigBag) -> Option<String>,
) {
    if !context.response().is_some_and(is_refusal) {
        return;
    }
    let node = node(config);
    let body = config.get_mut_from_interceptor_state::<CompressedBody>();
    let Some(body) = body.filter(|body| !body.is_withdrawn) else {
        return;
    };
    compression
        .server_support
        .refuse(generation, node.as_deref());
    body.is_withdrawn = true;
    if can_retry && let Some(Err(error)) = context.output_or_error_mut() {
        let refused = OrchestratorError::response(Refused.into());
        body.refusal = Some(std::mem::replace(error, refused));
    }
}

/// Restores the server's own error for the application, if no other attempt followed.
pub(crate) fn restore_error(
    context: &mut FinalizerInterceptorContextMut<'_>,
    config: &mut ConfigBag,
) {
    if let Some(Err(error)) = context.output_or_error_mut()
        && let Some(body) = config.get_mut_from_interceptor_state::<CompressedBody>()
        && is_refused(error)
        && let Some(refusal) = body.refusal.take()
    {
        *error = refusal;
    }
}

/// Returns whether the node refused the compressed body unread: the plain one is sent at once.
pub(crate) fn is_refused(error: &OrchestratorError<Error>) -> bool {
    chain(error).any(|error| error.is::<Refused>())
}

/// Returns whether the response is too large, as the next one would be.
pub(crate) fn is_too_large(error: &(dyn StdError + 'static)) -> bool {
    chain(error)
        .filter_map(|error| error.downcast_ref())
        .any(|error| matches!(error, DecodeError::TooLarge { .. }))
}

/// Returns whether this is the response of a server that takes compressed bytes for JSON, or for text. The SDK sends no
/// JSON that cannot be parsed, so a plain request gets none of these: ScyllaDB's error before 2026.1, DynamoDB's
/// `SerializationException`, or a refusal that is none of the API's errors, by the HTTP server in front of an engine.
fn is_refusal(response: &HttpResponse) -> bool {
    let body = response.body().bytes();
    let body = body.and_then(|body| std::str::from_utf8(body).ok());
    match (response.status().as_u16(), body) {
        (415, _) => true,
        (400, Some(body)) => {
            body.contains("#ValidationException\"") && body.contains("Parsing JSON failed")
                || body.contains("#SerializationException\"")
                || !body.contains("\"__type\"")
        }
        _ => false,
    }
}
