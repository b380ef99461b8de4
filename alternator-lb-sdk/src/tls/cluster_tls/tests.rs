//! Certificates and keys, as files have them.

use super::*;
use crate::tls::PemSource;
use crate::tls::authorities::Authorities;
use rcgen::{CertificateParams, KeyPair};

/// A certificate and its key, in PEM.
fn pair() -> (String, String) {
    let key = KeyPair::generate().unwrap();
    let params = CertificateParams::new(vec!["node.example.com".to_owned()]).unwrap();
    let certificate = params.self_signed(&key).unwrap();
    (certificate.pem(), key.serialize_pem())
}

fn trusting(texts: impl IntoIterator<Item = impl AsRef<str>>) -> TlsSettings {
    let sources = texts.into_iter().map(|text| {
        let pem = text.as_ref().as_bytes().to_vec();
        PemSource::memory("ca_certificate_pem", pem)
    });
    TlsSettings {
        authorities: sources.collect(),
        ..TlsSettings::default()
    }
}

fn roots(texts: impl IntoIterator<Item = impl AsRef<str>>) -> Result<usize, CertificateError> {
    let texts = PemTexts::read(&trusting(texts)).unwrap();
    Ok(Authorities::parse(texts.authorities)?.roots.len())
}

#[test]
fn all_certificates_of_all_sources_count_whatever_is_between_them() {
    let [(first, key), (second, _), (third, _)] = [pair(), pair(), pair()];
    let bundle = format!("# a bundle\n{first}\nfirst: {key}\r\n{second}trailing text");
    assert_eq!(roots([bundle.as_str()]).unwrap(), 2);
    assert_eq!(roots([bundle, third]).unwrap(), 3);
}

#[test]
fn one_source_without_a_certificate_is_an_error_whatever_the_others_have() {
    let (certificate, key) = pair();
    for text in ["", "text", key.as_str()] {
        let error = roots([certificate.as_str(), text]).unwrap_err();
        assert!(
            matches!(error, CertificateError::NoCertificate { .. }),
            "{error:?}"
        );
    }
    let cut = &certificate[..certificate.len() / 2];
    let error = roots([cut]).unwrap_err();
    assert!(
        matches!(error, CertificateError::Malformed { .. }),
        "{error:?}"
    );
}

#[cfg(feature = "tls")]
#[test]
fn chain_and_key_may_be_in_one_text_and_are_those_of_one_pair() {
    let [(certificate, key), (_, other)] = [pair(), pair()];
    let shown = |chain: &str, key: &str| {
        let source = |text: &str| PemSource::memory("client_certificate_pem", text.into());
        ClusterTls::new(TlsSettings {
            client_certificate: Some((source(chain), source(key))),
            ..trusting([&certificate])
        })
    };
    let both = format!("{key}{certificate}");
    assert!(shown(&both, &both).unwrap().has_client_certificate());
    let error = shown(&certificate, &other).unwrap_err();
    assert!(
        matches!(error, CertificateError::UnusableKey { .. }),
        "{error:?}"
    );
    let encrypted =
        "-----BEGIN ENCRYPTED PRIVATE KEY-----\nAAAA\n-----END ENCRYPTED PRIVATE KEY-----\n";
    let error = shown(&certificate, encrypted).unwrap_err();
    assert!(
        matches!(error, CertificateError::NoPrivateKey { .. }),
        "{error:?}"
    );
    let settings = shown(&both, &both).unwrap();
    let secret = key.lines().nth(1).unwrap();
    assert!(!format!("{settings:?}").contains(secret));
}

#[test]
fn update_replaces_what_has_changed_and_only_that() {
    let [(first, _), (second, _)] = [pair(), pair()];
    let tls = ClusterTls::new(trusting([&first])).unwrap();
    let trust = |text: &str| {
        let settings = trusting([text]);
        tls.update(|current| current.authorities = settings.authorities)
    };
    assert!(!tls.update(|_| {}).unwrap());
    assert!(trust(&second).unwrap());
    assert!(!trust(&second).unwrap());
    assert!(trust("no certificate").is_err());
    assert!(!trust(&second).unwrap(), "the error has changed nothing");
}
