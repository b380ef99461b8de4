//! Signature verification, with the checks in the order in which Alternator makes them.

use std::collections::BTreeMap;
use std::time::{Duration, SystemTime};

use hyper::HeaderMap;
use hyper::header::{AUTHORIZATION, HOST};
use rustack_auth::sigv4::{
    build_string_to_sign, compute_signature, derive_signing_key, hash_payload,
};

use super::amz_date;
use super::authorization::Authorization;
use super::canonical::canonical_request;
use crate::Version;
use crate::api_error::ApiError;

/// Returns the role named in the `Authorization` header, without verifying the signature.
pub(crate) fn claimed_role(headers: &HeaderMap) -> Option<String> {
    let header = headers.get(AUTHORIZATION)?.to_str().ok()?;
    let authorization = Authorization::parse(header).ok()?;
    Some(authorization.user.to_owned())
}

/// Verifies the signature of a request at the time `now`, over the body as received.
pub(crate) fn verify(
    now: SystemTime,
    headers: &HeaderMap,
    body: &[u8],
    users: &BTreeMap<String, String>,
    version: Version,
) -> Result<(), ApiError> {
    if !headers.contains_key(HOST) {
        return Err(invalid_signature(
            "Host header is mandatory for signature verification",
        ));
    }
    let Some(header) = headers.get(AUTHORIZATION) else {
        return Err(ApiError::bad_request(
            "MissingAuthenticationTokenException",
            "Authorization header is mandatory for signature verification",
        ));
    };
    let header = String::from_utf8_lossy(header.as_bytes());
    let authorization = Authorization::parse(&header)?;
    let Some(secret) = users.get(authorization.user) else {
        return Err(unrecognized_client(format!(
            "User not found: {}",
            authorization.user
        )));
    };
    let date = check_date(now, headers, &authorization)?;
    let expected = signature(headers, body, secret, &authorization, date);
    if expected.as_deref() == Some(authorization.signature) {
        Ok(())
    } else {
        Err(unrecognized_client(version.wrong_signature_message()))
    }
}

/// Returns the `X-Amz-Date` of the request, if that header is signed and within the allowed clock skew.
fn check_date<'a>(
    now: SystemTime,
    headers: &'a HeaderMap,
    authorization: &Authorization<'_>,
) -> Result<&'a str, ApiError> {
    let date = headers
        .get("x-amz-date")
        .and_then(|date| date.to_str().ok());
    let Some(date) = date.filter(|_| authorization.signs("x-amz-date")) else {
        return Err(invalid_signature(
            "invalid signature: X-Amz-Date header is mandatory, and must be signed",
        ));
    };
    let (earliest, latest) = (
        amz_date::format(now - MAX_CLOCK_SKEW),
        amz_date::format(now + MAX_CLOCK_SKEW),
    );
    if date < earliest.as_str() {
        return Err(invalid_signature(format!(
            "invalid signature: Signature expired: {date} is now earlier than {earliest}"
        )));
    }
    if date > latest.as_str() {
        return Err(invalid_signature(format!(
            "invalid signature: Signature not yet current: {date} is still later than {latest}"
        )));
    }
    if !date.starts_with(authorization.date) || authorization.date.len() != CREDENTIAL_DATE_LENGTH {
        return Err(invalid_signature(format!(
            "invalid signature: the credential's date {} is not that of X-Amz-Date {date}",
            authorization.date
        )));
    }
    Ok(date)
}

/// Returns the signature that the request must have if it was signed with `secret`.
fn signature(
    headers: &HeaderMap,
    body: &[u8],
    secret: &str,
    authorization: &Authorization<'_>,
    date: &str,
) -> Option<String> {
    let Authorization {
        date: day,
        region,
        service,
        signed_headers,
        ..
    } = authorization;
    let request = canonical_request(headers, signed_headers, &hash_payload(body));
    let scope = format!("{day}/{region}/{service}/aws4_request");
    let text = build_string_to_sign(date, &scope, &hash_payload(request.as_bytes()));
    // Both fail only for keys that the MAC does not accept, and HMAC accepts keys of any length.
    let key = derive_signing_key(secret, day, region, service).ok()?;
    compute_signature(&key, &text).ok()
}

fn invalid_signature(message: impl Into<String>) -> ApiError {
    ApiError::bad_request("InvalidSignatureException", message)
}

fn unrecognized_client(message: impl Into<String>) -> ApiError {
    ApiError::bad_request("UnrecognizedClientException", message)
}

/// The largest accepted difference between the clocks of client and server, as in Alternator.
const MAX_CLOCK_SKEW: Duration = Duration::from_secs(15 * 60);
/// The length of `20260131`.
const CREDENTIAL_DATE_LENGTH: usize = 8;
