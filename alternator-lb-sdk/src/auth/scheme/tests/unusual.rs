//! Unusual requests are signed by the SDK's signer.

use super::*;
use crate::auth::clock_skew::SignatureSkew;
use aws_runtime::auth::HttpSignatureType;
use aws_runtime::content_encoding::DeferredSigner;
use aws_smithy_types::endpoint::EndpointAuthScheme;

/// A request to sign, and the way of signing it.
struct SigningCase {
    request: HttpRequest,
    credentials: Credentials,
    now: SystemTime,
    config: ConfigBag,
}

impl SigningCase {
    /// Creates a request with nothing unusual.
    fn new() -> Self {
        Self {
            request: get_item(),
            credentials: credentials(SECRET, Some("token")),
            now: at(EXAMPLE),
            config: config(),
        }
    }

    fn sign(&self, scheme: &dyn AuthScheme) -> Result<(String, Vec<(String, String)>), String> {
        let mut request = copy(&self.request);
        sign(
            scheme,
            &mut request,
            &self.credentials,
            self.now,
            &self.config,
        )
        .map(|()| (request.uri().to_owned(), headers(&request)))
        .map_err(|error| error.to_string())
    }

    /// Returns whether this is signed as by the SDK's signer.
    fn is_the_sdks(&self) -> bool {
        let plugin = SigningScheme::new(true);
        let signed = self.sign(&plugin);
        let kept = plugin.keys.list.load().len();
        assert!(kept == 0 || signed.is_ok());
        signed == self.sign(&SigV4AuthScheme::new())
    }

    fn with_setting(set: impl FnOnce(&mut Layer)) -> Self {
        let mut layer = layer("us-east-1", "dynamodb");
        set(&mut layer);
        Self {
            config: ConfigBag::of_layers(vec![layer]),
            ..Self::new()
        }
    }

    fn with_options(set: impl FnOnce(&mut SigningOptions)) -> Self {
        let mut settings = SigV4OperationSigningConfig::default();
        set(&mut settings.signing_options);
        Self::with_setting(|layer| {
            layer.store_put(settings);
        })
    }

    fn with_header(name: &'static str, value: &'static str) -> Self {
        let mut case = Self::new();
        case.request.headers_mut().append(name, value);
        case
    }

    fn with_credentials(key_id: &str, token: Option<&str>) -> Self {
        let token = token.map(str::to_owned);
        Self {
            credentials: Credentials::new(key_id, SECRET, token, None, "test"),
            ..Self::new()
        }
    }
}

#[test]
fn usual_request_is_signed_by_the_plugin() {
    assert!(!SigningCase::new().is_the_sdks());
    for (name, value) in [
        ("content-encoding", "gzip"),
        ("accept-encoding", "gzip"),
        ("x-amz-user-agent", "aws-sdk-rust/1"),
        ("x-trace", "7"),
    ] {
        assert!(
            !SigningCase::with_header(name, value).is_the_sdks(),
            "{name}"
        );
    }
}

#[test]
fn unusual_settings_are_left_to_the_sdk() {
    let scenes = [
        SigningCase::with_options(|options| options.double_uri_encode = false),
        SigningCase::with_options(|options| options.content_sha256_header = true),
        SigningCase::with_options(|options| options.omit_session_token = true),
        SigningCase::with_options(|options| {
            options.payload_override = Some(SignableBody::UnsignedPayload);
        }),
        SigningCase::with_options(|options| {
            options.signature_type = HttpSignatureType::HttpRequestQueryParams;
            options.expires_in = Some(Duration::from_secs(60));
        }),
        SigningCase::with_setting(|layer| {
            layer.store_put(PayloadSigningOverride::unsigned_payload());
        }),
        SigningCase::with_setting(|layer| {
            layer.store_put(SigV4SessionTokenNameOverride::new(|_, _| {
                Ok(Some("x-token"))
            }));
        }),
        SigningCase::with_setting(|layer| {
            layer.unset::<SigV4OperationSigningConfig>();
        }),
        SigningCase::with_setting(|layer| {
            layer.unset::<SigningRegion>();
        }),
        SigningCase::with_setting(|layer| {
            layer.unset::<SigningName>();
        }),
    ];
    for (index, case) in scenes.iter().enumerate() {
        assert!(case.is_the_sdks(), "{index}");
    }
}

#[test]
fn chunked_signing_is_left_to_the_sdk() {
    let (_receiver, sender) = DeferredSigner::new();
    let case = SigningCase::with_setting(|layer| {
        layer.store_put(sender);
    });
    let plugin = signing();
    let identity = Identity::from(case.credentials.clone());
    let mut request = copy(&case.request);
    let components = components(case.now);
    let done = plugin.sign(&mut request, &identity, &components, &case.config);
    assert!(done.is_none());
}

#[test]
fn existing_auth_headers_are_left_to_the_sdk() {
    for (name, value) in [
        ("host", "cluster.example"),
        ("x-amz-date", "20150830T123600Z"),
        ("x-amz-security-token", "another"),
        ("x-amz-content-sha256", "UNSIGNED-PAYLOAD"),
        ("x-amz-checksum-crc32", "AAAAAA=="),
        ("x-amz-target", "DynamoDB_20120810.PutItem"),
        ("authorization", "Bearer me"),
    ] {
        assert!(
            SigningCase::with_header(name, value).is_the_sdks(),
            "{name}"
        );
    }
}

#[test]
fn unusual_requests_are_left_to_the_sdk() {
    let with = |change: fn(&mut HttpRequest)| {
        let mut case = SigningCase::new();
        change(&mut case.request);
        case
    };
    let scenes = [
        with(|request| request.set_method("PUT").unwrap()),
        with(|request| request.set_uri("http://10.0.0.1:8000/a/../b").unwrap()),
        with(|request| request.set_uri("http://10.0.0.1:8000/?a=b").unwrap()),
        with(|request| {
            request.headers_mut().remove("x-amz-target");
        }),
        with(|request| {
            request.headers_mut().insert("x-amz-target", "two  words");
        }),
    ];
    for case in scenes {
        assert!(case.is_the_sdks(), "{:?}", case.request);
    }
}

#[test]
fn streamed_bodies_are_left_to_the_sdk() {
    let mut request = get_item();
    let body = std::mem::replace(request.body_mut(), SdkBody::taken());
    *request.body_mut() = body.map(SdkBody::from_body_1_x);
    let plugin = signing();
    let credentials = credentials(SECRET, None);
    sign(&plugin, &mut request, &credentials, at(EXAMPLE), &config()).unwrap();
    let authorization = request.headers().get("authorization").unwrap();
    assert!(authorization.contains("content-length;"), "{authorization}");
    assert_eq!(
        plugin.keys.list.load().len(),
        1,
        "the body was last to be looked at"
    );
}

#[test]
fn credentials_invalid_in_a_header_are_left_to_the_sdk() {
    for (key_id, token) in [
        ("a b", None),
        ("a,b", None),
        ("a/b", None),
        ("a=b", None),
        ("", None),
        ("role", Some("two words")),
        ("role", Some(" token")),
        ("role", Some("")),
    ] {
        let case = SigningCase::with_credentials(key_id, token);
        assert!(case.is_the_sdks(), "{key_id:?} {token:?}");
    }
}

#[test]
fn times_out_of_range_are_left_to_the_sdk() {
    let case = SigningCase {
        now: at(253_402_300_800),
        ..SigningCase::new()
    };
    let plugin = signing();
    let identity = Identity::from(case.credentials.clone());
    let mut request = copy(&case.request);
    let components = components(case.now);
    let done = plugin.sign(&mut request, &identity, &components, &case.config);
    assert!(done.is_none());
    assert_eq!(headers(&request), headers(&case.request), "untouched");
}

#[test]
fn endpoints_with_auth_schemes_are_left_to_the_sdk() {
    let scheme = EndpointAuthScheme::with_capacity("sigv4", 1).put("signingRegion", "mars");
    let mut request = get_item();
    let identity = Identity::from(credentials(SECRET, None));
    let endpoint = AuthSchemeEndpointConfig::from_typed(&scheme);
    let components = components(at(EXAMPLE));
    let plugin = signing();
    let signer = plugin.signer();
    signer
        .sign_http_request(&mut request, &identity, endpoint, &components, &config())
        .unwrap();
    let authorization = request.headers().get("authorization").unwrap();
    assert!(authorization.contains("/mars/dynamodb/"), "{authorization}");
}

#[test]
fn other_identities_are_left_to_the_sdk() {
    let identity = Identity::new("a bearer's token", None);
    let endpoint = AuthSchemeEndpointConfig::empty();
    let components = components(at(EXAMPLE));
    let plugin = signing();
    let signer = plugin.signer();
    let error =
        signer.sign_http_request(&mut get_item(), &identity, endpoint, &components, &config());
    assert!(
        error
            .unwrap_err()
            .to_string()
            .contains("wrong identity type")
    );
}

#[test]
fn operation_option_overrides_the_signer_of_the_cluster() {
    let with = |by_default, option: Option<bool>| {
        let mut case = SigningCase::new();
        if let Some(fast) = option {
            let options = OperationOptions::new().fast_signing(fast);
            options.store(&mut case.config);
        }
        let signed = case.sign(&SigningScheme::new(by_default));
        signed == case.sign(&SigV4AuthScheme::new())
    };
    assert!(with(false, None) && !with(true, None));
    assert!(with(false, Some(false)) && !with(false, Some(true)));
    assert!(with(true, Some(false)) && !with(true, Some(true)));
}

#[test]
fn signature_is_dated_by_the_clock_of_the_node() {
    let scheme = SigningScheme::new(true);
    for (skew, then) in [
        (3_600_000, EXAMPLE + 3600),
        (-1_200_000, EXAMPLE - 1200),
        (0, EXAMPLE),
    ] {
        let skewed = SigningCase::with_setting(|layer| {
            layer.store_put(SignatureSkew(skew));
        });
        let mut expected = SigningCase::new();
        expected.now = at(then);
        assert_eq!(skewed.sign(&scheme), expected.sign(&scheme), "{skew}");
    }
}
