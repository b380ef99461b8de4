//! Minimal headers: requests byte for byte.

use crate::support::{
    OK, RecordingServer, SERVER_ERROR, config, ping, quick_retries, signing_config,
};
use alternator_lb_sdk::{
    Alternator, AlternatorExt as _, BuildError, Builder, OperationExt as _, OperationOptions,
};
use aws_sdk_dynamodb::Client;
use aws_sdk_dynamodb::config::{self, AppName, Region};
use aws_sdk_dynamodb::types::AttributeValue;

const PLUGIN_USER_AGENT: &str = concat!("alternator-lb-sdk/", env!("CARGO_PKG_VERSION"));

fn cluster(server: &RecordingServer) -> Builder {
    Alternator::builder().seeds([server.url()])
}

fn client(builder: Builder, config: config::Builder) -> Client {
    let alternator = builder.build().unwrap();
    Client::from_conf(config.alternator(&alternator).build())
}

/// The unsigned request of [`ping`] with minimal headers.
fn minimal_ping(server: &RecordingServer, user_agent: &str) -> String {
    let host = server.url().replace("http://", "");
    format!(
        "POST / HTTP/1.1\r\n\
         content-type: application/x-amz-json-1.0\r\n\
         x-amz-target: DynamoDB_20120810.ListTables\r\n\
         content-length: 11\r\n\
         user-agent: {user_agent}\r\n\
         host: {host}\r\n\
         \r\n\
         {{\"Limit\":1}}"
    )
}

/// Returns the value of a header of a request.
fn header<'a>(request: &'a str, name: &str) -> Option<&'a str> {
    let mut lines = request.lines();
    lines.find_map(|line| line.strip_prefix(name)?.strip_prefix(": "))
}

/// Returns the names of the headers, sorted.
fn names(request: &str) -> Vec<&str> {
    let head = request.lines().skip(1).take_while(|line| !line.is_empty());
    let mut names: Vec<_> = head.map(|line| line.split(':').next().unwrap()).collect();
    names.sort_unstable();
    names
}

/// The headers with which the SDK describes itself and its retries.
const SDK_HEADERS: [&str; 3] = [
    "amz-sdk-invocation-id",
    "amz-sdk-request",
    "x-amz-user-agent",
];

fn assert_sdk_headers(request: &str) {
    for name in SDK_HEADERS {
        assert!(header(request, name).is_some(), "{name}: {request}");
    }
    assert!(
        header(request, "user-agent")
            .unwrap()
            .contains("aws-sdk-rust")
    );
}

#[tokio::test]
async fn requests_carry_only_minimal_headers() {
    let server = RecordingServer::new();
    ping(&client(cluster(&server), config())).await.unwrap();
    assert_eq!(server.take_one(), minimal_ping(&server, PLUGIN_USER_AGENT));
}

#[tokio::test]
async fn signature_covers_only_minimal_headers() {
    let server = RecordingServer::new();
    ping(&client(cluster(&server), signing_config("role", "secret")))
        .await
        .unwrap();
    let request = server.take_one();
    let expected = [
        "authorization",
        "content-length",
        "content-type",
        "host",
        "user-agent",
        "x-amz-date",
        "x-amz-target",
    ];
    assert_eq!(names(&request), expected);
    assert_eq!(header(&request, "user-agent"), Some(PLUGIN_USER_AGENT));
    let authorization = header(&request, "authorization").unwrap();
    let signed = "SignedHeaders=host;x-amz-date;x-amz-target,";
    assert!(authorization.contains(signed), "{authorization}");

    let by_sdk = cluster(&server).fast_signing(false);
    ping(&client(by_sdk, signing_config("role", "secret")))
        .await
        .unwrap();
    let request = server.take_one();
    assert_eq!(names(&request), expected);
    let authorization = header(&request, "authorization").unwrap();
    let signed = "SignedHeaders=content-length;content-type;host;x-amz-date;x-amz-target,";
    assert!(authorization.contains(signed), "{authorization}");
}

#[tokio::test]
async fn app_name_follows_the_plugins_name_in_the_user_agent() {
    let server = RecordingServer::new();
    let config = config().app_name(AppName::new("shop").unwrap());
    ping(&client(cluster(&server), config)).await.unwrap();
    let user_agent = format!("{PLUGIN_USER_AGENT} app/shop");
    assert_eq!(server.take_one(), minimal_ping(&server, &user_agent));
}

#[tokio::test]
async fn app_name_set_after_installation_is_sent() {
    let server = RecordingServer::new();
    let alternator = cluster(&server).build().unwrap();
    let config = config().alternator(&alternator);
    let config = config.app_name(AppName::new("later").unwrap());
    ping(&Client::from_conf(config.build())).await.unwrap();
    let user_agent = format!("{PLUGIN_USER_AGENT} app/later");
    assert_eq!(server.take_one(), minimal_ping(&server, &user_agent));
}

#[tokio::test]
async fn configured_user_agent_is_sent_verbatim() {
    let server = RecordingServer::new();
    let config = config().app_name(AppName::new("shop").unwrap());
    let builder = cluster(&server).user_agent("till/7 (eu)");
    ping(&client(builder, config)).await.unwrap();
    assert_eq!(server.take_one(), minimal_ping(&server, "till/7 (eu)"));
}

#[tokio::test]
async fn user_agent_of_an_application_interceptor_is_kept() {
    let server = RecordingServer::new();
    let client = client(cluster(&server), config());
    let operation = client.list_tables().limit(1).customize();
    let operation = operation.mutate_request(|request| {
        request.headers_mut().insert("user-agent", "mine");
    });
    operation.send().await.unwrap();
    assert_eq!(server.take_one(), minimal_ping(&server, "mine"));
}

#[tokio::test]
async fn every_attempt_has_minimal_headers() {
    let server = RecordingServer::responding_with(&[SERVER_ERROR, SERVER_ERROR, OK]);
    let config = config().retry_config(quick_retries());
    ping(&client(cluster(&server), config)).await.unwrap();
    let expected = minimal_ping(&server, PLUGIN_USER_AGENT);
    assert_eq!(server.take(), [&*expected, &*expected, &*expected]);
}

#[tokio::test]
async fn disabling_minimal_headers_sends_all_headers_of_the_sdk() {
    let server = RecordingServer::new();
    for config in [config(), signing_config("role", "secret")] {
        let plain = config.clone().endpoint_url(server.url()).allow_no_auth();
        ping(&Client::from_conf(plain.build())).await.unwrap();
        let of_the_sdk = server.take_one();
        let builder = cluster(&server).minimal_headers(false);
        ping(&client(builder, config)).await.unwrap();
        let of_the_plugin = server.take_one();
        assert_sdk_headers(&of_the_plugin);
        assert_eq!(names(&of_the_plugin), names(&of_the_sdk));
    }
}

#[tokio::test]
async fn separately_installed_components_send_all_headers_of_the_sdk() {
    let server = RecordingServer::new();
    let alternator = cluster(&server).build().unwrap();
    let config = config()
        .allow_no_auth()
        .endpoint_resolver(alternator.endpoint_resolver())
        .interceptor(alternator.interceptor());
    ping(&Client::from_conf(config.build())).await.unwrap();
    assert_sdk_headers(&server.take_one());
}

#[tokio::test]
async fn operation_option_overrides_minimal_headers() {
    let server = RecordingServer::new();
    let send = async |builder: Builder, options: OperationOptions| {
        let client = client(builder, config());
        let operation = client.list_tables().limit(1).customize();
        operation.alternator_options(options).send().await.unwrap();
        let after = ping(&client).await;
        after.unwrap();
        let [one, next] = server.take().try_into().unwrap();
        (one, next)
    };
    let minimal = minimal_ping(&server, PLUGIN_USER_AGENT);
    let options = OperationOptions::new();
    let (one, next) = send(cluster(&server), options.clone().minimal_headers(false)).await;
    assert_sdk_headers(&one);
    assert_eq!(next, minimal, "the next operation has the default");

    let sdk_headers = || cluster(&server).minimal_headers(false);
    let (one, next) = send(sdk_headers(), options.clone().minimal_headers(true)).await;
    assert_eq!(one, minimal);
    assert_sdk_headers(&next);

    let (one, _) = send(cluster(&server), options.clone()).await;
    assert_eq!(one, minimal, "the option is not set");
    let (one, _) = send(sdk_headers(), options).await;
    assert_sdk_headers(&one);
}

#[tokio::test]
async fn reinstallation_replaces_the_minimal_headers_setting() {
    let server = RecordingServer::new();
    let sdk_headers = cluster(&server).minimal_headers(false).build().unwrap();
    let minimal = cluster(&server).build().unwrap();
    let config = config().alternator(&sdk_headers).build();
    let config = config.to_builder().alternator(&minimal).build();
    ping(&Client::from_conf(config.clone())).await.unwrap();
    assert_eq!(server.take_one(), minimal_ping(&server, PLUGIN_USER_AGENT));
    let config = config.to_builder().alternator(&sdk_headers).build();
    ping(&Client::from_conf(config)).await.unwrap();
    assert_sdk_headers(&server.take_one());
}

/// Returns the size of the head of a `GetItem` request, in bytes.
async fn head_of_get_item(server: &RecordingServer, client: &Client) -> usize {
    let get = client.get_item().table_name("customers");
    let get = get.key("id", AttributeValue::S("4711".to_owned()));
    get.send().await.unwrap();
    let request = server.take_one();
    request.find("\r\n\r\n").unwrap() + 4
}

#[tokio::test]
async fn request_head_is_at_most_three_fifths_of_the_sdks() {
    let server = RecordingServer::new();
    let plain = config().endpoint_url(server.url()).allow_no_auth();
    let plain = head_of_get_item(&server, &Client::from_conf(plain.build())).await;
    let minimal = head_of_get_item(&server, &client(cluster(&server), config())).await;
    assert!(minimal * 5 <= plain * 3, "{minimal} of {plain}");

    let signing_config = signing_config("role", "secret").region(Region::from_static("us-east-1"));
    let plain = signing_config.clone().endpoint_url(server.url()).build();
    let plain = head_of_get_item(&server, &Client::from_conf(plain)).await;
    let fast = client(cluster(&server).fast_signing(true), signing_config);
    let minimal = head_of_get_item(&server, &fast).await;
    assert!(minimal * 5 <= plain * 3, "{minimal} of {plain}");
}

#[test]
fn invalid_user_agent_is_an_error() {
    for bad in ["", "line\nfeed", "two  spaces", "Käse"] {
        let builder = Alternator::builder().seeds(["http://192.0.2.1:8000"]);
        let error = builder.user_agent(bad).build().unwrap_err();
        assert!(matches!(error, BuildError::UserAgent { .. }), "{error}");
        assert!(error.to_string().contains(".user_agent("), "{error}");
    }
}
