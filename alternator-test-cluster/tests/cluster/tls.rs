//! Tests of clusters that serve HTTPS.

use std::sync::Arc;

use alternator_test_cluster::{Fault, StartError, TestCluster};
use rcgen::{CertificateParams, KeyPair};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;
use tokio_rustls::TlsConnector;
use tokio_rustls::client::TlsStream;
use tokio_rustls::rustls::crypto::aws_lc_rs;
use tokio_rustls::rustls::pki_types::pem::PemObject;
use tokio_rustls::rustls::pki_types::{CertificateDer, PrivateKeyDer, ServerName};
use tokio_rustls::rustls::{ClientConfig, RootCertStore};

use crate::http::Client;

/// A certificate and its private key, in PEM.
struct Identity {
    certificate: String,
    key: String,
}

/// Returns a self-signed certificate for the addresses of both nodes.
fn self_signed_identity() -> Identity {
    let names = ["127.0.0.1".to_owned(), "127.0.0.2".to_owned()];
    let key = KeyPair::generate().unwrap();
    let certificate = CertificateParams::new(names)
        .unwrap()
        .self_signed(&key)
        .unwrap();
    Identity {
        certificate: certificate.pem(),
        key: key.serialize_pem(),
    }
}

/// Starts a cluster of two nodes that serve HTTPS.
fn tls_cluster(identity: &Identity) -> TestCluster {
    let tls = TestCluster::builder()
        .nodes(2)
        .tls(identity.certificate.as_str(), identity.key.as_str());
    tls.start().unwrap()
}

/// Connects with a client that trusts only one certificate.
async fn connect(
    cluster: &TestCluster,
    node: usize,
    trusted: &Identity,
) -> std::io::Result<TlsStream<TcpStream>> {
    connect_with(cluster, node, client_config(trusted, None)).await
}

/// Returns the configuration of a client that trusts only one certificate, and shows one.
fn client_config(trusted: &Identity, shown: Option<&Identity>) -> Arc<ClientConfig> {
    let mut roots = RootCertStore::empty();
    roots
        .add(CertificateDer::from_pem_slice(trusted.certificate.as_bytes()).unwrap())
        .unwrap();
    let provider = Arc::new(aws_lc_rs::default_provider());
    let config = ClientConfig::builder_with_provider(provider)
        .with_safe_default_protocol_versions()
        .unwrap();
    let config = config.with_root_certificates(roots);
    let mut config = match shown {
        None => config.with_no_client_auth(),
        Some(shown) => {
            let chain = CertificateDer::from_pem_slice(shown.certificate.as_bytes());
            let key = PrivateKeyDer::from_pem_slice(shown.key.as_bytes());
            let chain = vec![chain.unwrap()];
            config.with_client_auth_cert(chain, key.unwrap()).unwrap()
        }
    };
    config.alpn_protocols = vec![b"h2".to_vec(), b"http/1.1".to_vec()];
    Arc::new(config)
}

async fn connect_with(
    cluster: &TestCluster,
    node: usize,
    config: Arc<ClientConfig>,
) -> std::io::Result<TlsStream<TcpStream>> {
    let address = cluster.node(node).address();
    let stream = TcpStream::connect(address).await?;
    let name = ServerName::from(address.ip());
    TlsConnector::from(config).connect(name, stream).await
}

async fn get_root(stream: &mut TlsStream<TcpStream>) -> String {
    stream
        .write_all(b"GET / HTTP/1.1\r\nHost: node\r\nConnection: close\r\n\r\n")
        .await
        .unwrap();
    read_to_end(stream).await
}

async fn read_to_end(stream: &mut TlsStream<TcpStream>) -> String {
    let mut response = Vec::new();
    // A connection that is cut ends without a TLS `close_notify`, which is an error of the read.
    let _ = stream.read_to_end(&mut response).await;
    String::from_utf8(response).unwrap()
}

fn block_on(test: impl Future<Output = ()>) {
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build();
    runtime.unwrap().block_on(test);
}

#[test]
fn nodes_serve_https() {
    let identity = self_signed_identity();
    let cluster = tls_cluster(&identity);
    assert_eq!(
        cluster.url(),
        format!("https://127.0.0.1:{}", cluster.port())
    );
    block_on(async {
        for node in 0..2 {
            let mut stream = connect(&cluster, node, &identity).await.unwrap();
            assert_eq!(
                stream.get_ref().1.alpn_protocol(),
                None,
                "HTTP/2 is not negotiated"
            );
            assert!(get_root(&mut stream).await.ends_with("healthy: node"));
        }
    });
}

#[test]
fn untrusted_certificate_fails_handshake() {
    let cluster = tls_cluster(&self_signed_identity());
    block_on(async {
        assert!(connect(&cluster, 0, &self_signed_identity()).await.is_err());
    });
    assert_eq!(cluster.node(0).counters().health_checks, 0);
}

#[test]
fn plain_http_request_gets_no_response() {
    let cluster = tls_cluster(&self_signed_identity());
    let mut client = Client::connect(&cluster.node(0));
    client
        .write(b"GET / HTTP/1.1\r\nHost: node\r\n\r\n")
        .unwrap();
    assert!(!client.drain().0.starts_with(b"HTTP"));
}

#[test]
fn faults_apply_to_tls_connections() {
    let identity = self_signed_identity();
    let cluster = tls_cluster(&identity);
    let node = cluster.node(0);
    block_on(async {
        node.inject(Fault::CutAfter { bytes: 12 });
        let mut stream = connect(&cluster, 0, &identity).await.unwrap();
        assert_eq!(get_root(&mut stream).await, "HTTP/1.1 200");
        let mut stream = connect(&cluster, 0, &identity).await.unwrap();
        node.stop();
        assert_eq!(get_ignoring_write_errors(&mut stream).await, "");
        node.recover();
        node.start().unwrap();
        let mut stream = connect(&cluster, 0, &identity).await.unwrap();
        assert!(get_root(&mut stream).await.starts_with("HTTP/1.1 200"));
    });
}

async fn get_ignoring_write_errors(stream: &mut TlsStream<TcpStream>) -> String {
    // The write fails if the client has already detected the closed connection.
    let _ = stream
        .write_all(b"GET / HTTP/1.1\r\nHost: node\r\n\r\n")
        .await;
    read_to_end(stream).await
}

#[test]
fn invalid_certificate_or_key_is_an_error() {
    let identity = self_signed_identity();
    let (certificate, key) = (identity.certificate.as_str(), identity.key.as_str());
    for (certificate, key) in [
        ("", key),
        ("nonsense", key),
        (certificate, ""),
        (certificate, certificate),
    ] {
        let error = TestCluster::builder()
            .tls(certificate, key)
            .start()
            .unwrap_err();
        assert!(matches!(error, StartError::Tls { .. }), "{error}");
    }
}

/// Sends an unsigned operation, and returns the response. The empty string if the server refuses the client.
async fn list_tables(
    cluster: &TestCluster,
    trusted: &Identity,
    shown: Option<&Identity>,
) -> String {
    let mut stream = connect_with(cluster, 0, client_config(trusted, shown))
        .await
        .unwrap();
    let head = "POST / HTTP/1.1\r\nHost: node\r\nX-Amz-Target: DynamoDB_20120810.ListTables\r\n\
                Connection: close\r\nContent-Length: 2\r\n\r\n{}";
    let _ = stream.write_all(head.as_bytes()).await;
    read_to_end(&mut stream).await
}

#[test]
fn required_client_certificates_are_verified_and_counted() {
    let [node, client, other] = std::array::from_fn(|_| self_signed_identity());
    let cluster = TestCluster::builder()
        .nodes(1)
        .tls(node.certificate.as_str(), node.key.as_str())
        .client_certificates(client.certificate.as_str(), true);
    let cluster = cluster.start().unwrap();
    block_on(async {
        assert_eq!(list_tables(&cluster, &node, None).await, "");
        assert_eq!(list_tables(&cluster, &node, Some(&other)).await, "");
        let counters = cluster.node(0).counters();
        assert_eq!((counters.failed_handshakes, counters.requests), (2, 0));
        let response = list_tables(&cluster, &node, Some(&client)).await;
        assert!(response.starts_with("HTTP/1.1 200"), "{response}");
    });
    let counters = cluster.node(0).counters();
    let shown = CertificateDer::from_pem_slice(client.certificate.as_bytes()).unwrap();
    assert_eq!(counters.full_handshakes, 1);
    assert_eq!(
        counters.last_client_certificate.as_deref(),
        Some(shown.as_ref())
    );
}

#[test]
fn optional_client_certificate_authenticates_where_it_has_a_role() {
    let [node, client] = std::array::from_fn(|_| self_signed_identity());
    for has_role in [false, true] {
        let mut builder = TestCluster::builder()
            .nodes(1)
            .tls(node.certificate.as_str(), node.key.as_str())
            .authorization("app", "secret")
            .client_certificates(client.certificate.as_str(), false);
        if has_role {
            builder = builder.client_certificate_role("app");
        }
        let cluster = builder.start().unwrap();
        block_on(async {
            let response = list_tables(&cluster, &node, None).await;
            assert!(
                response.contains("MissingAuthenticationToken"),
                "{response}"
            );
            let response = list_tables(&cluster, &node, Some(&client)).await;
            assert_eq!(response.starts_with("HTTP/1.1 200"), has_role, "{response}");
        });
    }
}

#[test]
fn sessions_are_resumed_until_the_certificate_is_replaced() {
    let [old, new] = std::array::from_fn(|_| self_signed_identity());
    let cluster = tls_cluster(&old);
    let node = cluster.node(0);
    let handshakes = || {
        let counters = node.counters();
        (counters.full_handshakes, counters.resumed_handshakes)
    };
    block_on(async {
        let config = client_config(&old, None);
        for _ in 0..3 {
            let mut stream = connect_with(&cluster, 0, Arc::clone(&config))
                .await
                .unwrap();
            get_root(&mut stream).await;
        }
        assert_eq!(handshakes(), (1, 2));
        cluster
            .replace_certificate(new.certificate.as_str(), new.key.as_str())
            .unwrap();
        assert!(connect_with(&cluster, 0, config).await.is_err());
        let mut stream = connect(&cluster, 0, &new).await.unwrap();
        get_root(&mut stream).await;
        assert_eq!(handshakes(), (2, 2));
        assert!(cluster.replace_certificate("", "").is_err());
        assert!(connect(&cluster, 0, &new).await.is_ok());
    });
}

#[test]
fn one_node_shows_another_certificate_until_that_of_the_cluster_is_replaced() {
    let [old, other, new] = [(); 3].map(|()| self_signed_identity());
    let cluster = tls_cluster(&old);
    let is_trusted = async |node, identity| connect(&cluster, node, identity).await.is_ok();
    block_on(async {
        let node = cluster.node(0);
        let shown = node.replace_certificate(other.certificate.as_str(), other.key.as_str());
        shown.unwrap();
        assert!(node.replace_certificate("", "").is_err());
        assert!(is_trusted(0, &other).await && !is_trusted(0, &old).await);
        assert!(is_trusted(1, &old).await);
        cluster
            .replace_certificate(new.certificate.as_str(), new.key.as_str())
            .unwrap();
        assert!(is_trusted(0, &new).await && is_trusted(1, &new).await);
    });
}

#[test]
fn node_without_tls_shows_no_certificate() {
    let cluster = TestCluster::builder().nodes(1).start().unwrap();
    let Identity { certificate, key } = self_signed_identity();
    let error = cluster.node(0).replace_certificate(certificate, key);
    assert!(matches!(error, Err(StartError::Tls { .. })), "{error:?}");
}
