//! Checks of a request's JSON document before it is parsed.
//!
//! A stack overflow ends the whole process. Therefore the nesting depth is checked before any recursive parser runs,
//! and without recursion.

use crate::Version;
use crate::api_error::ApiError;

/// Returns an error if the document is not UTF-8, not an object, or nested too deeply.
pub(crate) fn check(document: &[u8], version: Version) -> Result<(), ApiError> {
    if std::str::from_utf8(document).is_err() {
        // Versions without compression parse a compressed body as JSON.
        return Err(if version.supports_compression() {
            ApiError::bad_request("SerializationException", "Request body is not valid UTF-8")
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
                // The server names the offset only.
                Err(error) => ApiError::not_json(format!(
                    "Invalid value. at {}",
                    error.column().saturating_sub(1)
                )),
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
                if depth > MAX_NESTING {
                    return Err(ApiError::not_json(format!(
                        "Max nested level reached: {MAX_NESTING}"
                    )));
                }
            }
            b'}' | b']' => depth = depth.saturating_sub(1),
            _ => {}
        }
    }
    Ok(())
}

/// The largest nesting depth: DynamoDB allows 32 levels in an attribute, each of which is two levels of JSON. The rest
/// is for the levels of a request around an attribute.
const MAX_NESTING: usize = 78;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn document_nested_deeper_than_the_limit_is_rejected() {
        for (open, close) in [("[", "]"), ("{\"M\":", "}")] {
            let nested =
                |levels: usize| format!("{}1{}", open.repeat(levels), close.repeat(levels));
            assert!(check_nesting(nested(MAX_NESTING).as_bytes()).is_ok());
            assert!(check_nesting(nested(MAX_NESTING + 1).as_bytes()).is_err());
            assert!(check_nesting(nested(1_000_000).as_bytes()).is_err());
        }
    }

    #[test]
    fn brackets_in_strings_do_not_count_as_nesting() {
        let text = format!(r#"{{"a":"\"{}"}}"#, "[".repeat(1000));
        assert!(check_nesting(text.as_bytes()).is_ok());
    }

    #[test]
    fn siblings_do_not_count_as_nesting() {
        assert!(check_nesting(format!("[{}]", "[],".repeat(1000)).as_bytes()).is_ok());
    }

    #[test]
    fn documents_that_are_not_objects_are_rejected_with_the_reason() {
        let error_of = |document: &[u8], version| check(document, version).unwrap_err().to_json();
        let now = Version::V2026_1;
        assert!(error_of(b"\xff{}", now).contains("#SerializationException"));
        assert!(error_of(b"\x1f\x8b", Version::V2025_1).contains("#ValidationException"));
        assert!(error_of(b"[1]", now).contains("must be an object"));
        assert!(error_of(b"", now).contains("Parsing JSON failed"));
        assert!(error_of(b"[1", now).contains("Parsing JSON failed"));
        assert!(check(b" \n{}", now).is_ok());
    }
}
