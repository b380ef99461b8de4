//! Properties of the outcomes of responses.

use super::{Outcome, ResponseParts};
use serde_json::{Map, Value};

/// Checks that the error of a server is recognised by its type wherever it stands in the body, that a page of another
/// program is foreign, and that a clock that deviates changes refused signatures only.
///
/// The input has the status in the first line, the content type in the second, and the body in the others.
pub fn error_responses(response: &[u8]) {
    let mut parts = response.splitn(3, |byte| *byte == b'\n');
    let mut line = || std::str::from_utf8(parts.next()?).ok();
    let (Some(status), Some(content_type)) = (line(), line()) else {
        return;
    };
    let (Ok(status), body) = (status.parse(), parts.next().unwrap_or_default()) else {
        return;
    };
    let parts = ResponseParts {
        status,
        content_type: Some(content_type).filter(|it| !it.is_empty()),
        error_type_header: None,
        body: Some(body),
        has_skewed_date: false,
    };
    let skewed = ResponseParts {
        has_skewed_date: true,
        ..parts
    };
    let outcome = parts.outcome();
    assert!(skewed.outcome() == outcome || skewed.outcome() == Outcome::ClockSkew);
    assert_ne!(outcome, Outcome::ClockSkew);
    if body.trim_ascii().starts_with(b"<") && (200..500).contains(&status) {
        assert!(outcome == Outcome::Foreign || matches!(status, 413 | 418) || has_type(body));
    }
    let unread = ResponseParts {
        body: None,
        ..parts
    };
    assert!(unread.outcome() != Outcome::Foreign || !(400..500).contains(&status));
    if let Ok(Value::Object(error)) = serde_json::from_slice(body) {
        check_error(parts, error);
    }
}

fn has_type(body: &[u8]) -> bool {
    body.windows(8).any(|part| part == b"\"__type\"")
}

/// Checks the outcome of an error, written as servers write it: each member once, and nothing escaped in a type.
fn check_error(parts: ResponseParts<'_>, error: Map<String, Value>) {
    let mut others = error.iter().filter(|(name, _)| *name != "__type");
    // Items are the only other objects of an error.
    if others.any(|(_, value)| has_typed_object(value)) {
        return;
    }
    let Some(kind) = error.get("__type").and_then(Value::as_str) else {
        return;
    };
    let body = Value::Object(error.clone()).to_string();
    if body.contains('\\') {
        return;
    }
    let parts = ResponseParts {
        body: Some(body.as_bytes()),
        ..parts
    };
    let kind = kind.split(':').next().unwrap_or_default();
    let kind = kind.rsplit('#').next().unwrap_or_default();
    let is_overload = kind == "ThrottlingException" || kind == "RequestLimitExceeded";
    match (parts.status, parts.outcome()) {
        (413 | 418, _) => {}
        (400..500, outcome) if is_overload => assert_eq!(outcome, Outcome::Overloaded),
        (400..500, outcome) => {
            assert!(matches!(outcome, Outcome::Responded | Outcome::Overloaded));
        }
        (500.., outcome) => assert_ne!(outcome, Outcome::Foreign),
        _ => {}
    }
}

/// Returns whether there is a `__type` that is a text, which the attributes of an item never are.
fn has_typed_object(value: &Value) -> bool {
    match value {
        Value::Object(members) => {
            let mut members = members.iter();
            members.any(|(name, value)| {
                (name == "__type" && value.is_string()) || has_typed_object(value)
            })
        }
        Value::Array(elements) => elements.iter().any(has_typed_object),
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) => false,
    }
}
