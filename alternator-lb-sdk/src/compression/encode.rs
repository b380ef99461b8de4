//! Compressed request bodies, and the way back for servers that do not decompress.

use super::{Compression, DecodeError};
use crate::retry::connection_evidence::chain;
use aws_smithy_runtime_api::client::interceptors::context::{
    Error, FinalizerInterceptorContextMut, FinalizerInterceptorContextRef,
};
use aws_smithy_runtime_api::client::orchestrator::{HttpRequest, HttpResponse, OrchestratorError};
use aws_smithy_types::body::SdkBody;
use aws_smithy_types::config_bag::{ConfigBag, Storable, StoreReplace};

const CONTENT_ENCODING: &str = "content-encoding";
const CONTENT_LENGTH: &str = "content-length";

/// The state of an operation with a compressed body.
#[derive(Debug)]
struct CompressedBody {
    plain: SdkBody,
    /// Whether the plain body is sent from now on.
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

/// The change that compression makes to the retry of an attempt.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum RetryOverride {
    /// The node refused the compressed body unread: the plain one is sent at once.
    Resend,
    /// The response is too large, and the next one would be.
    Forbid,
}

/// Compresses the body of an operation, for all its attempts.
pub(crate) fn compress_body(
    compression: &Compression,
    generation: u64,
    request: &mut HttpRequest,
    config: &mut ConfigBag,
) {
    let Some(setting) = compression.request(generation, config) else {
        return;
    };
    if request.headers().contains_key(CONTENT_ENCODING) {
        // The application has encoded it itself.
        return;
    }
    let Some(compressed) = request.body().bytes().and_then(|body| setting.encode(body)) else {
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
/// or, in the meantime, of another.
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
    if !body.is_withdrawn {
        return;
    }
    // The body is in memory, so this copies nothing.
    let Some(plain) = body.plain.try_clone() else {
        return;
    };
    let length = plain.bytes().map_or(0, <[u8]>::len);
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
    let is_refused = context.response().is_some_and(is_refusal);
    if !is_refused || !is_sent_compressed(config) {
        return;
    }
    let node = node(config);
    compression
        .server_support
        .refuse(generation, node.as_deref());
    let Some(body) = config.get_mut_from_interceptor_state::<CompressedBody>() else {
        return;
    };
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
    let Some(Err(error)) = context.output_or_error_mut() else {
        return;
    };
    let refusal = config
        .get_mut_from_interceptor_state::<CompressedBody>()
        .and_then(|body| body.refusal.take());
    if let Some(refusal) = refusal
        && is_refused(error)
    {
        *error = refusal;
    }
}

/// Returns whether the node responded although the error says that it did not, or not completely.
pub(crate) fn has_response(error: &OrchestratorError<Error>) -> bool {
    is_refused(error) || is_too_large(error)
}

/// Returns what compression makes of the retry of the attempt that has just ended.
pub(crate) fn retry_override(
    context: &FinalizerInterceptorContextRef<'_>,
) -> Option<RetryOverride> {
    match context.output_or_error()? {
        Err(error) if is_refused(error) => Some(RetryOverride::Resend),
        Err(error) if is_too_large(error) => Some(RetryOverride::Forbid),
        Ok(_) | Err(_) => None,
    }
}

fn is_refused(error: &OrchestratorError<Error>) -> bool {
    chain(error).any(|error| error.is::<Refused>())
}

fn is_too_large(error: &OrchestratorError<Error>) -> bool {
    chain(error)
        .filter_map(|error| error.downcast_ref())
        .any(|error| matches!(error, DecodeError::TooLarge { .. }))
}

fn is_sent_compressed(config: &ConfigBag) -> bool {
    config
        .load::<CompressedBody>()
        .is_some_and(|body| !body.is_withdrawn)
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
