//! Tests of signature verification. The requests are signed by `aws-sigv4`, as those of the AWS SDK are.

use std::time::{Duration, SystemTime};

use alternator_test_cluster::{Fault, InternalTables, Node, TestCluster, Version};
use aws_credential_types::Credentials;
use aws_sigv4::http_request::{SignableBody, SignableRequest, SigningSettings, sign};
use aws_sigv4::sign::v4;
use aws_smithy_runtime_api::client::identity::Identity;
use serde_json::json;

use crate::compression::gzip;
use crate::http::{Client, Request, Response, localnodes, send};

const MINUTE: Duration = Duration::from_secs(60);

/// The credentials, the scope and the time of a signature.
struct Signer<'a> {
    role: &'a str,
    secret: &'a str,
    region: &'a str,
    service: &'a str,
    time: SystemTime,
}

fn signer(role: &'static str, secret: &'static str) -> Signer<'static> {
    Signer {
        role,
        secret,
        region: "us-east-1",
        service: "dynamodb",
        time: SystemTime::now(),
    }
}

impl Signer<'_> {
    fn sign(&self, node: &Node, request: Request) -> Request {
        let identity: Identity =
            Credentials::new(self.role, self.secret, None, None, "test").into();
        let params = v4::SigningParams::builder()
            .identity(&identity)
            .region(self.region)
            .name(self.service)
            .time(self.time)
            .settings(SigningSettings::default())
            .build()
            .unwrap()
            .into();
        let url = node.url();
        let headers = request
            .headers
            .iter()
            .map(|(name, value)| (name.as_str(), value.as_str()));
        let body = SignableBody::Bytes(&request.body);
        let signable = SignableRequest::new("POST", url.as_str(), headers, body).unwrap();
        let (instructions, _) = sign(signable, &params).unwrap().into_parts();
        let mut signed = request.clone();
        for (name, value) in instructions.headers() {
            signed = signed.header(name, value);
        }
        signed
    }
}

/// Starts a cluster of one node that enforces authorization and knows two roles.
fn cluster_with_authorization(version: Version) -> (TestCluster, Node) {
    let cluster = TestCluster::builder()
        .nodes(1)
        .version(version)
        .authorization("role", "secret")
        .authorization("other", "another secret")
        .start()
        .unwrap();
    let node = cluster.node(0);
    (cluster, node)
}

fn list_tables_request() -> Request {
    Request::operation("ListTables", "{}")
}

/// Returns a signer with valid credentials.
fn valid_signer() -> Signer<'static> {
    signer("role", "secret")
}

/// Asserts that a response is an error of this type, whose message contains `message`.
#[track_caller]
fn assert_rejected(response: &Response, error: &str, message: &str) {
    assert_eq!(
        (response.status, response.error().as_str()),
        (400, error),
        "{}",
        response.text()
    );
    assert!(response.message().contains(message), "{}", response.text());
}

#[test]
fn correctly_signed_requests_are_accepted() {
    let (_cluster, node) = cluster_with_authorization(Version::V2026_1);
    assert_eq!(
        send(&node, &valid_signer().sign(&node, list_tables_request())).status,
        200
    );
    assert_eq!(
        send(
            &node,
            &signer("other", "another secret").sign(&node, list_tables_request())
        )
        .status,
        200
    );
    let other_scope = Signer {
        region: "mars-1",
        service: "anything",
        ..valid_signer()
    };
    assert_eq!(
        send(&node, &other_scope.sign(&node, list_tables_request())).status,
        200
    );
}

#[test]
fn unsigned_requests_are_rejected() {
    let (_cluster, node) = cluster_with_authorization(Version::V2026_1);
    assert_rejected(
        &send(&node, &list_tables_request()),
        "MissingAuthenticationTokenException",
        "mandatory",
    );
    let bearer = list_tables_request().header("Authorization", "Bearer abc");
    assert_rejected(
        &send(&node, &bearer),
        "InvalidSignatureException",
        "AWS4-HMAC-SHA256",
    );
    let scope = list_tables_request().header(
        "Authorization",
        "AWS4-HMAC-SHA256 Credential=role/x, SignedHeaders=host, Signature=0",
    );
    assert_rejected(&send(&node, &scope), "ValidationException", "role/x");
}

#[test]
fn request_without_host_header_is_rejected() {
    let (_cluster, node) = cluster_with_authorization(Version::V2026_1);
    let mut client = Client::connect(&node);
    client
        .write(b"POST / HTTP/1.1\r\nX-Amz-Target: x.ListTables\r\nContent-Length: 2\r\n\r\n{}")
        .unwrap();
    assert_rejected(
        &client.receive().unwrap(),
        "InvalidSignatureException",
        "Host header",
    );
}

#[test]
fn unknown_user_and_wrong_secret_return_different_messages() {
    let (_cluster, node) = cluster_with_authorization(Version::V2026_1);
    let unknown = send(
        &node,
        &signer("unknown", "secret").sign(&node, list_tables_request()),
    );
    assert_rejected(
        &unknown,
        "UnrecognizedClientException",
        "User not found: unknown",
    );
    let wrong = send(
        &node,
        &signer("role", "wrong secret").sign(&node, list_tables_request()),
    );
    assert_rejected(&wrong, "UnrecognizedClientException", "wrong signature");
    let swapped = send(
        &node,
        &signer("other", "secret").sign(&node, list_tables_request()),
    );
    assert_rejected(&swapped, "UnrecognizedClientException", "wrong signature");
}

#[test]
fn old_versions_report_wrong_secret_as_invalid_token() {
    let (_cluster, node) = cluster_with_authorization(Version::V2025_1);
    let wrong = send(
        &node,
        &signer("role", "wrong secret").sign(&node, list_tables_request()),
    );
    assert_rejected(
        &wrong,
        "UnrecognizedClientException",
        "security token included in the request is invalid",
    );
}

#[test]
fn signature_is_valid_within_15_minutes() {
    let (_cluster, node) = cluster_with_authorization(Version::V2026_1);
    let at = |time: SystemTime, role| {
        let signer = Signer {
            time,
            ..signer(role, "secret")
        };
        send(&node, &signer.sign(&node, list_tables_request()))
    };
    let now = SystemTime::now();
    assert_eq!(at(now - 14 * MINUTE, "role").status, 200);
    assert_eq!(at(now + 14 * MINUTE, "role").status, 200);
    assert_rejected(
        &at(now - 16 * MINUTE, "role"),
        "InvalidSignatureException",
        "Signature expired",
    );
    assert_rejected(
        &at(now + 16 * MINUTE, "role"),
        "InvalidSignatureException",
        "Signature not yet current",
    );
    let unknown = at(now - 16 * MINUTE, "unknown");
    assert_rejected(&unknown, "UnrecognizedClientException", "User not found");
}

#[test]
fn date_must_be_signed_and_match_credential() {
    let (_cluster, node) = cluster_with_authorization(Version::V2026_1);
    let change = |from: &str, to: &str| {
        let mut request = valid_signer().sign(&node, list_tables_request());
        for (name, value) in &mut request.headers {
            if name == "authorization" {
                *value = value.replace(from, to);
            }
        }
        send(&node, &request)
    };
    assert_rejected(
        &change(";x-amz-date", ""),
        "InvalidSignatureException",
        "X-Amz-Date",
    );
    assert_rejected(
        &change("role/2", "role/1"),
        "InvalidSignatureException",
        "the credential's date",
    );
}

#[test]
fn request_modified_after_signing_is_rejected() {
    let (_cluster, node) = cluster_with_authorization(Version::V2026_1);
    let mut body = valid_signer().sign(&node, list_tables_request());
    body.body = b"{ }".to_vec();
    assert_rejected(
        &send(&node, &body),
        "UnrecognizedClientException",
        "wrong signature",
    );
    let mut target = valid_signer().sign(&node, list_tables_request());
    target.headers[0].1 = "DynamoDB_20120810.Scan".to_owned();
    assert_rejected(
        &send(&node, &target),
        "UnrecognizedClientException",
        "wrong signature",
    );
    let host = valid_signer()
        .sign(&node, list_tables_request())
        .header("Host", "other_scope");
    assert_rejected(
        &send(&node, &host),
        "UnrecognizedClientException",
        "wrong signature",
    );
}

#[test]
fn unsigned_header_may_be_added() {
    let (_cluster, node) = cluster_with_authorization(Version::V2026_1);
    let request = valid_signer()
        .sign(&node, list_tables_request())
        .header("X-Added", "later");
    assert_eq!(send(&node, &request).status, 200);
}

#[test]
fn repeated_spaces_in_signed_headers_are_collapsed() {
    let (_cluster, node) = cluster_with_authorization(Version::V2026_1);
    let request = valid_signer().sign(&node, list_tables_request().header("X-Note", "a   b"));
    assert!(
        request
            .headers
            .iter()
            .any(|(_, value)| value.contains(";x-note"))
    );
    assert_eq!(send(&node, &request).status, 200);
}

#[test]
fn signature_covers_compressed_body() {
    let (_cluster, node) = cluster_with_authorization(Version::V2026_1);
    let compressed =
        |body| Request::operation("ListTables", body).header("Content-Encoding", "gzip");
    assert_eq!(
        send(&node, &valid_signer().sign(&node, compressed(gzip(b"{}")))).status,
        200
    );
    let mut plain = valid_signer().sign(&node, compressed(b"{}".to_vec()));
    plain.body = gzip(b"{}");
    assert_rejected(
        &send(&node, &plain),
        "UnrecognizedClientException",
        "wrong signature",
    );
}

#[test]
fn authorization_is_checked_before_other_errors() {
    let (_cluster, node) = cluster_with_authorization(Version::V2026_1);
    let junk = Request::operation("Nonsense", "junk").header("Content-Encoding", "gzip");
    assert_eq!(
        send(&node, &junk).error(),
        "MissingAuthenticationTokenException"
    );
    let signed = send(&node, &valid_signer().sign(&node, junk));
    assert_eq!(
        signed.status, 500,
        "decompressed before the operation is looked up"
    );
    node.inject(Fault::Throttle { share: 1.0 });
    assert_eq!(
        send(&node, &list_tables_request()).error(),
        "MissingAuthenticationTokenException"
    );
}

#[test]
fn discovery_and_health_checks_need_no_signature() {
    let (_cluster, node) = cluster_with_authorization(Version::V2026_1);
    assert_eq!(localnodes(&node, ""), ["127.0.0.1"]);
    assert_eq!(send(&node, &Request::get("/")).status, 200);
}

#[test]
fn internal_table_denial_names_role() {
    let cluster = TestCluster::builder()
        .nodes(1)
        .authorization("role", "secret")
        .internal_tables(InternalTables::Refused)
        .start()
        .unwrap();
    let node = cluster.node(0);
    let scan = json!({"TableName": ".scylla.alternator.system_schema.tables"});
    let request = Request::operation("Scan", scan.to_string());
    let denied = send(&node, &valid_signer().sign(&node, request.clone()));
    assert_eq!(denied.error(), "AccessDeniedException");
    assert_eq!(
        denied.message(),
        "SELECT access on table system_schema.tables is denied to role role, client address 127.0.0.1"
    );
    assert_eq!(
        send(&node, &request).error(),
        "MissingAuthenticationTokenException"
    );
}

#[test]
fn signatures_are_ignored_without_enforcement() {
    let cluster = TestCluster::builder().nodes(1).start().unwrap();
    let node = cluster.node(0);
    let request = signer("unknown", "nothing").sign(&node, list_tables_request());
    assert_eq!(send(&node, &request).json(), json!({"TableNames": []}));
    assert_eq!(
        send(
            &node,
            &list_tables_request().header("Authorization", "nonsense")
        )
        .status,
        200
    );
}
