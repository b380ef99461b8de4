//! What a node answers to a call.

use super::CallError;
use crate::internal::raw_response::{ReadError, Unread};
use serde_json::Value;

/// Reads the answer, unless it is longer than `limit` bytes.
pub(crate) async fn read(answer: Unread, limit: usize) -> Result<Value, CallError> {
    let status = answer.status;
    match answer.read(limit).await {
        Ok(body) => judge(status, &body),
        Err(ReadError::Broken(error)) => Err(CallError::Unreachable(error)),
        Err(ReadError::TooLong) => {
            let text = format!("the answer is longer than {limit} bytes");
            Err(CallError::NotUnderstood(text))
        }
    }
}

fn judge(status: u16, body: &[u8]) -> Result<Value, CallError> {
    if status >= 500 {
        let text = format!("a node answers with status {status}");
        return Err(CallError::Unreachable(text.into()));
    }
    let json: Result<Value, _> = serde_json::from_slice(body);
    match (status, json) {
        (200, Ok(json)) => Ok(json),
        (200, Err(error)) => Err(CallError::NotUnderstood(error.to_string())),
        (_, Ok(error)) if error.get("__type").is_some() => {
            let text = |name| error.get(name).and_then(Value::as_str).unwrap_or_default();
            let kind = text("__type");
            let kind = kind.rsplit_once('#').map_or(kind, |(_, kind)| kind);
            Err(CallError::of(kind, text("message")))
        }
        (_, Ok(_) | Err(_)) => {
            let text = format!("an answer with status {status}");
            Err(CallError::NotUnderstood(text))
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    async fn read(status: u16, body: &'static str) -> Result<Value, CallError> {
        let body = body.into();
        super::read(Unread { status, body }, 100).await
    }

    async fn error(status: u16, body: &'static str) -> CallError {
        read(status, body).await.unwrap_err()
    }

    #[tokio::test]
    async fn an_answer_is_json() {
        let answer = read(200, r#"{"a": 1}"#).await.unwrap();
        assert_eq!(answer, serde_json::json!({"a": 1}));
        for odd in ["", "{", "<html>"] {
            assert!(matches!(error(200, odd).await, CallError::NotUnderstood(_)));
        }
    }

    #[tokio::test]
    async fn what_is_too_long_is_not_read() {
        let long: &str = Box::leak(format!("{:?}", "a".repeat(99)).into_boxed_str());
        assert!(matches!(
            error(200, long).await,
            CallError::NotUnderstood(_)
        ));
    }

    #[tokio::test]
    async fn errors_of_the_server_are_told_apart() {
        let refused = r#"{"__type": "com.amazonaws.dynamodb.v20120810#AccessDeniedException", "message": "no"}"#;
        assert!(
            matches!(error(400, refused).await, CallError::Refused(text) if text.ends_with(": no"))
        );
        let gone = r#"{"__type": "ResourceNotFoundException"}"#;
        assert!(matches!(error(400, gone).await, CallError::NotFound));
        let busy = r#"{"__type": "x#RequestLimitExceeded", "message": "too many"}"#;
        assert!(matches!(error(400, busy).await, CallError::Unreachable(_)));
        let unknown = r#"{"__type": "x#UnknownOperationException"}"#;
        assert!(matches!(
            error(400, unknown).await,
            CallError::NotUnderstood(_)
        ));
        assert!(matches!(
            error(404, "not here").await,
            CallError::NotUnderstood(_)
        ));
        assert!(matches!(
            error(503, "wait").await,
            CallError::Unreachable(_)
        ));
    }
}
