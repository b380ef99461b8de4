//! Certificates of nodes with HTTPS.

use crate::support::check;
use alternator_test_cluster::TestCluster;
use rcgen::{CertificateParams, KeyPair};
use std::fs;
use std::path::PathBuf;

/// A cluster whose certificate names these hosts, and the file of the certificate.
pub(crate) fn cluster(name: &str, hosts: &[&str]) -> (TestCluster, PathBuf) {
    let key = KeyPair::generate().unwrap();
    let hosts: Vec<_> = hosts.iter().map(|&host| host.to_owned()).collect();
    let params = CertificateParams::new(hosts).unwrap();
    let certificate = params.self_signed(&key).unwrap().pem();
    let file = PathBuf::from(env!("CARGO_TARGET_TMPDIR")).join(format!("{name}.pem"));
    fs::write(&file, &certificate).unwrap();
    let cluster = TestCluster::builder().nodes(2);
    let cluster = cluster
        .tls(certificate, key.serialize_pem())
        .start()
        .unwrap();
    (cluster, file)
}

#[test]
fn certificates_that_name_all_nodes_pass() {
    let (cluster, file) = cluster("all", &["127.0.0.1", "127.0.0.2"]);
    let run = check(&cluster, &["--ca", file.to_str().unwrap()]);
    run.expect("tls-certificates", "passed", "2 hosts");
    run.expect("nodes-serve", "passed", "2 nodes");
    assert_eq!(run.status, 0);
}

#[test]
fn certificate_that_does_not_name_a_node_fails() {
    let (cluster, file) = cluster("one", &["127.0.0.1"]);
    let run = check(&cluster, &["--ca", file.to_str().unwrap()]);
    let advice = run.expect("tls-certificates", "failed", &cluster.node(1).url());
    assert!(advice.contains("subject alternative name"), "{advice}");
    assert_eq!(run.status, 1);
}

#[test]
fn certificate_of_an_unknown_issuer_fails() {
    let (cluster, _) = cluster("unknown", &["127.0.0.1", "127.0.0.2"]);
    let run = check(&cluster, &[]);
    let advice = run.expect("tls-certificates", "failed", &cluster.node(0).url());
    assert!(advice.contains("--ca"), "{advice}");
    assert_eq!(run.status, 2);
}

#[test]
fn certificates_are_not_checked_if_no_node_responds() {
    let (cluster, file) = cluster("down", &["127.0.0.1"]);
    cluster.node(0).stop();
    let run = check(&cluster, &["--ca", file.to_str().unwrap()]);
    run.expect("tls-certificates", "skipped", "no seed responds");
}
