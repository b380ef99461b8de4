//! Whether signatures are AWS's.

mod unusual;

use super::*;
use aws_credential_types::provider::SharedCredentialsProvider;
use aws_sigv4::http_request::{SignableBody, SignableRequest, SigningParams, SigningSettings};
use aws_sigv4::sign::v4;
use aws_smithy_async::time::StaticTimeSource;
use aws_smithy_runtime::client::identity::IdentityCache;
use aws_smithy_runtime::client::orchestrator::endpoints::StaticUriEndpointResolver;
use aws_smithy_runtime::client::retries::strategy::NeverRetryStrategy;
use aws_smithy_runtime_api::client::auth::static_resolver::StaticAuthSchemeOptionResolver;
use aws_smithy_types::body::SdkBody;
use aws_smithy_types::config_bag::Layer;
use hmac::{Hmac, KeyInit as _, Mac as _};
use proptest::prelude::*;
use sha2::Sha256;
use std::sync::Arc;
use std::time::{Duration, SystemTime, UNIX_EPOCH};

/// The credentials of AWS's examples.
const KEY_ID: &str = "AKIDEXAMPLE";
const SECRET: &str = "wJalrXUtnFEMI/K7MDENG+bPxRfiCYEXAMPLEKEY";

/// 2015-08-30 12:36:00 UTC, the time of AWS's examples.
const EXAMPLE: u64 = 1_440_938_160;

fn at(seconds: u64) -> SystemTime {
    UNIX_EPOCH + Duration::from_secs(seconds)
}

fn credentials(secret: &str, token: Option<&str>) -> Credentials {
    Credentials::new(KEY_ID, secret, token.map(str::to_owned), None, "test")
}

/// The settings with which the DynamoDB client signs.
fn layer(region: &str, service: &str) -> Layer {
    let mut layer = Layer::new("the client's");
    layer.store_put(SigningRegion::from(aws_types::region::Region::new(
        region.to_owned(),
    )));
    layer.store_put(SigningName::from(service.to_owned()));
    layer.store_put(SigV4OperationSigningConfig::default());
    layer
}

fn config() -> ConfigBag {
    ConfigBag::of_layers(vec![layer("us-east-1", "dynamodb")])
}

/// Returns what a signer gets from the SDK. It asks for the time; the rest has to be there.
fn components(now: SystemTime) -> RuntimeComponents {
    let identity = SharedCredentialsProvider::new(credentials(SECRET, None));
    RuntimeComponents::builder("test")
        .with_time_source(Some(StaticTimeSource::new(now)))
        .with_auth_scheme(SigV4AuthScheme::new())
        .with_auth_scheme_option_resolver(Some(StaticAuthSchemeOptionResolver::new(vec![])))
        .with_endpoint_resolver(Some(StaticUriEndpointResolver::http_localhost(8000)))
        .with_identity_cache(Some(IdentityCache::no_cache()))
        .with_identity_resolver(SCHEME_ID, identity)
        .with_retry_strategy(Some(NeverRetryStrategy::new()))
        .build()
        .unwrap()
}

/// A request as the DynamoDB client makes them.
fn request(uri: &str, target: &str, body: &[u8]) -> HttpRequest {
    let mut request = HttpRequest::new(SdkBody::from(body));
    request.set_method("POST").unwrap();
    request.set_uri(uri.to_owned()).unwrap();
    let headers = request.headers_mut();
    headers.insert("content-type", "application/x-amz-json-1.0");
    headers.insert("x-amz-target", target.to_owned());
    headers.insert("content-length", body.len().to_string());
    headers.insert("user-agent", "alternator-lb-sdk/0");
    request
}

fn get_item() -> HttpRequest {
    request("http://10.0.0.1:8000/", "DynamoDB_20120810.GetItem", b"{}")
}

fn copy(request: &HttpRequest) -> HttpRequest {
    request.try_clone().unwrap()
}

/// The headers of a request, in order.
fn headers(request: &HttpRequest) -> Vec<(String, String)> {
    let pair = |(name, value): (&str, &str)| (name.to_owned(), value.to_owned());
    let mut headers: Vec<_> = request.headers().iter().map(pair).collect();
    headers.sort();
    headers
}

fn signing() -> SigningScheme {
    SigningScheme::new(true)
}

/// Signs with a scheme.
fn sign(
    scheme: &dyn AuthScheme,
    request: &mut HttpRequest,
    credentials: &Credentials,
    now: SystemTime,
    config: &ConfigBag,
) -> Result<(), BoxError> {
    scheme.signer().sign_http_request(
        request,
        &Identity::from(credentials.clone()),
        AuthSchemeEndpointConfig::empty(),
        &components(now),
        config,
    )
}

/// Returns what the SDK's crate makes of the headers that are signed here.
fn expected(
    request: &HttpRequest,
    credentials: &Credentials,
    now: SystemTime,
    region: &str,
    service: &str,
) -> Vec<(String, String)> {
    let identity = Identity::from(credentials.clone());
    let params = v4::SigningParams::builder()
        .identity(&identity)
        .region(region)
        .name(service)
        .time(now)
        .settings(SigningSettings::default())
        .build()
        .unwrap();
    let signed = request
        .headers()
        .iter()
        .filter(|(name, _)| *name == "x-amz-target");
    let body = SignableBody::Bytes(request.body().bytes().unwrap());
    let signable = SignableRequest::new("POST", request.uri(), signed, body).unwrap();
    let instructions = aws_sigv4::http_request::sign(signable, &SigningParams::V4(params));
    let (instructions, _) = instructions.unwrap().into_parts();
    let mut expected = headers(request);
    let new = instructions.headers();
    expected.extend(new.map(|(name, value)| (name.to_owned(), value.to_owned())));
    expected.sort();
    expected
}

/// Returns what AWS's documentation gives as examples: of keys that are derived, and of signatures with them.
#[test]
fn signatures_match_the_published_ones() {
    let signature = |day, service, text: &str| {
        let keys = SigningKeys::default();
        let date = amz_date(at(day)).unwrap();
        let scope = [&date[..8], "us-east-1", service, "aws4_request"];
        let key = keys.key(&credentials(SECRET, None), at(day), scope);
        let mac = key.unwrap().mac.clone().chain_update(text).finalize();
        hex(&mac.into_bytes())
    };
    // "Create a signed AWS API request": ListUsers of IAM.
    let list_users = "AWS4-HMAC-SHA256\n20150830T123600Z\n20150830/us-east-1/iam/aws4_request\n\
        f536975d06c0309214f805bb90ccff089219ecd68b2577efef23edd43b7e1a59";
    assert_eq!(
        signature(EXAMPLE, "iam", list_users),
        "5d672d79c15b13162d9279b0855cfba6789a8edb4c82c400e06b5924a6f2b5d7"
    );
    // `get-vanilla` of the test suite.
    let get_vanilla = "AWS4-HMAC-SHA256\n20150830T123600Z\n20150830/us-east-1/service/aws4_request\n\
        bb579772317eb040ac9ed261061d46c1f17a8133879d6129b6e1c25292927e63";
    assert_eq!(
        signature(EXAMPLE, "service", get_vanilla),
        "5fa00fa31553b73ebf1942676e86291e8372ff2a2260956d9b8aae1d763fbf31"
    );
    // "Examples of how to derive a signing key": of 2012-02-15.
    let key: Vec<u8> = "f4780e2d9f65fa895f9c67b32ce1baf0b0d8a43505a000a1a9e090d414db404d"
        .as_bytes()
        .chunks(2)
        .map(|digits| u8::from_str_radix(std::str::from_utf8(digits).unwrap(), 16).unwrap())
        .collect();
    let derived = Hmac::<Sha256>::new_from_slice(&key).unwrap();
    let derived = derived.chain_update("text").finalize().into_bytes();
    assert_eq!(signature(1_329_264_000, "iam", "text"), hex(&derived));
}

fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}

#[test]
fn signed_headers_are_listed() {
    let mut signed = get_item();
    let credentials = credentials(SECRET, None);
    sign(
        &signing(),
        &mut signed,
        &credentials,
        at(EXAMPLE),
        &config(),
    )
    .unwrap();
    let names: Vec<_> = headers(&signed).into_iter().map(|(name, _)| name).collect();
    let expected = [
        "authorization",
        "content-length",
        "content-type",
        "user-agent",
        "x-amz-date",
        "x-amz-target",
    ];
    assert_eq!(names, expected);
    assert_eq!(signed.headers().get("x-amz-date"), Some("20150830T123600Z"));
    let authorization = signed.headers().get("authorization").unwrap();
    let head = "AWS4-HMAC-SHA256 Credential=AKIDEXAMPLE/20150830/us-east-1/dynamodb/aws4_request, \
        SignedHeaders=host;x-amz-date;x-amz-target, Signature=";
    assert!(authorization.starts_with(head), "{authorization}");
}

/// The parts of a request to sign.
#[derive(Clone, Debug)]
struct Case {
    uri: String,
    target: String,
    body: Vec<u8>,
    key_id: String,
    secret: String,
    token: Option<String>,
    region: String,
    service: String,
    now: u64,
}

fn case() -> impl Strategy<Value = Case> {
    let uri = "http(s)?://([0-9]{1,3}(\\.[0-9]{1,3}){3}|[a-zA-Z][a-z0-9.-]{0,20}[a-z]|\\[::[1-9a-f]{1,4}\\])(:(80|443|[1-9][0-9]{0,3}))?/";
    let head = (uri, "[A-Za-z0-9_]{1,20}\\.[A-Za-z]{1,20}");
    let who = (
        "[A-Za-z0-9_.@-]{1,30}",
        "[ -~]{0,60}|\\PC{1,20}",
        proptest::option::of("[!-~]{1,200}"),
    );
    // Around midnight every other time.
    let now = (0..90_000u64, -2..3i64, any::<bool>(), 0..86_400u64);
    let now = now.prop_map(|(day, offset, near, of_day)| {
        let midnight = (day + 1) * 86_400;
        match near {
            true => midnight.saturating_add_signed(offset),
            false => midnight + of_day,
        }
    });
    let scope = ("[a-z0-9-]{1,20}", "[a-z0-9-]{1,20}", now);
    let body = proptest::collection::vec(any::<u8>(), 0..300);
    (head, body, who, scope).prop_map(|(head, body, who, scope)| Case {
        uri: head.0,
        target: head.1,
        body,
        key_id: who.0,
        secret: who.1,
        token: who.2,
        region: scope.0,
        service: scope.1,
        now: scope.2,
    })
}

impl Case {
    fn credentials(&self) -> Credentials {
        let (key_id, secret) = (self.key_id.clone(), self.secret.clone());
        Credentials::new(key_id, secret, self.token.clone(), None, "test")
    }

    /// Signs with both, and compares.
    fn check(&self, signing: &SigningScheme) -> Result<(), TestCaseError> {
        let mut signed = request(&self.uri, &self.target, &self.body);
        let now = at(self.now);
        let credentials = self.credentials();
        let expected = expected(&signed, &credentials, now, &self.region, &self.service);
        let config = ConfigBag::of_layers(vec![layer(&self.region, &self.service)]);
        let identity = Identity::from(credentials);
        let components = components(now);
        let done = signing.sign(&mut signed, &identity, &components, &config);
        prop_assert!(done.is_some(), "handed to the SDK");
        prop_assert_eq!(headers(&signed), expected);
        Ok(())
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(512))]

    #[test]
    fn signatures_match_those_of_aws_sigv4(case in case()) {
        case.check(&signing())?;
    }

    #[test]
    fn cached_key_signs_like_a_new_one(
        cases in proptest::collection::vec(case(), 1..12),
        order in proptest::collection::vec(any::<prop::sample::Index>(), 1..12),
    ) {
        let signing = signing();
        for index in order {
            index.get(&cases).check(&signing)?;
        }
        prop_assert!(signing.keys.list.load().len() <= 8);
    }

    /// Of everything that a key depends on one thing changes at a time.
    #[test]
    fn cached_key_serves_only_its_own_scope(case in case(), other in case(), what in 0..5) {
        let signing = signing();
        case.check(&signing)?;
        let mut changed = case.clone();
        match what {
            0 => changed.secret = other.secret,
            1 => changed.key_id = other.key_id,
            2 => changed.region = other.region,
            3 => changed.service = other.service,
            _ => changed.now = other.now,
        }
        changed.check(&signing)?;
        case.check(&signing)?;
    }
}

#[test]
fn key_is_derived_once_a_day() {
    let signing = signing();
    let midnight = 86_400 * 20_000;
    let kept = |now| {
        let mut signed = get_item();
        let credentials = credentials(SECRET, Some("token"));
        sign(&signing, &mut signed, &credentials, at(now), &config()).unwrap();
        let keys = signing.keys.list.load();
        (keys.len(), Arc::as_ptr(&keys[0]))
    };
    let (one, first) = kept(midnight);
    assert_eq!(one, 1);
    assert_eq!(kept(midnight + 86_399), (1, first));
    let (two, second) = kept(midnight + 86_400);
    assert_eq!(two, 2);
    // Another thread's clock may be a moment behind.
    assert_eq!(kept(midnight + 86_399), (2, second));
    assert_eq!(kept(midnight + 86_400), (2, second));
}

#[test]
fn debug_output_shows_no_secret() {
    let signing = signing();
    let credentials = credentials("top secret", Some("hush"));
    let mut signed = get_item();
    sign(&signing, &mut signed, &credentials, at(EXAMPLE), &config()).unwrap();
    assert_eq!(signing.keys.list.load().len(), 1);
    let parts = format!("{:?}", signing.keys);
    assert!(parts.contains("20150830"), "{parts}");
    for text in [parts, format!("{signing:?}"), format!("{signed:?}")] {
        assert!(!text.contains("secret") && !text.contains("hush"), "{text}");
    }
}
