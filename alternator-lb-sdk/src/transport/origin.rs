//! The origin of a URI (RFC 6454), which is what nodes have as their URLs.

/// Returns the scheme and authority of a URI.
pub(super) fn origin(uri: &str) -> &str {
    let authority = uri.find("://").map_or(0, |scheme| scheme + "://".len());
    let path = uri.get(authority..).and_then(|rest| rest.find(['/', '?']));
    let end = path.map_or(uri.len(), |path| authority + path);
    uri.get(..end).unwrap_or(uri)
}

#[cfg(test)]
mod tests {
    use super::origin;

    #[test]
    fn origin_is_what_precedes_the_path() {
        for (uri, endpoint) in [
            ("http://10.0.0.1:8000/", "http://10.0.0.1:8000"),
            ("http://10.0.0.1:8000", "http://10.0.0.1:8000"),
            ("https://[::1]:8043/bucket/key?x=/", "https://[::1]:8043"),
            ("https://name?list=1", "https://name"),
            ("/path", ""),
            ("https://[::1]:8043/localnodes?dc=dc1", "https://[::1]:8043"),
            ("http://node?dc=a/b", "http://node"),
            ("/localnodes", ""),
            ("", ""),
        ] {
            assert_eq!(origin(uri), endpoint, "{uri}");
        }
    }
}
