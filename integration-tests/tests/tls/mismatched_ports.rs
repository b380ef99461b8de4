//! Plain HTTP to a port with TLS, and the reverse.

use super::certificates::Authority;
use super::{https_cluster, tls_problem};
use crate::support::{client, error_text, ping, test_cluster};
use alternator_lb_sdk::Alternator;
use alternator_lb_sdk::tls::TlsProblem;
use std::io::{Read as _, Write as _};
use std::net::TcpListener;

/// Expects this problem of a seed, and an error that names the seed and `remedy`.
async fn expect_problem(seed: &str, expected: TlsProblem, remedy: &str) {
    let alternator = Alternator::builder().seeds([seed]).build().unwrap();
    let error = ping(&client(&alternator)).await.unwrap_err();
    let text = error_text(&error);
    assert_eq!(tls_problem(&error), Some(expected.clone()), "{text}");
    assert!(text.contains(seed) && text.contains(remedy), "{text}");
    let seed_alone = Alternator::builder().seeds([seed]).without_discovery();
    let seed_alone = seed_alone.build().unwrap();
    let _client = client(&seed_alone);
    for alternator in [alternator, seed_alone] {
        let error = alternator.ready().await.unwrap_err();
        assert_eq!(tls_problem(&error), Some(expected.clone()), "{error:?}");
        let text = error.to_string();
        assert!(text.contains(seed) && text.contains(remedy), "{text}");
    }
}

#[tokio::test]
async fn http_to_a_port_with_tls() {
    let identity = Authority::new().node();
    let cluster = https_cluster!(identity);
    let seed = cluster.url().replace("https://", "http://");
    expect_problem(&seed, TlsProblem::NoPlainHttp, "write `https://`").await;
}

#[tokio::test]
async fn https_to_a_port_without_tls() {
    let cluster = test_cluster!(|cluster| cluster.nodes(1));
    let seed = cluster.url().replace("http://", "https://");
    expect_problem(&seed, TlsProblem::PlainHttp, "`http://`").await;
}

/// Starts a server that reads something, closes the connection and says nothing, as Alternator does with what it cannot
/// read.
fn closing_server() -> u16 {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let port = listener.local_addr().unwrap().port();
    std::thread::spawn(move || {
        while let Ok((mut connection, _)) = listener.accept() {
            let _ = connection.read(&mut [0; 4096]);
            let _ = connection.flush();
        }
    });
    port
}

#[tokio::test]
async fn port_that_closes_the_connection_instead_of_a_handshake() {
    let seed = format!("https://127.0.0.1:{}", closing_server());
    expect_problem(&seed, TlsProblem::HandshakeCut, "alternator_https_port").await;
}

#[tokio::test]
async fn port_that_closes_the_connection_instead_of_a_response() {
    let seed = format!("http://127.0.0.1:{}", closing_server());
    expect_problem(&seed, TlsProblem::NoPlainHttp, "write `https://`").await;
}
