//! The signature of a request.

use super::amz_date::AmzDate;
use super::host::host;
use super::signing_keys::SigningKey;
use aws_smithy_runtime_api::client::orchestrator::HttpRequest;
use hmac::Mac as _;
use sha2::{Digest as _, Sha256};

pub(super) const TOKEN: &str = "x-amz-security-token";

/// The parts of a request that are signed.
#[derive(Debug)]
pub(crate) struct SignedParts<'a> {
    host: &'a str,
    target: &'a str,
    token: Option<&'a str>,
    body: &'a [u8],
}

impl<'a> SignedParts<'a> {
    /// `None` if the request has anything that the DynamoDB client does not put there.
    pub(crate) fn of(request: &'a HttpRequest, token: Option<&'a str>) -> Option<Self> {
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
        if request.method() != "POST" {
            return None;
        }
        Some(Self {
            host: host(request.uri())?,
            target: std::str::from_utf8(target?).ok().filter(is_word)?,
            token: match token {
                Some(token) => Some(Some(token).filter(is_word)?),
                None => None,
            },
            body: request.body().bytes()?,
        })
    }

    /// The `authorization` header: a hash of the request in its canonical form, with the headers in the order of their
    /// names, and a keyed hash of that with the time and the scope of the key.
    pub(crate) fn authorization(&self, date: &AmzDate, key: &SigningKey) -> String {
        let mut request = Sha256::new();
        let mut write = |text: &str| request.update(text.as_bytes());
        [
            "POST\n/\n\nhost:",
            self.host,
            "\nx-amz-date:",
            date.as_str(),
        ]
        .into_iter()
        .for_each(&mut write);
        if let Some(token) = self.token {
            ["\n", TOKEN, ":", token].into_iter().for_each(&mut write);
        }
        let body = hex(Sha256::digest(self.body).into());
        let signed = self.signed();
        ["\nx-amz-target:", self.target, "\n\n", signed, "\n"]
            .into_iter()
            .for_each(&mut write);
        request.update(body);
        let request = hex(request.finalize().into());

        let mut mac = key.mac();
        for text in [ALGORITHM, "\n", date.as_str(), "\n", key.scope(), "\n"] {
            mac.update(text.as_bytes());
        }
        mac.update(&request);
        let signature = hex(mac.finalize().into_bytes().into());
        // Digits and letters.
        let signature = std::str::from_utf8(&signature).unwrap_or_default();
        [
            ALGORITHM,
            " Credential=",
            key.access_key_id(),
            "/",
            key.scope(),
            ", SignedHeaders=",
            signed,
            ", Signature=",
            signature,
        ]
        .concat()
    }

    fn signed(&self) -> &'static str {
        match self.token {
            None => "host;x-amz-date;x-amz-target",
            Some(_) => "host;x-amz-date;x-amz-security-token;x-amz-target",
        }
    }
}

const ALGORITHM: &str = "AWS4-HMAC-SHA256";

/// Returns whether the value of a header is its own canonical form.
fn is_word(text: &&str) -> bool {
    !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_graphic())
}

fn hex(hash: [u8; 32]) -> [u8; 64] {
    let mut text = [0; 64];
    for (digits, byte) in text.chunks_exact_mut(2).zip(hash) {
        for (digit, value) in digits.iter_mut().zip([byte >> 4, byte & 15]) {
            *digit = if value < 10 {
                b'0' + value
            } else {
                b'a' + value - 10
            };
        }
    }
    text
}
