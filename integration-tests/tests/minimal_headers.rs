//! What is on the wire, byte for byte.

use crate::support::{
    OK, RecordingServer, SERVER_ERROR, config, ping, quick_retries, signing_config,
};
use alternator_lb_sdk::{
    Alternator, AlternatorExt as _, BuildError, Builder, OperationExt as _, OperationOptions,
};
use aws_sdk_dynamodb::Client;
use aws_sdk_dynamodb::config::{self, AppName, Region};
use aws_sdk_dynamodb::types::AttributeValue;

const OWN: &str = concat!("alternator-lb-sdk/", env!("CARGO_PKG_VERSION"));

fn cluster(server: &RecordingServer) -> Builder {
    Alternator::builder().seeds([server.url()])
}

fn client(builder: Builder, config: config::Builder) -> Client {
    let alternator = builder.build().unwrap();
    Client::from_conf(config.alternator(&alternator).build())
}

/// A lean request of the operation that [`ping`] makes, unsigned.
fn lean_ping(server: &RecordingServer, user_agent: &str) -> String {
    let host = server.url().replace("http://", "");
    format!(
        "POST / HTTP/1.1\r\n\
         content-length: 11\r\n\
         x-amz-target: DynamoDB_20120810.ListTables\r\n\
         user-agent: {user_agent}\r\n\
         host: {host}\r\n\
         \r\n\
         {{\"Limit\":1}}"
    )
}

/// The value of a header in a request.
fn header<'a>(request: &'a str, name: &str) -> Option<&'a str> {
    let mut lines = request.lines();
    lines.find_map(|line| line.strip_prefix(name)?.strip_prefix(": "))
}

/// The names of the headers, in order.
fn names(request: &str) -> Vec<&str> {
    let head = request.lines().skip(1).take_while(|line| !line.is_empty());
    let mut names: Vec<_> = head.map(|line| line.split(':').next().unwrap()).collect();
    names.sort_unstable();
    names
}

/// The headers by which the SDK tells of itself and its retries.
const OF_THE_SDK: [&str; 3] = [
    "amz-sdk-invocation-id",
    "amz-sdk-request",
    "x-amz-user-agent",
];

fn assert_as_by_the_sdk(request: &str) {
    for name in OF_THE_SDK {
        assert!(header(request, name).is_some(), "{name}: {request}");
    }
    assert!(
        header(request, "user-agent")
            .unwrap()
            .contains("aws-sdk-rust")
    );
}

#[tokio::test]
async fn nothing_is_sent_but_what_is_read() {
    let server = RecordingServer::new();
    ping(&client(cluster(&server), config())).await.unwrap();
    assert_eq!(server.take_one(), lean_ping(&server, OWN));
}

#[tokio::test]
async fn a_signature_covers_what_is_sent() {
    let server = RecordingServer::new();
    ping(&client(cluster(&server), signing_config("role", "secret")))
        .await
        .unwrap();
    let request = server.take_one();
    let expected = [
        "authorization",
        "content-length",
        "host",
        "user-agent",
        "x-amz-date",
        "x-amz-target",
    ];
    assert_eq!(names(&request), expected);
    assert_eq!(header(&request, "user-agent"), Some(OWN));
    let authorization = header(&request, "authorization").unwrap();
    let signed = "SignedHeaders=content-length;host;x-amz-date;x-amz-target,";
    assert!(authorization.contains(signed), "{authorization}");
}

#[tokio::test]
async fn the_applications_name_follows_the_plugins() {
    let server = RecordingServer::new();
    let config = config().app_name(AppName::new("shop").unwrap());
    ping(&client(cluster(&server), config)).await.unwrap();
    let user_agent = format!("{OWN} app/shop");
    assert_eq!(server.take_one(), lean_ping(&server, &user_agent));
}

#[tokio::test]
async fn a_name_that_is_set_after_the_installation_counts_too() {
    let server = RecordingServer::new();
    let alternator = cluster(&server).build().unwrap();
    let config = config().alternator(&alternator);
    let config = config.app_name(AppName::new("later").unwrap());
    ping(&Client::from_conf(config.build())).await.unwrap();
    let user_agent = format!("{OWN} app/later");
    assert_eq!(server.take_one(), lean_ping(&server, &user_agent));
}

#[tokio::test]
async fn a_user_agent_that_is_chosen_is_sent_as_it_is() {
    let server = RecordingServer::new();
    let config = config().app_name(AppName::new("shop").unwrap());
    let builder = cluster(&server).user_agent("till/7 (eu)");
    ping(&client(builder, config)).await.unwrap();
    assert_eq!(server.take_one(), lean_ping(&server, "till/7 (eu)"));
}

#[tokio::test]
async fn a_user_agent_of_the_applications_own_interceptor_stays() {
    let server = RecordingServer::new();
    let client = client(cluster(&server), config());
    let operation = client.list_tables().limit(1).customize();
    let operation = operation.mutate_request(|request| {
        request.headers_mut().insert("user-agent", "mine");
    });
    operation.send().await.unwrap();
    assert_eq!(server.take_one(), lean_ping(&server, "mine"));
}

#[tokio::test]
async fn every_attempt_is_lean() {
    let server = RecordingServer::responding_with(&[SERVER_ERROR, SERVER_ERROR, OK]);
    let config = config().retry_config(quick_retries());
    ping(&client(cluster(&server), config)).await.unwrap();
    let expected = lean_ping(&server, OWN);
    assert_eq!(server.take(), [&*expected, &*expected, &*expected]);
}

#[tokio::test]
async fn without_lean_requests_all_is_as_by_the_sdk() {
    let server = RecordingServer::new();
    for config in [config(), signing_config("role", "secret")] {
        let plain = config.clone().endpoint_url(server.url()).allow_no_auth();
        ping(&Client::from_conf(plain.build())).await.unwrap();
        let by_the_sdk = server.take_one();
        let builder = cluster(&server).without_lean_requests();
        ping(&client(builder, config)).await.unwrap();
        let by_the_plugin = server.take_one();
        assert_as_by_the_sdk(&by_the_plugin);
        assert_eq!(names(&by_the_plugin), names(&by_the_sdk));
    }
}

#[tokio::test]
async fn the_parts_leave_requests_as_they_are() {
    let server = RecordingServer::new();
    let alternator = cluster(&server).build().unwrap();
    let config = config()
        .allow_no_auth()
        .endpoint_resolver(alternator.endpoint_resolver())
        .interceptor(alternator.interceptor());
    ping(&Client::from_conf(config.build())).await.unwrap();
    assert_as_by_the_sdk(&server.take_one());
}

#[tokio::test]
async fn an_operation_can_have_it_otherwise() {
    let server = RecordingServer::new();
    let send = async |builder: Builder, options: OperationOptions| {
        let client = client(builder, config());
        let operation = client.list_tables().limit(1).customize();
        operation.alternator(options).send().await.unwrap();
        let after = ping(&client).await;
        after.unwrap();
        let [one, next] = server.take().try_into().unwrap();
        (one, next)
    };
    let lean = lean_ping(&server, OWN);
    let options = OperationOptions::new();
    let (one, next) = send(cluster(&server), options.clone().lean_requests(false)).await;
    assert_as_by_the_sdk(&one);
    assert_eq!(next, lean, "the next is as all are");

    let fat = || cluster(&server).without_lean_requests();
    let (one, next) = send(fat(), options.clone().lean_requests(true)).await;
    assert_eq!(one, lean);
    assert_as_by_the_sdk(&next);

    let (one, _) = send(cluster(&server), options.clone()).await;
    assert_eq!(one, lean, "nothing was said");
    let (one, _) = send(fat(), options).await;
    assert_as_by_the_sdk(&one);
}

#[tokio::test]
async fn an_installation_replaces_what_the_former_said() {
    let server = RecordingServer::new();
    let fat = cluster(&server).without_lean_requests().build().unwrap();
    let lean = cluster(&server).build().unwrap();
    let config = config().alternator(&fat).build();
    let config = config.to_builder().alternator(&lean).build();
    ping(&Client::from_conf(config.clone())).await.unwrap();
    assert_eq!(server.take_one(), lean_ping(&server, OWN));
    let config = config.to_builder().alternator(&fat).build();
    ping(&Client::from_conf(config)).await.unwrap();
    assert_as_by_the_sdk(&server.take_one());
}

/// The bytes of the head of a `GetItem` with the settings of most applications.
async fn head_of_get_item(server: &RecordingServer, client: &Client) -> usize {
    let get = client.get_item().table_name("customers");
    let get = get.key("id", AttributeValue::S("4711".to_owned()));
    get.send().await.unwrap();
    let request = server.take_one();
    request.find("\r\n\r\n").unwrap() + 4
}

#[tokio::test]
async fn a_head_is_half_of_what_it_was() {
    let server = RecordingServer::new();
    let plain = config().endpoint_url(server.url()).allow_no_auth();
    let plain = head_of_get_item(&server, &Client::from_conf(plain.build())).await;
    let lean = head_of_get_item(&server, &client(cluster(&server), config())).await;
    assert!(lean * 100 <= plain * 55, "{lean} of {plain}");

    let signing_config = signing_config("role", "secret").region(Region::from_static("us-east-1"));
    let plain = signing_config.clone().endpoint_url(server.url()).build();
    let plain = head_of_get_item(&server, &Client::from_conf(plain)).await;
    let fast = client(cluster(&server).fast_signing(), signing_config);
    let lean = head_of_get_item(&server, &fast).await;
    assert!(lean * 100 <= plain * 55, "{lean} of {plain}");
}

#[test]
fn a_user_agent_that_no_header_takes_is_an_error() {
    for bad in ["", "line\nfeed", "two  spaces", "Käse"] {
        let builder = Alternator::builder().seeds(["http://192.0.2.1:8000"]);
        let error = builder.user_agent(bad).build().unwrap_err();
        assert!(matches!(error, BuildError::UserAgent { .. }), "{error}");
        assert!(error.to_string().contains(".user_agent("), "{error}");
    }
}
