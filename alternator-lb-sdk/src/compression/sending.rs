//! Sending compressed bodies, and taking it back.

use super::{Compression, DecodeError};
use crate::retry::{connection_evidence as sent, policy as failover};
use aws_smithy_runtime_api::client::interceptors::context::{
    Error, FinalizerInterceptorContextMut, FinalizerInterceptorContextRef,
};
use aws_smithy_runtime_api::client::orchestrator::{HttpRequest, HttpResponse, OrchestratorError};
use aws_smithy_types::body::SdkBody;
use aws_smithy_types::config_bag::{ConfigBag, Storable, StoreReplace};

const CONTENT_ENCODING: &str = "content-encoding";
const CONTENT_LENGTH: &str = "content-length";

/// What an operation whose body was compressed keeps.
#[derive(Debug)]
struct Compressed {
    plain: SdkBody,
    /// The plain body is sent from now on.
    is_taken_back: bool,
    /// What the server said to the compressed one, while the SDK is made to believe that nothing was answered.
    refusal: Option<OrchestratorError<Error>>,
}

impl Storable for Compressed {
    type Storer = StoreReplace<Self>;
}

/// What the SDK is told in the place of a refusal, since it sends again what was not answered. Seen by whoever watches
/// attempts; the application gets the server's own error, should no other attempt follow after all.
#[derive(Debug, thiserror::Error)]
#[error(
    "the node does not take compressed requests, so this one is sent again uncompressed; nothing was executed"
)]
struct Refused;

/// Compresses the body of an operation, for all its attempts.
pub(crate) fn compress(
    compression: &Compression,
    request: &mut HttpRequest,
    config: &mut ConfigBag,
) {
    let Some(wanted) = compression.request(config) else {
        return;
    };
    if request.headers().contains_key(CONTENT_ENCODING) {
        // The application has done so itself.
        return;
    }
    let Some(compressed) = request.body().bytes().and_then(|body| wanted.encode(body)) else {
        return;
    };
    let headers = request.headers_mut();
    headers.insert(CONTENT_ENCODING, wanted.encoding.name());
    headers.insert(CONTENT_LENGTH, compressed.len().to_string());
    let plain = std::mem::replace(request.body_mut(), SdkBody::from(compressed));
    config.interceptor_state().store_put(Compressed {
        plain,
        is_taken_back: false,
        refusal: None,
    });
}

/// Puts the plain body back before an attempt is signed, if a compressed one was refused: to this operation or, in the
/// meantime, to another.
pub(crate) fn swap_in_plain(
    compression: &Compression,
    request: &mut HttpRequest,
    config: &mut ConfigBag,
) {
    let Some(sent) = config.get_mut_from_interceptor_state::<Compressed>() else {
        return;
    };
    sent.is_taken_back |= !compression.switch.is_on();
    if !sent.is_taken_back {
        return;
    }
    // It is in memory, so this copies nothing.
    let Some(plain) = sent.plain.try_clone() else {
        return;
    };
    let length = plain.bytes().map_or(0, <[u8]>::len);
    let headers = request.headers_mut();
    headers.remove(CONTENT_ENCODING);
    headers.insert(CONTENT_LENGTH, length.to_string());
    *request.body_mut() = plain;
}

/// If the attempt's compressed body was refused, compresses none any more, and has the operation sent again.
pub(crate) fn send_again_if_refused(
    compression: &Compression,
    context: &mut FinalizerInterceptorContextMut<'_>,
    config: &mut ConfigBag,
    can_be_repeated: bool,
    node: impl FnOnce(&mut ConfigBag) -> Option<String>,
) {
    let was_refused = context.response().is_some_and(is_refusal);
    if !was_refused || !is_sent_compressed(config) {
        return;
    }
    compression.switch.turn_off(node(config).as_deref());
    let Some(sent) = config.get_mut_from_interceptor_state::<Compressed>() else {
        return;
    };
    sent.is_taken_back = true;
    if can_be_repeated && let Some(Err(error)) = context.output_or_error_mut() {
        let unanswered = OrchestratorError::response(Refused.into());
        sent.refusal = Some(std::mem::replace(error, unanswered));
    }
}

/// Gives the application the server's own error, if no other attempt followed.
pub(crate) fn restore_error(
    context: &mut FinalizerInterceptorContextMut<'_>,
    config: &mut ConfigBag,
) {
    let Some(Err(error)) = context.output_or_error_mut() else {
        return;
    };
    let refusal = config
        .get_mut_from_interceptor_state::<Compressed>()
        .and_then(|sent| sent.refusal.take());
    if let Some(refusal) = refusal
        && was_refused(error)
    {
        *error = refusal;
    }
}

/// Whether the answer came, although the SDK is told, or thinks, that it broke off.
pub(crate) fn is_peculiar(error: &OrchestratorError<Error>) -> bool {
    was_refused(error) || is_too_large(error)
}

/// Prepares the SDK's decision after such an answer.
pub(crate) fn prepare(context: &FinalizerInterceptorContextRef<'_>, config: &mut ConfigBag) {
    match context.output_or_error() {
        Some(Err(error)) if was_refused(error) => failover::repeat(config),
        Some(Err(error)) if is_too_large(error) => failover::give_up(config),
        Some(_) | None => {}
    }
}

fn was_refused(error: &OrchestratorError<Error>) -> bool {
    sent::chain(error).any(|error| error.is::<Refused>())
}

fn is_too_large(error: &OrchestratorError<Error>) -> bool {
    sent::chain(error)
        .filter_map(|error| error.downcast_ref())
        .any(|error| matches!(error, DecodeError::TooLarge { .. }))
}

fn is_sent_compressed(config: &ConfigBag) -> bool {
    config
        .load::<Compressed>()
        .is_some_and(|sent| !sent.is_taken_back)
}

/// Whether this is what a server says to bytes that it takes for JSON. No other error has this text, and the SDK sends
/// no JSON that cannot be parsed.
fn is_refusal(response: &HttpResponse) -> bool {
    response.status().as_u16() == 400
        && response
            .body()
            .bytes()
            .and_then(|body| std::str::from_utf8(body).ok())
            .is_some_and(|body| {
                body.contains("#ValidationException\"") && body.contains("Parsing JSON failed")
            })
}
