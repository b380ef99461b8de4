//! The outcome of an attempt by the response: what a status and a text of ScyllaDB say about the node.

use super::Outcome;

/// The parts of a response that say something about the node.
#[derive(Clone, Copy, Debug)]
pub struct ResponseParts<'a> {
    /// The HTTP status.
    pub status: u16,
    /// The header `content-type`.
    pub content_type: Option<&'a str>,
    /// The error type in a header, as some engines send it beside the body or in its place.
    pub error_type_header: Option<&'a str>,
    /// The body, decompressed. `None` if it is not known.
    pub body: Option<&'a [u8]>,
    /// True if the request was signed with a date that the node's clock does not allow.
    pub has_skewed_date: bool,
}

/// The outcomes of server errors (500) by their texts; the first that the body contains counts.
///
/// Recorded from ScyllaDB 2026.3, or in its messages; that about deflate is taken to be as that about gzip. Most of
/// them say nothing about the node that responds. A server error with any other text says that the node may be ill.
const SERVER_ERRORS: [(&str, Outcome); 11] = [
    ("too many in-flight requests", Outcome::Overloaded),
    ("write timeout due to uncertainty", Outcome::Contention),
    ("with replication factor 0", Outcome::NoReplicas),
    (
        "for cl LOCAL_SERIAL. Requires 1, alive 0",
        Outcome::NoLiveReplica,
    ),
    ("Cannot achieve consistency level", Outcome::ReplicaError),
    ("Operation timed out for", Outcome::ReplicaError),
    ("Operation failed for", Outcome::ReplicaError),
    ("Per-partition rate limit reached", Outcome::ReplicaError),
    ("Error during gzip decompression", Outcome::Responded),
    ("Error during deflate decompression", Outcome::Responded),
    ("Unsupported Content-Encoding", Outcome::Responded),
];

/// The types of errors by which a node or a table sheds load. They come with status 400.
const OVERLOAD: [&str; 3] = [
    "RequestLimitExceeded",
    "ThrottlingException",
    "ProvisionedThroughputExceededException",
];

/// The types of errors by which a node refuses a signature, among others for its date: those that the SDK takes for an
/// effect of clock skew.
const SIGNATURE_REFUSED: [&str; 5] = [
    "InvalidSignatureException",
    "SignatureDoesNotMatch",
    "AuthFailure",
    "RequestTimeTooSkewed",
    "AccessDeniedException",
];

/// The longest code of an error: DynamoDB's longest has half as many letters.
const MAX_CODE_LENGTH: usize = 96;

/// The status of the response with which `aws-smithy-mocks` accompanies a mocked output.
const MOCKED: u16 = 418;

impl ResponseParts<'_> {
    /// Returns what the response says about the node.
    ///
    /// | status | body | outcome |
    /// |---|---|---|
    /// | 2xx | JSON, or not known | [`Responded`](Outcome::Responded) |
    /// | 413 | any: an HTTP server may refuse a long body by itself | `Responded` |
    /// | 418 | any: the mocks of the SDK send it in place of a response | `Responded` |
    /// | 4xx | an error of DynamoDB: throttling | [`Overloaded`](Outcome::Overloaded) |
    /// | | the signature is refused, and its date is skewed | [`ClockSkew`](Outcome::ClockSkew) |
    /// | | any other | `Responded` |
    /// | 5xx | a text about other nodes, or about the request | see `SERVER_ERRORS` |
    /// | | anything else | [`ServerError`](Outcome::ServerError) |
    /// | anything else | | [`Foreign`](Outcome::Foreign) |
    pub fn outcome(&self) -> Outcome {
        match self.status {
            200..300 if self.may_be_json() => Outcome::Responded,
            413 | MOCKED => Outcome::Responded,
            400..500 => match self.error_type() {
                Some(error) if OVERLOAD.contains(&error) => Outcome::Overloaded,
                Some(error) if self.has_skewed_date && SIGNATURE_REFUSED.contains(&error) => {
                    Outcome::ClockSkew
                }
                Some(_) => Outcome::Responded,
                None if self.body.is_none() => Outcome::Responded,
                None => Outcome::Foreign,
            },
            500.. => self.server_error(),
            _ => Outcome::Foreign,
        }
    }

    /// Returns the code of DynamoDB's error, if the response has one. A text that does not look like a code is left out:
    /// it may be anything that another program sends.
    #[must_use]
    pub fn error_code(&self) -> Option<&str> {
        let is_code = |code: &str| {
            code.len() <= MAX_CODE_LENGTH && code.bytes().all(|byte| byte.is_ascii_alphanumeric())
        };
        self.error_type().filter(|code| is_code(code))
    }

    fn server_error(&self) -> Outcome {
        let text = self
            .error_type()
            .and_then(|_| self.text())
            .unwrap_or_default();
        let known = SERVER_ERRORS.iter().find(|(part, _)| text.contains(part));
        known.map_or(Outcome::ServerError, |(_, outcome)| *outcome)
    }

    /// Returns whether the response can be Alternator's, whose bodies are JSON objects. A test double may leave out
    /// header and body.
    fn may_be_json(&self) -> bool {
        let is_declared = self.content_type.is_none_or(|it| it.contains("json"));
        is_declared
            && self.body.is_none_or(|body| {
                let body = body.trim_ascii();
                body.starts_with(b"{") || body.is_empty()
            })
    }

    /// Returns the type of an error of DynamoDB, without the namespace.
    fn error_type(&self) -> Option<&str> {
        let of_body = || {
            // Within a string of JSON the quotes would be escaped. The item that failed a condition comes first; an
            // attribute of this name has an object as its value.
            let mut members = self.text()?.split("\"__type\"").skip(1);
            members.find_map(text_of_member)
        };
        let error = self.error_type_header.or_else(of_body)?;
        let (error, _) = error.split_once(':').unwrap_or((error, ""));
        Some(error.rsplit('#').next().unwrap_or(error))
    }

    fn text(&self) -> Option<&str> {
        std::str::from_utf8(self.body?).ok()
    }
}

/// Returns the value of a member, given what follows its name. `None` if it is no string.
fn text_of_member(rest: &str) -> Option<&str> {
    let value = rest.trim_start().strip_prefix(':')?.trim_start();
    let (text, _) = value.strip_prefix('"')?.split_once('"')?;
    Some(text)
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::Value;

    fn response(status: u16, content_type: &'static str, body: &str) -> Outcome {
        let parts = ResponseParts {
            status,
            content_type: Some(content_type),
            error_type_header: None,
            body: Some(body.as_bytes()),
            has_skewed_date: false,
        };
        parts.outcome()
    }

    const AMAZON: &str = "application/x-amz-json-1.0";

    /// The responses of a real server, and what each says about the node that sent it.
    #[test]
    fn recorded_errors_have_the_outcome_of_the_table() {
        let recorded: Value =
            serde_json::from_str(include_str!("response_outcome/real-errors.json")).unwrap();
        let outcome_of = |name: &str| {
            let response_of = &recorded[name];
            let status = response_of["status"].as_str().unwrap();
            let status = status.split(' ').nth(1).unwrap().parse().unwrap();
            response(status, AMAZON, response_of["body"].as_str().unwrap())
        };
        let expected = [
            ("no such table", Outcome::Responded),
            ("unknown operation", Outcome::Responded),
            ("gzip that is not gzip", Outcome::Responded),
            ("unknown encoding", Outcome::Responded),
            ("not JSON", Outcome::Responded),
            ("CAS contention", Outcome::Contention),
            ("per-partition rate limit, write", Outcome::ReplicaError),
            (
                "node of a datacenter without replicas, read",
                Outcome::NoReplicas,
            ),
            (
                "node of a datacenter without replicas, quorum read",
                Outcome::NoReplicas,
            ),
            (
                "node of a datacenter without replicas, write",
                Outcome::NoReplicas,
            ),
            (
                "node of a datacenter without replicas, conditional write",
                Outcome::NoLiveReplica,
            ),
            ("quorum lost, not yet noticed, write", Outcome::ReplicaError),
            ("quorum lost, write", Outcome::ReplicaError),
            ("quorum lost, consistent read", Outcome::ReplicaError),
            ("quorum lost, conditional write", Outcome::ReplicaError),
        ];
        for (name, outcome) in expected {
            assert_eq!(outcome_of(name), outcome, "{name}");
        }
        let operations = recorded
            .as_object()
            .unwrap()
            .values()
            .filter(|it| it.is_object());
        assert_eq!(
            operations.count(),
            expected.len(),
            "each recording is judged"
        );
    }

    #[test]
    fn response_of_another_program_is_foreign() {
        let error = r#"{"error":"forbidden"}"#;
        for (status, content_type, body) in [
            (200, "text/html", "<html></html>"),
            (200, "text/plain", ""),
            (200, AMAZON, "ok"),
            (204, "text/html", ""),
            (301, "text/html", ""),
            (307, AMAZON, "{}"),
            (400, "text/html", "<html></html>"),
            (
                400,
                "text/plain",
                "Client sent an HTTP request to an HTTPS server.",
            ),
            (403, "application/json", error),
            (404, "text/plain", "404 page not found"),
            (407, "text/html", ""),
            (429, "text/plain", "slow down"),
            (
                404,
                "application/json",
                r#"{"message": "Not found", "code": 404}"#,
            ),
            (400, AMAZON, r#"{"message":"\"__type\":\"x\""}"#),
        ] {
            assert_eq!(
                response(status, content_type, body),
                Outcome::Foreign,
                "{status} {body}"
            );
        }
    }

    #[test]
    fn response_of_an_engine_is_not_foreign() {
        for (status, content_type, body) in [
            (200, AMAZON, "{}"),
            (200, "application/json", " {\"Item\":{}}"),
            (400, AMAZON, r#"{"__type":"ValidationException"}"#),
            (
                400,
                AMAZON,
                r#"{"message":"m", "__type" : "a#ConditionalCheckFailedException"}"#,
            ),
            (
                400,
                AMAZON,
                r#"{"Item":{"__type":{"S":"__type"}},"__type":"a#ConditionalCheckFailedException"}"#,
            ),
            (
                413,
                "text/plain",
                "Content length limit (16777216) exceeded",
            ),
            (418, "text/plain", "Mock HTTP client dummy response"),
        ] {
            assert_eq!(
                response(status, content_type, body),
                Outcome::Responded,
                "{status} {body}"
            );
        }
        let bare = ResponseParts {
            status: 200,
            content_type: None,
            error_type_header: None,
            body: Some(b""),
            has_skewed_date: false,
        };
        assert_eq!(bare.outcome(), Outcome::Responded);
        let named = ResponseParts {
            status: 400,
            error_type_header: Some("ThrottlingException:http://internal.amazon.com/"),
            ..bare
        };
        assert_eq!(named.outcome(), Outcome::Overloaded);
        let unread = ResponseParts {
            status: 400,
            body: None,
            ..bare
        };
        assert_eq!(unread.outcome(), Outcome::Responded);
    }

    #[test]
    fn throttling_is_overload_with_and_without_a_namespace() {
        for error in OVERLOAD {
            for namespace in [
                "",
                "com.amazonaws.dynamodb.v20120810#",
                "com.amazon.coral.service#",
            ] {
                let body = format!(r#"{{"__type":"{namespace}{error}","message":"m"}}"#);
                assert_eq!(response(400, AMAZON, &body), Outcome::Overloaded, "{body}");
            }
        }
        let message = r#"{"__type":"a#ValidationException","message":"RequestLimitExceeded"}"#;
        assert_eq!(response(400, AMAZON, message), Outcome::Responded);
    }

    #[test]
    fn error_code_is_that_of_dynamodb_and_nothing_else() {
        let code = |error_type: &str| {
            let body = format!(r#"{{"__type":"{error_type}"}}"#);
            let parts = ResponseParts {
                status: 400,
                content_type: Some(AMAZON),
                error_type_header: None,
                body: Some(body.as_bytes()),
                has_skewed_date: false,
            };
            parts.error_code().map(str::to_owned)
        };
        let namespaced = code("com.amazonaws.dynamodb.v20120810#ValidationException");
        assert_eq!(namespaced.as_deref(), Some("ValidationException"));
        assert_eq!(code("no such thing"), None);
        assert_eq!(code(&"A".repeat(1_000)), None);
    }

    #[test]
    fn other_server_errors_say_that_the_node_may_be_ill() {
        for body in [
            r#"{"__type":"a#InternalServerError","message":"Internal server error: std::bad_alloc"}"#,
            "<html>Operation timed out for the upstream</html>",
            "",
        ] {
            for status in [500, 502, 503, 504] {
                assert_eq!(
                    response(status, AMAZON, body),
                    Outcome::ServerError,
                    "{body}"
                );
            }
        }
    }
}
