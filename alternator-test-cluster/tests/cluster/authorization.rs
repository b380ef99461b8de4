//! Requests signed by the code that the AWS SDK signs with.

use std::time::{Duration, SystemTime};

use alternator_test_cluster::{Fault, InternalTables, Node, TestCluster, Version};
use aws_credential_types::Credentials;
use aws_sigv4::http_request::{SignableBody, SignableRequest, SigningSettings, sign};
use aws_sigv4::sign::v4;
use aws_smithy_runtime_api::client::identity::Identity;
use serde_json::json;

use crate::compression::gzip;
use crate::http::{Answer, Client, Request, ask, localnodes};

const MINUTE: Duration = Duration::from_secs(60);

/// Who signs, how, and when.
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

fn cluster(version: Version) -> (TestCluster, Node) {
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

fn list() -> Request {
    Request::operation("ListTables", "{}")
}

fn good() -> Signer<'static> {
    signer("role", "secret")
}

#[track_caller]
fn assert_refused(answer: &Answer, error: &str, message: &str) {
    assert_eq!(
        (answer.status, answer.error().as_str()),
        (400, error),
        "{}",
        answer.text()
    );
    assert!(answer.message().contains(message), "{}", answer.text());
}

#[test]
fn who_signs_rightly_is_let_in() {
    let (_cluster, node) = cluster(Version::V2026_1);
    assert_eq!(ask(&node, &good().sign(&node, list())).status, 200);
    assert_eq!(
        ask(
            &node,
            &signer("other", "another secret").sign(&node, list())
        )
        .status,
        200
    );
    let elsewhere = Signer {
        region: "mars-1",
        service: "anything",
        ..good()
    };
    assert_eq!(ask(&node, &elsewhere.sign(&node, list())).status, 200);
}

#[test]
fn who_does_not_sign_is_not_let_in() {
    let (_cluster, node) = cluster(Version::V2026_1);
    assert_refused(
        &ask(&node, &list()),
        "MissingAuthenticationTokenException",
        "mandatory",
    );
    let bearer = list().header("Authorization", "Bearer abc");
    assert_refused(
        &ask(&node, &bearer),
        "InvalidSignatureException",
        "AWS4-HMAC-SHA256",
    );
    let scope = list().header(
        "Authorization",
        "AWS4-HMAC-SHA256 Credential=role/x, SignedHeaders=host, Signature=0",
    );
    assert_refused(&ask(&node, &scope), "ValidationException", "role/x");
}

#[test]
fn a_host_is_needed() {
    let (_cluster, node) = cluster(Version::V2026_1);
    let mut client = Client::connect(&node);
    client
        .write(b"POST / HTTP/1.1\r\nX-Amz-Target: x.ListTables\r\nContent-Length: 2\r\n\r\n{}")
        .unwrap();
    assert_refused(
        &client.receive().unwrap(),
        "InvalidSignatureException",
        "Host header",
    );
}

#[test]
fn unknown_users_and_wrong_secrets_are_told_apart() {
    let (_cluster, node) = cluster(Version::V2026_1);
    let unknown = ask(&node, &signer("nobody", "secret").sign(&node, list()));
    assert_refused(
        &unknown,
        "UnrecognizedClientException",
        "User not found: nobody",
    );
    let wrong = ask(&node, &signer("role", "guess").sign(&node, list()));
    assert_refused(&wrong, "UnrecognizedClientException", "wrong signature");
    let swapped = ask(&node, &signer("other", "secret").sign(&node, list()));
    assert_refused(&swapped, "UnrecognizedClientException", "wrong signature");
}

#[test]
fn old_versions_say_it_otherwise() {
    let (_cluster, node) = cluster(Version::V2025_1);
    let wrong = ask(&node, &signer("role", "guess").sign(&node, list()));
    assert_refused(
        &wrong,
        "UnrecognizedClientException",
        "security token included in the request is invalid",
    );
}

#[test]
fn signatures_are_good_for_15_minutes_either_way() {
    let (_cluster, node) = cluster(Version::V2026_1);
    let at = |time: SystemTime, role| {
        let signer = Signer {
            time,
            ..signer(role, "secret")
        };
        ask(&node, &signer.sign(&node, list()))
    };
    let now = SystemTime::now();
    assert_eq!(at(now - 14 * MINUTE, "role").status, 200);
    assert_eq!(at(now + 14 * MINUTE, "role").status, 200);
    assert_refused(
        &at(now - 16 * MINUTE, "role"),
        "InvalidSignatureException",
        "Signature expired",
    );
    assert_refused(
        &at(now + 16 * MINUTE, "role"),
        "InvalidSignatureException",
        "Signature not yet current",
    );
    let unknown = at(now - 16 * MINUTE, "nobody");
    assert_refused(&unknown, "UnrecognizedClientException", "User not found");
}

#[test]
fn the_date_must_be_signed_and_that_of_the_credential() {
    let (_cluster, node) = cluster(Version::V2026_1);
    let change = |from: &str, to: &str| {
        let mut request = good().sign(&node, list());
        for (name, value) in &mut request.headers {
            if name == "authorization" {
                *value = value.replace(from, to);
            }
        }
        ask(&node, &request)
    };
    assert_refused(
        &change(";x-amz-date", ""),
        "InvalidSignatureException",
        "X-Amz-Date",
    );
    assert_refused(
        &change("role/2", "role/1"),
        "InvalidSignatureException",
        "the credential's date",
    );
}

#[test]
fn what_was_changed_on_the_way_is_refused() {
    let (_cluster, node) = cluster(Version::V2026_1);
    let mut body = good().sign(&node, list());
    body.body = b"{ }".to_vec();
    assert_refused(
        &ask(&node, &body),
        "UnrecognizedClientException",
        "wrong signature",
    );
    let mut target = good().sign(&node, list());
    target.headers[0].1 = "DynamoDB_20120810.Scan".to_owned();
    assert_refused(
        &ask(&node, &target),
        "UnrecognizedClientException",
        "wrong signature",
    );
    let host = good().sign(&node, list()).header("Host", "elsewhere");
    assert_refused(
        &ask(&node, &host),
        "UnrecognizedClientException",
        "wrong signature",
    );
}

#[test]
fn what_was_not_signed_may_change() {
    let (_cluster, node) = cluster(Version::V2026_1);
    let request = good().sign(&node, list()).header("X-Added", "later");
    assert_eq!(ask(&node, &request).status, 200);
}

#[test]
fn spaces_in_headers_fold() {
    let (_cluster, node) = cluster(Version::V2026_1);
    let request = good().sign(&node, list().header("X-Note", "a   b"));
    assert!(
        request
            .headers
            .iter()
            .any(|(_, value)| value.contains(";x-note"))
    );
    assert_eq!(ask(&node, &request).status, 200);
}

#[test]
fn a_compressed_body_is_signed_as_it_is_sent() {
    let (_cluster, node) = cluster(Version::V2026_1);
    let compressed =
        |body| Request::operation("ListTables", body).header("Content-Encoding", "gzip");
    assert_eq!(
        ask(&node, &good().sign(&node, compressed(gzip(b"{}")))).status,
        200
    );
    let mut plain = good().sign(&node, compressed(b"{}".to_vec()));
    plain.body = gzip(b"{}");
    assert_refused(
        &ask(&node, &plain),
        "UnrecognizedClientException",
        "wrong signature",
    );
}

#[test]
fn who_is_not_let_in_learns_nothing_else() {
    let (_cluster, node) = cluster(Version::V2026_1);
    let junk = Request::operation("Nonsense", "junk").header("Content-Encoding", "gzip");
    assert_eq!(
        ask(&node, &junk).error(),
        "MissingAuthenticationTokenException"
    );
    let signed = ask(&node, &good().sign(&node, junk));
    assert_eq!(
        signed.status, 500,
        "decompressed before the operation is looked up"
    );
    node.inject(Fault::Throttle { share: 1.0 });
    assert_eq!(
        ask(&node, &list()).error(),
        "MissingAuthenticationTokenException"
    );
}

#[test]
fn discovery_and_health_checks_need_no_signature() {
    let (_cluster, node) = cluster(Version::V2026_1);
    assert_eq!(localnodes(&node, ""), ["127.0.0.1"]);
    assert_eq!(ask(&node, &Request::get("/")).status, 200);
}

#[test]
fn who_may_not_read_internal_tables_is_named() {
    let cluster = TestCluster::builder()
        .nodes(1)
        .authorization("role", "secret")
        .internal_tables(InternalTables::Refused)
        .start()
        .unwrap();
    let node = cluster.node(0);
    let scan = json!({"TableName": ".scylla.alternator.system_schema.tables"});
    let request = Request::operation("Scan", scan.to_string());
    let refused = ask(&node, &good().sign(&node, request.clone()));
    assert_eq!(refused.error(), "AccessDeniedException");
    assert_eq!(
        refused.message(),
        "SELECT access on table system_schema.tables is denied to role role, client address 127.0.0.1"
    );
    assert_eq!(
        ask(&node, &request).error(),
        "MissingAuthenticationTokenException"
    );
}

#[test]
fn without_enforcement_signatures_are_not_looked_at() {
    let cluster = TestCluster::builder().nodes(1).start().unwrap();
    let node = cluster.node(0);
    let request = signer("nobody", "nothing").sign(&node, list());
    assert_eq!(ask(&node, &request).json(), json!({"TableNames": []}));
    assert_eq!(
        ask(&node, &list().header("Authorization", "nonsense")).status,
        200
    );
}
