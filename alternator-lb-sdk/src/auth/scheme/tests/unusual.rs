//! Whatever is unusual is signed as by the SDK.

use super::*;
use aws_runtime::auth::HttpSignatureType;
use aws_runtime::content_encoding::DeferredSigner;
use aws_smithy_runtime_api::client::orchestrator::HttpResponse;
use aws_smithy_types::endpoint::EndpointAuthScheme;

/// A request to sign, and the way of signing it.
struct Scene {
    request: HttpRequest,
    credentials: Credentials,
    now: SystemTime,
    config: ConfigBag,
    skew: Arc<ClockSkew>,
}

impl Scene {
    /// One with nothing unusual.
    fn new() -> Self {
        Self {
            request: get_item(),
            credentials: credentials(SECRET, Some("token")),
            now: at(EXAMPLE),
            config: config(),
            skew: Arc::default(),
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
        let plugin = SigningScheme::new(true, Arc::clone(&self.skew));
        let signed = self.sign(&plugin);
        let kept = plugin.signer.keys.load().len();
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
        let mut scene = Self::new();
        scene.request.headers_mut().append(name, value);
        scene
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
fn the_usual_is_not() {
    assert!(!Scene::new().is_the_sdks());
    for (name, value) in [
        ("content-encoding", "gzip"),
        ("accept-encoding", "gzip"),
        ("x-amz-user-agent", "aws-sdk-rust/1"),
        ("x-trace", "7"),
    ] {
        assert!(!Scene::with_header(name, value).is_the_sdks(), "{name}");
    }
}

#[test]
fn settings() {
    let scenes = [
        Scene::with_options(|options| options.double_uri_encode = false),
        Scene::with_options(|options| options.content_sha256_header = true),
        Scene::with_options(|options| options.omit_session_token = true),
        Scene::with_options(|options| {
            options.payload_override = Some(SignableBody::UnsignedPayload);
        }),
        Scene::with_options(|options| {
            options.signature_type = HttpSignatureType::HttpRequestQueryParams;
            options.expires_in = Some(Duration::from_secs(60));
        }),
        Scene::with_setting(|layer| {
            layer.store_put(PayloadSigningOverride::unsigned_payload());
        }),
        Scene::with_setting(|layer| {
            layer.store_put(SigV4SessionTokenNameOverride::new(|_, _| {
                Ok(Some("x-token"))
            }));
        }),
        Scene::with_setting(|layer| {
            layer.unset::<SigV4OperationSigningConfig>();
        }),
        Scene::with_setting(|layer| {
            layer.unset::<SigningRegion>();
        }),
        Scene::with_setting(|layer| {
            layer.unset::<SigningName>();
        }),
    ];
    for (index, scene) in scenes.iter().enumerate() {
        assert!(scene.is_the_sdks(), "{index}");
    }
}

#[test]
fn a_signer_of_chunks_is_the_sdks_to_send() {
    let (_receiver, sender) = DeferredSigner::new();
    let scene = Scene::with_setting(|layer| {
        layer.store_put(sender);
    });
    let plugin = signing();
    let identity = Identity::from(scene.credentials.clone());
    let mut request = copy(&scene.request);
    let components = components(scene.now);
    let done = plugin
        .signer
        .fast(&mut request, &identity, &components, &scene.config);
    assert!(done.is_none());
}

#[test]
fn headers_that_are_there_already() {
    for (name, value) in [
        ("host", "cluster.example"),
        ("x-amz-date", "20150830T123600Z"),
        ("x-amz-security-token", "another"),
        ("x-amz-content-sha256", "UNSIGNED-PAYLOAD"),
        ("x-amz-checksum-crc32", "AAAAAA=="),
        ("x-amz-target", "DynamoDB_20120810.PutItem"),
        ("authorization", "Bearer me"),
    ] {
        assert!(Scene::with_header(name, value).is_the_sdks(), "{name}");
    }
}

#[test]
fn requests_that_the_client_does_not_make() {
    let with = |change: fn(&mut HttpRequest)| {
        let mut scene = Scene::new();
        change(&mut scene.request);
        scene
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
    for scene in scenes {
        assert!(scene.is_the_sdks(), "{:?}", scene.request);
    }
}

#[test]
fn bodies_that_are_not_in_memory() {
    let mut request = get_item();
    let body = std::mem::replace(request.body_mut(), SdkBody::taken());
    *request.body_mut() = body.map(SdkBody::from_body_1_x);
    let plugin = signing();
    let credentials = credentials(SECRET, None);
    sign(&plugin, &mut request, &credentials, at(EXAMPLE), &config()).unwrap();
    let authorization = request.headers().get("authorization").unwrap();
    assert!(authorization.contains("content-length;"), "{authorization}");
    assert_eq!(
        plugin.signer.keys.load().len(),
        1,
        "the body was last to be looked at"
    );
}

#[test]
fn credentials_that_no_header_takes_as_they_are() {
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
        let scene = Scene::with_credentials(key_id, token);
        assert!(scene.is_the_sdks(), "{key_id:?} {token:?}");
    }
}

#[test]
fn moments_that_cannot_be_written() {
    let scene = Scene {
        now: at(253_402_300_800),
        ..Scene::new()
    };
    let plugin = signing();
    let identity = Identity::from(scene.credentials.clone());
    let mut request = copy(&scene.request);
    let components = components(scene.now);
    let done = plugin
        .signer
        .fast(&mut request, &identity, &components, &scene.config);
    assert!(done.is_none());
    assert_eq!(headers(&request), headers(&scene.request), "untouched");
}

#[test]
fn endpoints_that_say_how_to_sign() {
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
fn identities_that_are_no_credentials() {
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
fn operations_that_want_it_so() {
    let with = |by_default, chosen: Option<bool>| {
        let mut scene = Scene::new();
        if let Some(fast) = chosen {
            let options = OperationOptions::new().fast_signing(fast);
            scene.config.interceptor_state().store_put(options);
        }
        let signed = scene.sign(&SigningScheme::new(by_default, Arc::default()));
        signed == scene.sign(&SigV4AuthScheme::new())
    };
    assert!(with(false, None) && !with(true, None));
    assert!(with(false, Some(false)) && !with(false, Some(true)));
    assert!(with(true, Some(false)) && !with(true, Some(true)));
}

/// An answer at a moment of the server's clock.
fn answer(status: u16, date: &'static str) -> HttpResponse {
    let mut answer = HttpResponse::new(status.try_into().unwrap(), SdkBody::empty());
    answer.headers_mut().insert("date", date);
    answer
}

#[test]
fn a_clock_that_is_off_until_it_is_right_again() {
    let scene = Scene::new();
    let components = components(scene.now);
    let note = |answer: &HttpResponse, now| {
        let now = Duration::from_secs(now);
        scene.skew.measure(Some(answer), &components, now);
        scene.is_the_sdks()
    };
    let right = answer(200, "Sun, 30 Aug 2015 12:36:50 GMT");
    let ahead = answer(200, "Sun, 30 Aug 2015 12:38:00 GMT");
    let behind = answer(200, "Sun, 30 Aug 2015 12:34:00 GMT");
    assert!(!note(&right, 0));
    assert!(!note(&ahead, 9), "not looked at");
    assert!(note(&ahead, 10));
    assert!(!note(&right, 10), "looked at, since it was off");
    assert!(note(&behind, 20));
    assert!(!note(&right, 20));
    assert!(
        note(&answer(400, "Sun, 30 Aug 2015 12:34:00 GMT"), 21),
        "an error"
    );
    assert!(note(
        &HttpResponse::new(200.try_into().unwrap(), SdkBody::empty()),
        22
    ));
    assert!(note(&answer(200, "some day"), 23), "nothing learned");
    assert!(!note(&right, 24));
}
