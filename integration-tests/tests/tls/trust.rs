//! Trusted certificates and names, with the SDK's HTTP client and with the plugin's.

use super::certificates::{Authority, Identity, Mount};
use super::{BUILDERS, https_cluster, tls_problem, with_ca};
use crate::support::{
    Log, RecordingClient, client, config, error_text, eventually, expect_pings, is_child, ping,
    quick_refresh, quick_retries, ready_client_of, run_in_child_process, test_cluster, this_test,
};
use alternator_lb_sdk::observe::Event;
use alternator_lb_sdk::tls::{CertificateError, TlsProblem};
use alternator_lb_sdk::{Alternator, AlternatorExt as _, BuildError, NodeState};
use aws_sdk_dynamodb::Client;
use std::time::Duration;
use tokio::time::timeout;

#[tokio::test]
async fn discovery_and_data_trust_the_ca() {
    let authority = Authority::new();
    let identity = authority.node();
    for builder in BUILDERS {
        let cluster = https_cluster!(identity);
        let builder = builder(&cluster, &authority);
        let (_alternator, client) = ready_client_of(builder).await;
        expect_pings(&client, 9).await;
        for node in cluster.nodes() {
            assert_eq!(node.counters().requests, 3);
            assert_eq!(node.counters().failed_handshakes, 0);
        }
    }
}

#[tokio::test]
async fn probes_trust_the_ca_and_failover_works() {
    let authority = Authority::new();
    let identity = authority.node();
    for builder in BUILDERS {
        let cluster = https_cluster!(identity);
        let builder = builder(&cluster, &authority);
        let alternator = builder.build().unwrap();
        // A connection that the node cuts costs a retry.
        let config = config().retry_config(quick_retries());
        let client = Client::from_conf(config.alternator(&alternator).build());
        alternator.ready().await.unwrap();
        expect_pings(&client, 9).await;
        let node = cluster.node(1);
        node.stop();
        expect_pings(&client, 9).await;
        let is_down = || {
            let nodes = alternator.nodes();
            let status = nodes.iter().find(|status| status.url() == node.url());
            status.is_some_and(|status| status.state() == NodeState::Down)
        };
        assert!(is_down());
        node.start().unwrap();
        eventually("a probe restores the node", async || !is_down()).await;
        expect_pings(&client, 9).await;
    }
}

#[tokio::test]
async fn cas_add_up() {
    let [first, second] = [Authority::new(), Authority::new()];
    let identity = second.node();
    let cluster = https_cluster!(identity);
    let builder = quick_refresh(&cluster)
        .ca_certificate_pem(first.pem())
        .ca_certificate_pem(second.pem());
    let (_alternator, client) = ready_client_of(builder).await;
    expect_pings(&client, 3).await;
}

#[tokio::test]
async fn additional_name_stands_for_the_addresses_of_all_nodes() {
    let authority = Authority::new();
    let identity = authority.named(&["other.example.com", "*.alternator.example.com"]);
    for builder in BUILDERS {
        let cluster = https_cluster!(identity);
        let builder = builder(&cluster, &authority);
        let wrong = builder
            .clone()
            .additional_server_names(["alternator.example.com"]);
        let error = wrong.build().unwrap().ready().await.unwrap_err();
        let problem = tls_problem(&error);
        assert!(
            matches!(&problem, Some(TlsProblem::WrongName { presented, .. }) if presented.len() == 2),
            "{problem:?}"
        );
        let right =
            builder.additional_server_names(["wrong.example.com", "node.alternator.example.com"]);
        let (_alternator, client) = ready_client_of(right).await;
        expect_pings(&client, 9).await;
        assert!(
            cluster
                .nodes()
                .iter()
                .all(|node| node.counters().requests == 3)
        );
    }
}

#[tokio::test]
async fn additional_name_makes_no_other_ca_trusted() {
    let [trusted, other] = [Authority::new(), Authority::new()];
    let identity = other.named(&["alternator.example.com"]);
    for builder in BUILDERS {
        let cluster = https_cluster!(identity);
        let builder = builder(&cluster, &trusted);
        let builder = builder.additional_server_names(["alternator.example.com"]);
        let error = builder.build().unwrap().ready().await.unwrap_err();
        assert_eq!(tls_problem(&error), Some(TlsProblem::UnknownIssuer));
    }
}

#[tokio::test]
async fn any_certificate_is_accepted_where_the_application_says_so_and_one_event_warns() {
    let identity = Authority::new().issue(&["elsewhere.example.com"], |params| {
        params.not_after = rcgen::date_time_ymd(2001, 1, 1);
    });
    let cluster = https_cluster!(identity);
    let log = Log::capture();
    let builder = quick_refresh(&cluster).dangerously_accept_invalid_certificates();
    let (_alternator, client) = ready_client_of(builder).await;
    expect_pings(&client, 9).await;
    let warnings = log.warnings("certificates_not_verified");
    assert_eq!(warnings.len(), 1, "{warnings:?}");
}

/// Runs the test in a child process for which the system trusts the CAs in a file.
fn with_system_ca(test: &str, pem: &str, environment: &[(&str, &str)]) {
    let mount = Mount::new();
    mount.write("ca.pem", pem);
    let path = mount.file("ca.pem");
    let mut variables = vec![
        ("SSL_CERT_FILE", path.to_str().unwrap()),
        ("SSL_CERT_DIR", "/no/such/directory"),
    ];
    variables.extend(environment);
    run_in_child_process(test, &variables);
}

#[tokio::test]
async fn cas_of_the_system_are_trusted_unless_others_are_named() {
    if is_child() {
        let seed = std::env::var("NODE").unwrap();
        let builder = || Alternator::builder().seeds([&seed]);
        let Identity {
            certificate, key, ..
        } = Authority::new().client("client");
        for system in [
            builder(),
            builder().additional_server_names(["alternator.example.com"]),
            builder().client_certificate_pem(certificate, key),
        ] {
            let (_alternator, client) = ready_client_of(system).await;
            expect_pings(&client, 3).await;
        }
        let other = builder().ca_certificate_pem(Authority::new().pem());
        let error = other.build().unwrap().ready().await.unwrap_err();
        assert_eq!(tls_problem(&error), Some(TlsProblem::UnknownIssuer));
        return;
    }
    let authority = Authority::new();
    let identity = authority.named(&["alternator.example.com", "127.0.0.1"]);
    let cluster = test_cluster!(|cluster| cluster
        .nodes(1)
        .tls(identity.certificate.as_str(), identity.key.as_str()));
    with_system_ca(
        this_test!(),
        &authority.pem(),
        &[("NODE", &cluster.node(0).url())],
    );
}

#[tokio::test]
async fn system_without_trusted_certificates_is_an_error_of_the_build() {
    if is_child() {
        let builder = Alternator::builder().seeds(["https://127.0.0.1:8043"]);
        let error = builder
            .additional_server_names(["alternator.example.com"])
            .build()
            .unwrap_err();
        assert!(
            matches!(
                error,
                BuildError::Certificate(CertificateError::NoSystemCertificates)
            ),
            "{error:?}"
        );
        return;
    }
    with_system_ca(this_test!(), "", &[]);
}

#[tokio::test]
async fn http_client_of_a_configuration_gives_way_with_one_event() {
    let authority = Authority::new();
    let identity = authority.node();
    let cluster = https_cluster!(identity);
    let recorder = RecordingClient::new();
    let builder = with_ca(&cluster, &authority);
    let alternator = builder.build().unwrap();
    let mut events = alternator.subscribe();
    for _ in 0..2 {
        let config = config().http_client(recorder.clone());
        let client = Client::from_conf(config.alternator(&alternator).build());
        expect_pings(&client, 3).await;
    }
    assert!(recorder.operations().is_empty());
    let both = authority.pem() + &Authority::new().pem();
    alternator.replace_ca_certificate_pem(both).unwrap();
    let mut replaced = 0;
    loop {
        let event = timeout(Duration::from_secs(60), events.next()).await;
        match event.unwrap().unwrap() {
            Event::HttpClientReplaced => replaced += 1,
            Event::CertificatesReplaced => break,
            _ => {}
        }
    }
    assert_eq!(replaced, 1);
}

#[tokio::test]
async fn no_proxy_is_used() {
    if !is_child() {
        // Nothing listens there.
        let proxy = "http://127.0.0.1:9";
        return run_in_child_process(
            this_test!(),
            &[("HTTPS_PROXY", proxy), ("ALL_PROXY", proxy)],
        );
    }
    let authority = Authority::new();
    let identity = authority.node();
    let cluster = https_cluster!(identity);
    for builder in BUILDERS {
        let builder = builder(&cluster, &authority);
        let (_alternator, client) = ready_client_of(builder).await;
        expect_pings(&client, 3).await;
    }
}

#[tokio::test]
async fn http_client_of_an_sdk_config_gives_way_too() {
    let authority = Authority::new();
    let identity = authority.node();
    let cluster = https_cluster!(identity);
    let recorder = RecordingClient::new();
    let sdk_config = aws_types::SdkConfig::builder()
        .endpoint_url(cluster.url())
        .http_client(recorder.clone())
        .build();
    let alternator = Alternator::builder().endpoint_from(&sdk_config).unwrap();
    let alternator = alternator.ca_certificate_pem(authority.pem()).build();
    alternator.unwrap().ready().await.unwrap();
    assert!(recorder.discoveries().is_empty());
}

#[tokio::test]
async fn client_without_settings_for_tls_is_not_touched() {
    let identity = Authority::new().node();
    let cluster = https_cluster!(identity);
    let alternator = quick_refresh(&cluster).build().unwrap();
    let error = ping(&client(&alternator)).await.unwrap_err();
    assert_eq!(tls_problem(&error), Some(TlsProblem::UnknownIssuer));
    let error = alternator.reload_certificates().unwrap_err();
    assert!(matches!(error, CertificateError::NotConfigured), "{error}");
    let config = config().retry_config(quick_retries());
    let client = Client::from_conf(config.alternator(&alternator).build());
    let text = error_text(ping(&client).await.unwrap_err());
    assert!(text.contains(".ca_certificate_pem"), "{text}");
}

/// Texts that are no certificate, each with its error.
fn unusable() -> Vec<(&'static str, String)> {
    let mut broken = Authority::new().pem();
    let middle = broken.len() / 2;
    broken.replace_range(middle..=middle, "!");
    let no_certificate = "-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n";
    vec![
        ("NoCertificate", String::new()),
        ("NoCertificate", "no PEM".to_owned()),
        ("NoCertificate", Authority::new().node().key),
        ("Malformed", broken),
        ("InvalidCertificate", no_certificate.to_owned()),
    ]
}

#[test]
fn unusable_ca_is_an_error_of_the_build_that_names_the_setting() {
    let builder = || Alternator::builder().seeds(["https://127.0.0.1:8043"]);
    for (expected, pem) in unusable() {
        let error = builder().ca_certificate_pem(pem.as_str()).build();
        let error = error.unwrap_err();
        let (debug, text) = (format!("{error:?}"), error.to_string());
        assert!(debug.contains(expected), "{debug}, not {expected}");
        assert!(text.contains("`.ca_certificate_pem(..)`"), "{text}");
    }
    let error = builder().ca_certificate_file("/no/such/file").build();
    let text = error.unwrap_err().to_string();
    assert!(text.contains("/no/such/file"), "{text}");
    for name in ["", "*.example.com", "a b", "https://a"] {
        let error = builder().additional_server_names([name]).build();
        let text = error.unwrap_err().to_string();
        assert!(text.contains(".additional_server_names"), "{text}");
    }
}

#[test]
fn unusable_client_certificate_is_an_error_of_the_build() {
    let authority = Authority::new();
    let [one, other] = [authority.client("one"), authority.client("other")];
    let error = |chain: &str, key: &str| {
        let builder = Alternator::builder().seeds(["https://127.0.0.1:8043"]);
        let error = builder.client_certificate_pem(chain, key).build();
        match error.unwrap_err() {
            BuildError::Certificate(error) => error,
            other => panic!("{other:?}"),
        }
    };
    let Identity {
        certificate, key, ..
    } = &one;
    assert!(matches!(
        error("", key),
        CertificateError::NoCertificate { .. }
    ));
    assert!(matches!(
        error(certificate, ""),
        CertificateError::NoPrivateKey { .. }
    ));
    assert!(matches!(
        error(certificate, certificate),
        CertificateError::NoPrivateKey { .. }
    ));
    let mismatch = error(certificate, &other.key);
    assert!(
        matches!(mismatch, CertificateError::UnusableKey { .. }),
        "{mismatch:?}"
    );
    let text = format!("{mismatch:?} {mismatch}");
    let secret = other.key.lines().nth(1).unwrap();
    assert!(!text.contains(secret), "a key is in an error");
    let builder = Alternator::builder().client_certificate_pem(certificate.as_str(), key.as_str());
    assert!(!format!("{builder:?}").contains(key.lines().nth(1).unwrap()));
}

#[test]
fn settings_that_would_have_no_effect_are_errors_of_the_build() {
    let pem = Authority::new().pem();
    let builder = |seed| Alternator::builder().seeds([seed]);
    let error = builder("http://127.0.0.1:8000")
        .ca_certificate_pem(pem.as_str())
        .build();
    let error = error.unwrap_err();
    assert!(
        matches!(error, BuildError::TlsWithoutHttps { .. }),
        "{error:?}"
    );
    let error = builder("https://127.0.0.1:8043")
        .http_client(RecordingClient::new())
        .ca_certificate_pem(pem)
        .build();
    let error = error.unwrap_err();
    assert!(matches!(error, BuildError::TlsOfHttpClient), "{error:?}");
}
