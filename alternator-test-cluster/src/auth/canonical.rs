//! The canonical request of SigV4, from which the signature is computed.

use hyper::HeaderMap;

/// Returns the canonical form of a request. The path is always `/` and the query empty, since Alternator ignores both.
pub(super) fn canonical_request(
    headers: &HeaderMap,
    signed_headers: &str,
    payload_hash: &str,
) -> String {
    let mut canonical = String::from("POST\n/\n\n");
    for name in signed_headers.split(';') {
        canonical.push_str(name);
        canonical.push(':');
        for (index, value) in headers.get_all(name).iter().enumerate() {
            if index > 0 {
                canonical.push(',');
            }
            push_normalized(&String::from_utf8_lossy(value.as_bytes()), &mut canonical);
        }
        canonical.push('\n');
    }
    canonical.push('\n');
    canonical.push_str(signed_headers);
    canonical.push('\n');
    canonical.push_str(payload_hash);
    canonical
}

/// Appends a value trimmed of spaces, with each inner run of spaces replaced by one space.
fn push_normalized(value: &str, canonical: &mut String) {
    let words = value.split(' ').filter(|word| !word.is_empty());
    for (index, word) in words.enumerate() {
        if index > 0 {
            canonical.push(' ');
        }
        canonical.push_str(word);
    }
}

#[cfg(test)]
mod tests {
    use hyper::header::HeaderValue;

    use super::*;

    #[test]
    fn runs_of_spaces_are_collapsed_and_repeated_headers_joined() {
        let mut headers = HeaderMap::new();
        headers.append("host", HeaderValue::from_static("node:8000"));
        headers.append("x-note", HeaderValue::from_static("  a   b "));
        headers.append("x-note", HeaderValue::from_static("c"));
        assert_eq!(
            canonical_request(&headers, "host;x-gone;x-note", "HASH"),
            "POST\n/\n\nhost:node:8000\nx-gone:\nx-note:a b,c\n\nhost;x-gone;x-note\nHASH"
        );
    }
}
