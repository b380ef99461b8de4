//! The response of a node to an internal operation.

use super::InternalError;
use crate::internal::raw_response::RawResponse;
use serde_json::Value;
use tokio::task::spawn_blocking;

/// Reads a response of at most `limit` bytes.
pub(crate) async fn read(response: RawResponse, limit: usize) -> Result<Value, InternalError> {
    let status = response.status;
    let body = response.read(limit).await;
    let Some(body) = body.map_err(InternalError::Unreachable)? else {
        let text = format!("the response is longer than {limit} bytes");
        return Err(InternalError::Unsupported(text));
    };
    if status >= 500 {
        let text = format!("a node responds with status {status}");
        return Err(InternalError::Unreachable(text.into()));
    }
    let json = parse(body).await?;
    if status == 200 {
        return json.map_err(|error| InternalError::Unsupported(error.to_string()));
    }
    let error = json.unwrap_or_default();
    let text = |name| error.get(name).and_then(Value::as_str).unwrap_or_default();
    Err(match text("__type") {
        "" => InternalError::Unsupported(format!("a response with status {status}")),
        kind => {
            let kind = kind.rsplit_once('#').map_or(kind, |(_, kind)| kind);
            InternalError::from_response(kind, text("message"))
        }
    })
}

/// A longer body is parsed where it delays no request: a megabyte of JSON takes some ten milliseconds.
const LARGE_BODY: usize = 64 << 10;

async fn parse(body: Vec<u8>) -> Result<Result<Value, serde_json::Error>, InternalError> {
    if body.len() <= LARGE_BODY {
        return Ok(serde_json::from_slice(&body));
    }
    let parsing = spawn_blocking(move || serde_json::from_slice(&body));
    // An error says that the runtime is being dropped.
    parsing
        .await
        .map_err(|error| InternalError::Unreachable(error.into()))
}

#[cfg(test)]
mod tests {
    use super::*;
    use futures_util::FutureExt as _;

    async fn read(status: u16, body: &'static str) -> Result<Value, InternalError> {
        let body = body.into();
        super::read(RawResponse { status, body }, 100).await
    }

    async fn error(status: u16, body: &'static str) -> InternalError {
        read(status, body).await.unwrap_err()
    }

    #[tokio::test]
    async fn successful_response_is_parsed_as_json() {
        let response = read(200, r#"{"a": 1}"#).await.unwrap();
        assert_eq!(response, serde_json::json!({"a": 1}));
        for odd in ["", "{", "<html>"] {
            assert!(matches!(
                error(200, odd).await,
                InternalError::Unsupported(_)
            ));
        }
    }

    #[test]
    fn large_body_is_parsed_off_the_runtime_and_a_small_one_at_once() {
        let runtime = tokio::runtime::Builder::new_current_thread()
            .max_blocking_threads(1)
            .build();
        let runtime = runtime.unwrap();
        // Until it is released, nothing is done off the runtime.
        let (release, released) = std::sync::mpsc::channel::<()>();
        runtime.spawn_blocking(move || released.recv());
        runtime.block_on(async {
            let body = |length: usize| (" ".repeat(length - 1) + "7").into_bytes();
            assert!(parse(body(LARGE_BODY)).now_or_never().is_some());
            let mut parsing = Box::pin(parse(body(LARGE_BODY + 1)));
            assert!((&mut parsing).now_or_never().is_none());
            drop(release);
            assert_eq!(parsing.await.unwrap().unwrap(), 7);
        });
    }

    #[tokio::test]
    async fn response_beyond_the_limit_is_not_read() {
        let long: &str = Box::leak(format!("{:?}", "a".repeat(99)).into_boxed_str());
        assert!(matches!(
            error(200, long).await,
            InternalError::Unsupported(_)
        ));
    }

    #[tokio::test]
    async fn server_errors_are_classified_by_type_and_status() {
        let refused = r#"{"__type": "com.amazonaws.dynamodb.v20120810#AccessDeniedException", "message": "no"}"#;
        assert!(
            matches!(error(400, refused).await, InternalError::Refused(text) if text.ends_with(": no"))
        );
        let gone = r#"{"__type": "ResourceNotFoundException"}"#;
        assert!(matches!(error(400, gone).await, InternalError::NotFound));
        let busy = r#"{"__type": "x#RequestLimitExceeded", "message": "too many"}"#;
        assert!(matches!(
            error(400, busy).await,
            InternalError::Unreachable(_)
        ));
        let unknown = r#"{"__type": "x#UnknownOperationException"}"#;
        assert!(matches!(
            error(400, unknown).await,
            InternalError::Unsupported(_)
        ));
        assert!(matches!(
            error(404, "not here").await,
            InternalError::Unsupported(_)
        ));
        assert!(matches!(
            error(503, "wait").await,
            InternalError::Unreachable(_)
        ));
    }
}
