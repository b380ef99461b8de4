//! Properties of the responses to internal operations.

#![expect(
    clippy::panic,
    reason = "a property that does not hold is reported by a panic"
)]

use super::response::read;
use super::{InternalError, RawResponse};
use futures_util::FutureExt as _;
use serde_json::Value;

/// The limit of a response: short of the size from which on a body is parsed off the runtime, which there is none of.
const LIMIT: usize = 1 << 12;

/// Checks that a response is the JSON of its body, or an error of the kind that its status and type say.
///
/// The input has the status in the first line, and the body in the others.
pub fn internal_responses(response: &[u8]) {
    let mut parts = response.splitn(2, |byte| *byte == b'\n');
    let status = parts.next().and_then(|line| std::str::from_utf8(line).ok());
    let Some(status) = status.and_then(|line| line.parse().ok()) else {
        return;
    };
    let body = parts.next().unwrap_or_default();
    let raw = RawResponse {
        status,
        body: body.to_vec().into(),
    };
    let Some(result) = read(raw, LIMIT).now_or_never() else {
        panic!("the body is in memory");
    };
    let json = serde_json::from_slice::<Value>(body).ok();
    let kind = json.as_ref().and_then(|json| json.get("__type")?.as_str());
    let kind = kind.map(|kind| kind.rsplit('#').next().unwrap_or_default());
    match result {
        Ok(value) => {
            assert!(status == 200 && body.len() <= LIMIT);
            assert_eq!(Some(value), json);
        }
        Err(InternalError::Unreachable(_)) => {
            assert!(status >= 500 || kind == Some("RequestLimitExceeded"));
        }
        Err(InternalError::Refused(_) | InternalError::NotFound) => {
            assert!((status < 500 && status != 200) && kind.is_some());
        }
        Err(InternalError::Unsupported(_)) => {
            assert!(status != 200 || body.len() > LIMIT || json.is_none());
            assert_ne!(
                kind.filter(|_| body.len() <= LIMIT),
                Some("AccessDeniedException")
            );
        }
    }
}
