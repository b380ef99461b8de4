//! The `host` header of a request, before the HTTP client adds it.

/// The `host` header that the HTTP client makes of a URI: its authority, without the port if that is the scheme's own.
/// `None` if the URI is anything but scheme, plain host, port and the path `/`.
pub(crate) fn host(uri: &str) -> Option<&str> {
    let (rest, port_of_scheme) = match uri.strip_prefix("http://") {
        Some(rest) => (rest, "80"),
        None => (uri.strip_prefix("https://")?, "443"),
    };
    let authority = rest.strip_suffix('/').unwrap_or(rest);
    let (name, port) = match authority.rsplit_once(':') {
        // The last colon of an IPv6 address is inside of its brackets.
        Some((name, port)) if !port.ends_with(']') => (name, port),
        _ => (authority, port_of_scheme),
    };
    let address = name.strip_prefix('[').and_then(|it| it.strip_suffix(']'));
    let punctuation: &[u8] = if address.is_some() { b":-._" } else { b"-._" };
    let is_plain = |byte: u8| byte.is_ascii_alphanumeric() || punctuation.contains(&byte);
    let plain = address.unwrap_or(name);
    if plain.is_empty() || !plain.bytes().all(is_plain) {
        return None;
    }
    if port == port_of_scheme {
        return Some(name);
    }
    (port.parse::<u16>().is_ok() && !port.starts_with(['0', '+'])).then_some(authority)
}

#[cfg(test)]
mod tests {
    use super::host;

    #[test]
    fn host_is_the_authority_without_a_default_port() {
        for (uri, expected) in [
            ("http://10.0.0.1:8000/", "10.0.0.1:8000"),
            ("http://10.0.0.1:8000", "10.0.0.1:8000"),
            ("http://10.0.0.1:80/", "10.0.0.1"),
            ("http://10.0.0.1:443/", "10.0.0.1:443"),
            ("https://node-1.example_2:443/", "node-1.example_2"),
            ("https://node:80/", "node:80"),
            ("https://node/", "node"),
            ("http://[::1]:8000/", "[::1]:8000"),
            ("http://[fe80::1]:80/", "[fe80::1]"),
            ("http://[::1]/", "[::1]"),
        ] {
            assert_eq!(host(uri), Some(expected), "{uri}");
        }
    }

    #[test]
    fn unusual_authority_is_left_to_the_sdk() {
        for uri in [
            "",
            "/",
            "ftp://node/",
            "HTTP://node/",
            "http:///",
            "http://:80/",
            "http://node:/",
            "http://node:080/",
            "http://node:+80/",
            "http://node:http/",
            "http://node:70000/",
            "http://user@node/",
            "http://node/path",
            "http://node//",
            "http://node/?query",
            "http://node/#fragment",
            "http://no de/",
            "http://%6eode/",
            "http://knödel/",
            "http://[::1/",
            "http://[::1]8000/",
        ] {
            assert_eq!(host(uri), None, "{uri}");
        }
    }
}
