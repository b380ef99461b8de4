//! The checks, in the order in which Alternator makes them.

use std::collections::BTreeMap;
use std::time::{Duration, SystemTime};

use hyper::HeaderMap;
use hyper::header::{AUTHORIZATION, HOST};
use rustack_auth::sigv4::{
    build_string_to_sign, compute_signature, derive_signing_key, hash_payload,
};

use super::credential::Credential;
use super::{canonical, clock};
use crate::Version;
use crate::api_error::ApiError;

/// Verifies who signed a request, over the body as it was received.
pub(crate) fn verify(
    headers: &HeaderMap,
    body: &[u8],
    users: &BTreeMap<String, String>,
    version: Version,
) -> Result<(), ApiError> {
    #[expect(
        clippy::disallowed_methods,
        reason = "signatures are dated by the clients' real clocks"
    )]
    let now = SystemTime::now();
    verify_at(now, headers, body, users, version)
}

/// Returns who says to have signed a request.
pub(crate) fn role(headers: &HeaderMap) -> Option<String> {
    let authorization = headers.get(AUTHORIZATION)?.to_str().ok()?;
    let credential = Credential::parse(authorization).ok()?;
    Some(credential.user.to_owned())
}

fn verify_at(
    now: SystemTime,
    headers: &HeaderMap,
    body: &[u8],
    users: &BTreeMap<String, String>,
    version: Version,
) -> Result<(), ApiError> {
    if !headers.contains_key(HOST) {
        return Err(invalid(
            "Host header is mandatory for signature verification",
        ));
    }
    let Some(authorization) = headers.get(AUTHORIZATION) else {
        return Err(ApiError::refused(
            "MissingAuthenticationTokenException",
            "Authorization header is mandatory for signature verification",
        ));
    };
    let authorization = String::from_utf8_lossy(authorization.as_bytes());
    let credential = Credential::parse(&authorization)?;
    let Some(secret) = users.get(credential.user) else {
        return Err(unrecognized(format!("User not found: {}", credential.user)));
    };
    let date = check_date(now, headers, &credential)?;
    let expected = signature(headers, body, secret, &credential, date);
    if expected.as_deref() == Some(credential.signature) {
        Ok(())
    } else {
        Err(unrecognized(version.wrong_signature()))
    }
}

/// Returns the time at which the request was signed, if it is a signed one, and near enough.
fn check_date<'a>(
    now: SystemTime,
    headers: &'a HeaderMap,
    credential: &Credential<'_>,
) -> Result<&'a str, ApiError> {
    let date = headers
        .get("x-amz-date")
        .and_then(|date| date.to_str().ok());
    let Some(date) = date.filter(|_| credential.signs("x-amz-date")) else {
        return Err(invalid(
            "invalid signature: X-Amz-Date header is mandatory, and must be signed",
        ));
    };
    let (earliest, latest) = (clock::text(now - SKEW), clock::text(now + SKEW));
    if date < earliest.as_str() {
        return Err(invalid(format!(
            "invalid signature: Signature expired: {date} is now earlier than {earliest}"
        )));
    }
    if date > latest.as_str() {
        return Err(invalid(format!(
            "invalid signature: Signature not yet current: {date} is still later than {latest}"
        )));
    }
    if !date.starts_with(credential.date) || credential.date.len() != DAY_LENGTH {
        return Err(invalid(format!(
            "invalid signature: the credential's date {} is not that of X-Amz-Date {date}",
            credential.date
        )));
    }
    Ok(date)
}

fn signature(
    headers: &HeaderMap,
    body: &[u8],
    secret: &str,
    credential: &Credential<'_>,
    date: &str,
) -> Option<String> {
    let Credential {
        date: day,
        region,
        service,
        signed_headers,
        ..
    } = credential;
    let request = canonical::request(headers, signed_headers, &hash_payload(body));
    let scope = format!("{day}/{region}/{service}/aws4_request");
    let text = build_string_to_sign(date, &scope, &hash_payload(request.as_bytes()));
    // They fail for keys that the MAC does not take, which there are none of.
    let key = derive_signing_key(secret, day, region, service).ok()?;
    compute_signature(&key, &text).ok()
}

fn invalid(message: impl Into<String>) -> ApiError {
    ApiError::refused("InvalidSignatureException", message)
}

fn unrecognized(message: impl Into<String>) -> ApiError {
    ApiError::refused("UnrecognizedClientException", message)
}

/// Clocks may differ by this much.
const SKEW: Duration = Duration::from_secs(15 * 60);
/// As in `20260131`.
const DAY_LENGTH: usize = 8;
