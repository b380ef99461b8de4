//! Signatures of the plugin's own signer, verified by the cluster.

use crate::support::{
    Backend, RecordingServer, Table, expect_pings, find_in_chain, n, ping, quick_refresh,
    quick_retries, s, signing_config, test_cluster, this_test,
};
use alternator_lb_sdk::{
    Alternator, AlternatorExt as _, AuthMode, OperationExt as _, OperationOptions,
};
use alternator_test_cluster::{Builder, Fault, TestCluster};
use aws_credential_types::provider::{ProvideCredentials, future};
use aws_sdk_dynamodb::Client;
use aws_sdk_dynamodb::config::{self, Credentials, IdentityCache};
use aws_sdk_dynamodb::error::ProvideErrorMetadata as _;
use rustack_auth::credentials::StaticCredentialProvider;
use rustack_auth::sigv4::{hash_payload, verify_sigv4};
use std::sync::{Arc, Mutex};

const ROLE: &str = "alternator";
const SECRET: &str = "secret hash";

fn enforcing(cluster: Builder) -> Builder {
    let cluster = cluster.nodes(1).authorization(ROLE, SECRET);
    cluster
        .authorization("second role", "second")
        .authorization("other", "other hash")
}

fn fast_signing_client(cluster: &TestCluster, config: config::Builder) -> Client {
    let alternator = quick_refresh(cluster)
        .auth(AuthMode::Required)
        .fast_signing(true);
    let alternator = alternator.build().unwrap();
    Client::from_conf(config.alternator(&alternator).build())
}

/// Returns a header of the last request.
fn header(cluster: &TestCluster, name: &str) -> Option<String> {
    let headers = cluster.node(0).counters().last_headers;
    let mut headers = headers.into_iter();
    headers.find_map(|(other, value)| (other == name).then_some(value))
}

fn has_fast_signature(cluster: &TestCluster) -> bool {
    let authorization = header(cluster, "authorization").unwrap();
    let fast_signing_client = "SignedHeaders=host;x-amz-date;x-amz-target,";
    let fast_with_token = "SignedHeaders=host;x-amz-date;x-amz-security-token;x-amz-target,";
    authorization.contains(fast_signing_client) || authorization.contains(fast_with_token)
}

#[tokio::test]
async fn every_node_accepts_fast_signatures() {
    let cluster = test_cluster!(|cluster| cluster.nodes(3).authorization(ROLE, SECRET));
    let config = signing_config(ROLE, SECRET).retry_config(quick_retries());
    let client = fast_signing_client(&cluster, config);
    cluster.node(1).inject(Fault::ServerError { share: 0.5 });
    expect_pings(&client, 30).await;
    for node in cluster.nodes() {
        assert!(node.counters().requests >= 5);
    }
    assert!(has_fast_signature(&cluster));
}

#[tokio::test]
async fn application_operations_are_accepted_with_fast_signing() {
    let Some(backend) = Backend::start_enforcing(this_test!()) else {
        return;
    };
    let alternator = backend.builder().fast_signing(true).build().unwrap();
    let client = Client::from_conf(backend.config().alternator(&alternator).build());
    let table = Table::create(&client).await;
    for number in 0..9 {
        let put = client.put_item().table_name(&table.name);
        let put = put
            .item("pk", s("grüße"))
            .item("sk", s(format!("{number}")));
        put.item("value", n(number)).send().await.unwrap();
    }
    let query = client.query().table_name(&table.name).consistent_read(true);
    let query = query
        .key_condition_expression("pk = :pk")
        .expression_attribute_values(":pk", s("grüße"));
    assert_eq!(query.send().await.unwrap().count(), 9);
    table.delete(&client).await;
}

#[tokio::test]
async fn wrong_secret_with_fast_signing_is_the_servers_error() {
    let cluster = test_cluster!(enforcing);
    let error = ping(&fast_signing_client(
        &cluster,
        signing_config(ROLE, "something else"),
    ))
    .await;
    let error = error.unwrap_err();
    assert_eq!(error.code(), Some("UnrecognizedClientException"));
    assert!(has_fast_signature(&cluster));
}

#[tokio::test]
async fn plugin_signs_by_default() {
    let cluster = test_cluster!(enforcing);
    for (builder, is_fast) in [
        (quick_refresh(&cluster), true),
        (quick_refresh(&cluster).fast_signing(false), false),
    ] {
        let config = signing_config(ROLE, SECRET).alternator(&builder.build().unwrap());
        expect_pings(&Client::from_conf(config.build()), 1).await;
        assert_eq!(has_fast_signature(&cluster), is_fast);
    }
}

/// Returns a recorded request as another implementation of SigV4 reads it, and its body.
fn parts(recorded: &str) -> (http::request::Parts, &str) {
    let (head, body) = recorded.split_once("\r\n\r\n").unwrap();
    let mut lines = head.split("\r\n");
    assert_eq!(lines.next(), Some("POST / HTTP/1.1"));
    let request = http::Request::post("/");
    let request = lines.fold(request, |request, line| {
        let (name, value) = line.split_once(": ").unwrap();
        request.header(name, value)
    });
    (request.body(()).unwrap().into_parts().0, body)
}

#[tokio::test]
async fn another_verifier_of_sigv4_accepts_the_signatures() {
    let server = RecordingServer::new();
    let roles = StaticCredentialProvider::new(vec![(ROLE.to_owned(), SECRET.to_owned())]);
    for fast_signing in [true, false] {
        for token in [None, Some("token".to_owned())] {
            let alternator = Alternator::builder().seeds([server.url()]);
            let alternator = alternator.fast_signing(fast_signing).build().unwrap();
            let credentials = Credentials::new(ROLE, SECRET, token.clone(), None, "test");
            let config = signing_config("", "").credentials_provider(credentials);
            let client = Client::from_conf(config.alternator(&alternator).build());
            let put = client.put_item().table_name("table");
            put.item("pk", s("grüße")).send().await.unwrap();
            let recorded = server.take_one();
            let (mut parts, body) = parts(&recorded);
            let hash = hash_payload(body.as_bytes());
            let verified = verify_sigv4(&parts, &hash, &roles).unwrap();
            let covers_token = verified
                .signed_headers
                .contains(&"x-amz-security-token".to_owned());
            assert_eq!(covers_token, token.is_some());
            let other = hash_payload(b"{}");
            verify_sigv4(&parts, &other, &roles).unwrap_err();
            let target = "DynamoDB_20120810.DeleteItem".parse().unwrap();
            parts.headers.insert("x-amz-target", target);
            verify_sigv4(&parts, &hash, &roles).unwrap_err();
        }
    }
}

#[tokio::test]
async fn operation_option_overrides_fast_signing() {
    let cluster = test_cluster!(enforcing);
    for by_default in [true, false] {
        let alternator = match by_default {
            true => quick_refresh(&cluster).fast_signing(true),
            false => quick_refresh(&cluster).fast_signing(false),
        };
        let config = signing_config(ROLE, SECRET).alternator(&alternator.build().unwrap());
        let client = Client::from_conf(config.build());
        for chosen in [None, Some(true), Some(false)] {
            let options = OperationOptions::new();
            let options = match chosen {
                Some(fast_signing_client) => options.fast_signing(fast_signing_client),
                None => options,
            };
            let operation = client.list_tables().customize().alternator_options(options);
            operation.send().await.unwrap();
            assert_eq!(has_fast_signature(&cluster), chosen.unwrap_or(by_default));
        }
    }
}

#[tokio::test]
async fn session_token_is_sent_and_signed() {
    let cluster = test_cluster!(enforcing);
    let token = Some("the+token/of=a session".replace(' ', "-"));
    let credentials = Credentials::new(ROLE, SECRET, token.clone(), None, "test");
    let config = signing_config(ROLE, SECRET).credentials_provider(credentials);
    expect_pings(&fast_signing_client(&cluster, config), 2).await;
    assert!(has_fast_signature(&cluster));
    assert_eq!(header(&cluster, "x-amz-security-token"), token);
    let authorization = header(&cluster, "authorization").unwrap();
    assert!(
        authorization.contains("x-amz-security-token"),
        "{authorization}"
    );
}

/// Credentials that the test changes.
#[derive(Clone, Debug)]
struct Rotating(Arc<Mutex<Credentials>>);

impl ProvideCredentials for Rotating {
    fn provide_credentials<'a>(&'a self) -> future::ProvideCredentials<'a>
    where
        Self: 'a,
    {
        future::ProvideCredentials::ready(Ok(self.0.lock().unwrap().clone()))
    }
}

#[tokio::test]
async fn rotated_credentials_are_used_for_the_next_request() {
    let cluster = test_cluster!(enforcing);
    let credentials = |role, secret| Credentials::new(role, secret, None, None, "test");
    let rotating = Rotating(Arc::new(Mutex::new(credentials(ROLE, SECRET))));
    let config = signing_config("", "")
        .credentials_provider(rotating.clone())
        .identity_cache(IdentityCache::no_cache());
    let client = fast_signing_client(&cluster, config);
    for _ in 0..3 {
        for (role, secret) in [(ROLE, SECRET), ("other", "other hash")] {
            *rotating.0.lock().unwrap() = credentials(role, secret);
            expect_pings(&client, 2).await;
            let authorization = header(&cluster, "authorization").unwrap();
            assert!(authorization.contains(&format!("Credential={role}/")));
            assert!(has_fast_signature(&cluster));
        }
        // The same role with a secret that is not its own.
        *rotating.0.lock().unwrap() = credentials(ROLE, "other hash");
        ping(&client).await.unwrap_err();
    }
}

#[tokio::test]
async fn role_with_a_space_is_signed_by_the_sdk() {
    let cluster = test_cluster!(enforcing);
    let error = ping(&fast_signing_client(
        &cluster,
        signing_config("second role", "second"),
    ))
    .await;
    // The server splits the header at spaces.
    assert!(error.is_err());
    assert!(!has_fast_signature(&cluster));
}

#[tokio::test]
async fn reinstallation_replaces_the_signer() {
    let cluster = test_cluster!(enforcing);
    let [fast_signing_client, slow] = [true, false].map(|fast_signing_client| {
        let builder = quick_refresh(&cluster);
        match fast_signing_client {
            true => builder.fast_signing(true).build().unwrap(),
            false => builder.fast_signing(false).build().unwrap(),
        }
    });
    let mut config = signing_config(ROLE, SECRET).alternator(&slow).build();
    for (alternator, is_fast) in [
        (&fast_signing_client, true),
        (&slow, false),
        (&fast_signing_client, true),
        (&fast_signing_client, true),
    ] {
        config = config.to_builder().alternator(alternator).build();
        expect_pings(&Client::from_conf(config.clone()), 1).await;
        assert_eq!(has_fast_signature(&cluster), is_fast);
    }
}

#[tokio::test]
async fn custom_auth_scheme_is_not_replaced() {
    use aws_smithy_runtime_api::box_error::BoxError;
    use aws_smithy_runtime_api::client::auth::{
        AuthScheme, AuthSchemeEndpointConfig, AuthSchemeId, Sign,
    };
    use aws_smithy_runtime_api::client::identity::{Identity, SharedIdentityResolver};
    use aws_smithy_runtime_api::client::orchestrator::HttpRequest;
    use aws_smithy_runtime_api::client::runtime_components::{
        GetIdentityResolver, RuntimeComponents,
    };
    use aws_smithy_types::config_bag::ConfigBag;

    #[derive(Debug)]
    struct Signed;

    impl std::fmt::Display for Signed {
        fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
            f.write_str("signed by the application")
        }
    }

    impl std::error::Error for Signed {}

    #[derive(Debug)]
    struct Own;

    impl AuthScheme for Own {
        fn scheme_id(&self) -> AuthSchemeId {
            AuthSchemeId::new("sigv4")
        }

        fn identity_resolver(
            &self,
            resolvers: &dyn GetIdentityResolver,
        ) -> Option<SharedIdentityResolver> {
            resolvers.identity_resolver(self.scheme_id())
        }

        fn signer(&self) -> &dyn Sign {
            self
        }
    }

    impl Sign for Own {
        fn sign_http_request(
            &self,
            _: &mut HttpRequest,
            _: &Identity,
            _: AuthSchemeEndpointConfig<'_>,
            _: &RuntimeComponents,
            _: &ConfigBag,
        ) -> Result<(), BoxError> {
            Err(Signed.into())
        }
    }

    let cluster = test_cluster!(enforcing);
    let before = fast_signing_client(&cluster, signing_config(ROLE, SECRET).push_auth_scheme(Own));
    let error = ping(&before).await.unwrap_err();
    assert!(find_in_chain::<Signed>(&error).is_some(), "{error:?}");
    let alternator = quick_refresh(&cluster).fast_signing(true).build().unwrap();
    let config = signing_config(ROLE, SECRET)
        .alternator(&alternator)
        .push_auth_scheme(Own);
    let error = ping(&Client::from_conf(config.build())).await.unwrap_err();
    assert!(find_in_chain::<Signed>(&error).is_some(), "{error:?}");
}
