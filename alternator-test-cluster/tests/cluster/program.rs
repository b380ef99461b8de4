//! Tests of the command-line program.

use std::io::{BufRead, BufReader, Read, Write};
use std::net::{TcpListener, TcpStream};
use std::process::{Child, Command, Output, Stdio};

fn program() -> Command {
    Command::new(env!("CARGO_BIN_EXE_alternator-test-cluster"))
}

fn output(arguments: &[&str]) -> Output {
    program().args(arguments).output().unwrap()
}

/// Starts the program and waits until it is ready. Returns the process and the URLs of its nodes.
fn start(arguments: &[&str]) -> (Child, Vec<String>) {
    let mut child = program()
        .args(arguments)
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    let mut line = String::new();
    BufReader::new(child.stdout.as_mut().unwrap())
        .read_line(&mut line)
        .unwrap();
    let mut words = line.split_whitespace();
    assert_eq!(words.next(), Some("ready"), "{line}");
    (child, words.map(str::to_owned).collect())
}

fn signal(child: &Child, name: &str) {
    let kill = Command::new("kill")
        .args([name, &child.id().to_string()])
        .status();
    assert!(kill.unwrap().success());
}

fn get(url: &str) -> String {
    let (address, path) = url
        .strip_prefix("http://")
        .unwrap()
        .split_once('/')
        .unwrap();
    let response = exchange(address, &format!("GET /{path} HTTP/1.1\r\n"), "");
    response.split_once("\r\n\r\n").unwrap().1.to_owned()
}

/// Sends a request on a new connection. Returns the whole response, including its head.
fn exchange(address: &str, head: &str, body: &str) -> String {
    let mut stream = TcpStream::connect(address).unwrap();
    write!(
        stream,
        "{head}Host: {address}\r\nContent-Length: {}\r\nConnection: close\r\n\r\n{body}",
        body.len()
    )
    .unwrap();
    let mut response = String::new();
    stream.read_to_string(&mut response).unwrap();
    response
}

#[cfg(unix)]
#[test]
fn program_reports_readiness_and_stops_on_signals() {
    for name in ["-TERM", "-INT"] {
        let (mut child, urls) = start(&["--nodes", "2", "--port", "0"]);
        assert_eq!(urls.len(), 2);
        assert!(urls[1].starts_with("http://127.0.0.2:"));
        assert!(get(&format!("{}/", urls[0])).starts_with("healthy"));
        signal(&child, name);
        assert_eq!(child.wait().unwrap().code(), Some(0));
        let mut rest = String::new();
        child.stdout.unwrap().read_to_string(&mut rest).unwrap();
        assert_eq!(rest, "");
    }
}

#[cfg(unix)]
#[test]
fn program_builds_cluster_from_arguments() {
    let (mut child, urls) = start(&[
        "--nodes=5",
        "--port=0",
        "--racks",
        "r1,r2",
        "--datacenter",
        "east",
        "--auth",
        "role:se:cret",
        "--release",
        "2025.1",
    ]);
    assert_eq!(urls.len(), 5);
    let in_rack = |query: &str| {
        serde_json::from_str::<Vec<String>>(&get(&format!("{}/localnodes{query}", urls[0])))
            .unwrap()
            .len()
    };
    assert_eq!(in_rack(""), 5);
    assert_eq!(in_rack("?dc=east&rack=r1"), 3);
    assert_eq!(in_rack("?rack=r2"), 2);
    signal(&child, "-TERM");
    child.wait().unwrap();
}

#[cfg(unix)]
#[test]
fn program_enforces_configured_authorization() {
    let post = "POST / HTTP/1.1\r\nContent-Type: application/x-amz-json-1.0\r\n\
                X-Amz-Target: DynamoDB_20120810.ListTables\r\n";
    let unsigned = |arguments: &[&str]| {
        let (mut child, urls) = start(arguments);
        let response = exchange(urls[0].strip_prefix("http://").unwrap(), post, "{}");
        signal(&child, "-TERM");
        child.wait().unwrap();
        response
    };
    let rejected = unsigned(&["--nodes", "1", "--port", "0", "--auth", "role:secret"]);
    assert!(rejected.starts_with("HTTP/1.1 400 "), "{rejected}");
    assert!(
        rejected.contains("MissingAuthenticationTokenException"),
        "{rejected}"
    );
    let served = unsigned(&["--nodes", "1", "--port", "0"]);
    assert!(served.starts_with("HTTP/1.1 200 "), "{served}");
}

#[cfg(unix)]
#[test]
fn tokens_and_rf_arguments_spread_the_tables() {
    let (mut child, urls) = start(&["--nodes=2", "--port=0", "--tokens=tablets", "--rf=1"]);
    let address = urls[0].strip_prefix("http://").unwrap();
    let call = |operation: &str, body: &str| {
        let head = format!("POST / HTTP/1.1\r\nX-Amz-Target: DynamoDB_20120810.{operation}\r\n");
        exchange(address, &head, body)
    };
    let table = r#"{"TableName":"ttt","BillingMode":"PAY_PER_REQUEST",
        "KeySchema":[{"AttributeName":"k","KeyType":"HASH"}],
        "AttributeDefinitions":[{"AttributeName":"k","AttributeType":"S"}]}"#;
    let created = call("CreateTable", table);
    assert!(created.starts_with("HTTP/1.1 200 "), "{created}");
    let tablets = call(
        "Scan",
        r#"{"TableName":".scylla.alternator.system.tablets"}"#,
    );
    assert!(tablets.contains(r#""Count":16"#), "{tablets}");
    signal(&child, "-TERM");
    child.wait().unwrap();
}

#[test]
fn invalid_arguments_print_usage_and_exit_with_2() {
    for arguments in [
        &["--nodes", "0"][..],
        &["--nodes", "many"],
        &["--nodes"],
        &["--port", "99999"],
        &["--racks", "r1,,r2"],
        &["--datacenter", ""],
        &["--auth", "nocolon"],
        &["--auth", ":secret"],
        &["--release", "5.0"],
        &["--tokens", "some"],
        &["--rf", "0"],
        &["--unknown"],
        &["stray"],
    ] {
        let output = output(arguments);
        assert_eq!(output.status.code(), Some(2), "{arguments:?}");
        let errors = String::from_utf8(output.stderr).unwrap();
        assert!(
            errors.starts_with("error: ") && errors.contains("Usage: alternator-test-cluster"),
            "{errors}"
        );
        assert!(output.stdout.is_empty());
    }
}

#[test]
fn port_in_use_is_an_error() {
    let taken = TcpListener::bind("127.0.0.1:0").unwrap();
    let port = taken.local_addr().unwrap().port().to_string();
    let output = output(&["--port", &port]);
    assert_eq!(output.status.code(), Some(1));
    assert!(
        String::from_utf8(output.stderr)
            .unwrap()
            .contains(&format!("127.0.0.1:{port} is taken"))
    );
    assert!(output.stdout.is_empty());
}

#[test]
fn help_and_version_are_printed_to_stdout() {
    for argument in ["--help", "-h"] {
        let output = output(&[argument]);
        assert_eq!(output.status.code(), Some(0));
        assert!(
            String::from_utf8(output.stdout)
                .unwrap()
                .contains("--racks")
        );
    }
    let version = output(&["--version"]);
    let expected = format!("alternator-test-cluster {}\n", env!("CARGO_PKG_VERSION"));
    assert_eq!(String::from_utf8(version.stdout).unwrap(), expected);
}
