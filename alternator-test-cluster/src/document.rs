//! What is refused of a request's body before anyone reads it.
//!
//! A stack that overflows ends the whole process, so depth is measured before anything recurses, without recursing.

use crate::Version;
use crate::api_error::ApiError;

/// Refuses what is not UTF-8, not an object, or nests too deep.
pub(crate) fn check(document: &[u8], version: Version) -> Result<(), ApiError> {
    if std::str::from_utf8(document).is_err() {
        // Old servers take a compressed body for JSON.
        return Err(if version.compresses() {
            ApiError::refused("SerializationException", "Request body is not valid UTF-8")
        } else {
            ApiError::not_json("Invalid value. at 0")
        });
    }
    check_nesting(document)?;
    let first = document.iter().find(|byte| !byte.is_ascii_whitespace());
    match first {
        Some(b'{') => Ok(()),
        None => Err(ApiError::not_json("The document is empty. at 0")),
        Some(_) => Err(
            match serde_json::from_slice::<serde::de::IgnoredAny>(document) {
                Ok(_) => ApiError::validation("Request content must be an object"),
                Err(error) => ApiError::not_json(error),
            },
        ),
    }
}

fn check_nesting(document: &[u8]) -> Result<(), ApiError> {
    let mut depth = 0_usize;
    let mut in_string = false;
    let mut escaped = false;
    for byte in document {
        if in_string {
            match byte {
                _ if escaped => escaped = false,
                b'\\' => escaped = true,
                b'"' => in_string = false,
                _ => {}
            }
            continue;
        }
        match byte {
            b'"' => in_string = true,
            b'{' | b'[' => {
                depth += 1;
                if depth > DOCUMENT_LEVELS {
                    return Err(ApiError::not_json(format!(
                        "Max nested level reached: {DOCUMENT_LEVELS}"
                    )));
                }
            }
            b'}' | b']' => depth = depth.saturating_sub(1),
            _ => {}
        }
    }
    Ok(())
}

/// DynamoDB allows 32 levels in an attribute, each of which is two levels of JSON. What is around an attribute in a
/// request takes some more.
const DOCUMENT_LEVELS: usize = 78;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn depth_is_refused_from_one_level_past_the_limit() {
        for (open, close) in [("[", "]"), ("{\"M\":", "}")] {
            let nested =
                |levels: usize| format!("{}1{}", open.repeat(levels), close.repeat(levels));
            assert!(check_nesting(nested(DOCUMENT_LEVELS).as_bytes()).is_ok());
            assert!(check_nesting(nested(DOCUMENT_LEVELS + 1).as_bytes()).is_err());
            assert!(check_nesting(nested(1_000_000).as_bytes()).is_err());
        }
    }

    #[test]
    fn brackets_in_strings_do_not_count() {
        let text = format!(r#"{{"a":"\"{}"}}"#, "[".repeat(1000));
        assert!(check_nesting(text.as_bytes()).is_ok());
    }

    #[test]
    fn siblings_do_not_count() {
        assert!(check_nesting(format!("[{}]", "[],".repeat(1000)).as_bytes()).is_ok());
    }

    #[test]
    fn what_is_no_object_is_refused_by_kind() {
        let refusal = |document: &[u8], version| check(document, version).unwrap_err().to_json();
        let now = Version::V2026_1;
        assert!(refusal(b"\xff{}", now).contains("#SerializationException"));
        assert!(refusal(b"\x1f\x8b", Version::V2025_1).contains("#ValidationException"));
        assert!(refusal(b"[1]", now).contains("must be an object"));
        assert!(refusal(b"", now).contains("Parsing JSON failed"));
        assert!(refusal(b"[1", now).contains("Parsing JSON failed"));
        assert!(check(b" \n{}", now).is_ok());
    }
}
