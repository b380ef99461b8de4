//! The signature of a request.

use super::host::host;
use super::signing_keys::SigningKey;
use aws_smithy_runtime_api::client::orchestrator::HttpRequest;
use hmac::Mac as _;
use sha2::{Digest as _, Sha256};

pub(super) const TOKEN: &str = "x-amz-security-token";

const ALGORITHM: &str = "AWS4-HMAC-SHA256";

/// Returns the `authorization` header: a hash of the request in its canonical form, with the headers in the order of
/// their names, and a keyed hash of that with the time and the scope of the key. `None` if the request has anything
/// that the DynamoDB client does not put there.
pub(super) fn authorization(
    request: &HttpRequest,
    token: Option<&str>,
    date: &str,
    key: &SigningKey,
) -> Option<String> {
    let mut target = None;
    for (name, value) in request.headers().iter_bytes() {
        match name {
            "x-amz-target" if target.is_none() => target = Some(value),
            // It names the client, and AWS's own SDKs do not all sign it.
            "x-amz-user-agent" => {}
            "host" | "authorization" => return None,
            _ if name.starts_with("x-amz-") => return None,
            _ => {}
        }
    }
    let target = std::str::from_utf8(target?).ok()?;
    if request.method() != "POST" || !is_word(target) || !token.is_none_or(is_word) {
        return None;
    }
    let host = host(request.uri())?;
    let body = request.body().bytes()?;
    let (token, signed) = match token {
        None => (["", ""], "host;x-amz-date;x-amz-target"),
        Some(token) => (
            ["\nx-amz-security-token:", token],
            "host;x-amz-date;x-amz-security-token;x-amz-target",
        ),
    };

    let mut request = Sha256::new();
    let lines = [
        ["POST\n/\n\nhost:", host],
        ["\nx-amz-date:", date],
        token,
        ["\nx-amz-target:", target],
        ["\n\n", signed],
    ];
    for text in lines.as_flattened() {
        request.update(text);
    }
    request.update("\n");
    request.update(hex(Sha256::digest(body).into()));

    let mut mac = key.mac.clone();
    for text in [ALGORITHM, "\n", date, "\n", &key.scope, "\n"] {
        mac.update(text.as_bytes());
    }
    mac.update(&hex(request.finalize().into()));
    let signature = hex(mac.finalize().into_bytes().into());
    let parts = [
        ALGORITHM,
        " Credential=",
        key.credentials.access_key_id(),
        "/",
        &key.scope,
        ", SignedHeaders=",
        signed,
        ", Signature=",
        std::str::from_utf8(&signature).ok()?,
    ];
    Some(parts.concat())
}

/// Returns whether the value of a header is its own canonical form.
fn is_word(text: &str) -> bool {
    !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_graphic())
}

fn hex(hash: [u8; 32]) -> [u8; 64] {
    let mut text = [0; 64];
    for (digits, byte) in text.chunks_exact_mut(2).zip(hash) {
        for (digit, value) in digits.iter_mut().zip([byte >> 4, byte & 15]) {
            *digit = value + if value < 10 { b'0' } else { b'a' - 10 };
        }
    }
    text
}
