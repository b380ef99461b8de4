//! Changes to a request that is signed already: to what its signature does not cover.

use super::Balancer;
use crate::auth::placeholder;
use crate::route_error::RouteError;
use aws_smithy_runtime_api::client::orchestrator::HttpRequest;
use aws_smithy_runtime_api::http::Headers;

const AUTHORIZATION: &str = "authorization";
const INVOCATION_ID: &str = "amz-sdk-invocation-id";
const REQUEST_INFO: &str = "amz-sdk-request";
const USER_AGENT: &str = "user-agent";
const USER_AGENT_OF_AWS: &str = "x-amz-user-agent";

/// The headers of a signature.
const SIGNATURE: [&str; 3] = [AUTHORIZATION, "x-amz-date", "x-amz-security-token"];

/// The headers in which the SDK describes an attempt.
#[derive(Debug, Default, PartialEq, Eq)]
pub(super) struct AttemptInfo {
    /// The id of the operation, the same for all its attempts.
    pub(super) invocation_id: Option<Box<str>>,
    /// True if it is not the first attempt.
    pub(super) is_retry: bool,
    /// True if the application's retries allow another one.
    pub(super) has_attempt_left: bool,
}

impl AttemptInfo {
    pub(super) fn of(headers: &Headers) -> Self {
        let number = |name: &str| {
            let pairs = headers.get(REQUEST_INFO)?.split(';');
            let mut pairs = pairs.filter_map(|pair| pair.trim().split_once('='));
            let (_, value) = pairs.find(|(key, _)| *key == name)?;
            value.parse::<u32>().ok()
        };
        let attempt = number("attempt");
        Self {
            invocation_id: headers.get(INVOCATION_ID).map(Box::from),
            is_retry: attempt.is_some_and(|attempt| attempt > 1),
            has_attempt_left: attempt
                .zip(number("max"))
                .is_some_and(|(made, max)| made < max),
        }
    }
}

/// Prepares a request: adds the `host` that was signed, unless it is that of the node, and removes a signature that is
/// none, and the headers that only AWS reads, as far as they are not signed. Returns the number of bytes that this
/// saves.
///
/// # Errors
///
/// [`RouteError::Unsigned`] if the request is unsigned, and must not be.
pub(super) fn prepare(
    balancer: &Balancer,
    request: &mut HttpRequest,
    host: Option<&str>,
) -> Result<u64, RouteError> {
    let config = &balancer.cluster.config;
    let headers = request.headers_mut();
    let signature = headers.get(AUTHORIZATION);
    let is_placeholder = signature.is_some_and(placeholder::has_signed);
    let is_unsigned = signature.is_none() || is_placeholder || config.auth.never_signs();
    if is_unsigned {
        if config.auth.forbids_unsigned() && !config.has_client_certificate() {
            return Err(RouteError::Unsigned);
        }
        for name in SIGNATURE {
            headers.remove(name);
        }
    }
    if let Some(host) = host.filter(|_| !headers.contains_key("host")) {
        // Of a URL that was parsed, so that it is visible ASCII.
        let _ = headers.try_insert("host", host.to_owned());
    }
    Ok(match config.minimal_headers {
        true => minimize(headers, is_unsigned, &balancer.user_agent),
        false => 0,
    })
}

/// Removes the headers that only AWS reads. `x-amz-user-agent` is signed, so a signed request keeps it.
fn minimize(headers: &mut Headers, is_unsigned: bool, user_agent: &str) -> u64 {
    let mut saved = 0;
    let mut remove = |name: &str, replacement: usize| {
        if let Some(value) = headers.remove(name) {
            let line = name.len() + ": \r\n".len() + value.len();
            saved += line.saturating_sub(replacement);
        }
    };
    remove(INVOCATION_ID, 0);
    remove(REQUEST_INFO, 0);
    if is_unsigned {
        remove(USER_AGENT_OF_AWS, 0);
    }
    remove(
        USER_AGENT,
        USER_AGENT.len() + ": \r\n".len() + user_agent.len(),
    );
    // Checked by the builder, or visible ASCII as it is.
    let _ = headers.try_insert(USER_AGENT, user_agent.to_owned());
    u64::try_from(saved).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn info(request_info: &'static str) -> (bool, bool) {
        let mut headers = Headers::new();
        headers.insert(REQUEST_INFO, request_info);
        let info = AttemptInfo::of(&headers);
        (info.is_retry, info.has_attempt_left)
    }

    #[test]
    fn number_of_an_attempt_is_read_as_the_sdk_writes_it() {
        assert_eq!(info("attempt=1; max=3"), (false, true));
        assert_eq!(info("attempt=1; max=1"), (false, false));
        assert_eq!(info("ttl=20261129T181500Z; attempt=2; max=3"), (true, true));
        assert_eq!(info("attempt=3; max=3"), (true, false));
        assert_eq!(info("attempt=2"), (true, false));
        for unreadable in [
            "",
            "attempt",
            "attempt=x; max=3",
            ";;=",
            "attempt=-1; max=3",
        ] {
            assert_eq!(info(unreadable), (false, false), "{unreadable}");
        }
        assert_eq!(AttemptInfo::of(&Headers::new()), AttemptInfo::default());
    }

    #[test]
    fn unsigned_headers_are_replaced_and_signed_ones_stay() {
        let headers = || {
            let mut headers = Headers::new();
            headers.insert(INVOCATION_ID, "id");
            headers.insert(REQUEST_INFO, "attempt=1; max=3");
            headers.insert(USER_AGENT, "aws-sdk-rust/1.3.3 os/linux lang/rust/1.94.1");
            headers.insert(USER_AGENT_OF_AWS, "aws-sdk-rust/1.3.3");
            headers
        };
        let mut signed = headers();
        let saved = minimize(&mut signed, false, "short");
        let names: Vec<_> = signed.iter().collect();
        assert_eq!(names.len(), 2, "{names:?}");
        assert_eq!(signed.get(USER_AGENT), Some("short"));
        assert!(signed.contains_key(USER_AGENT_OF_AWS));
        let mut unsigned = headers();
        assert!(minimize(&mut unsigned, true, "short") > saved);
        assert_eq!(unsigned.len(), 1);
    }
}
