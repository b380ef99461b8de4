//! The certificates of nodes that serve HTTPS.

use std::net::Ipv4Addr;

use rcgen::{BasicConstraints, CertificateParams, CertifiedIssuer, DnType, IsCa, KeyPair};

use crate::Outcome;

/// A CA that lives as long as the nodes.
#[derive(Debug)]
pub(super) struct Authority(CertifiedIssuer<'static, KeyPair>);

/// A certificate with its private key, both in PEM.
pub(super) struct Identity {
    pub(super) certificate: String,
    pub(super) key: String,
}

impl Authority {
    /// Makes a CA of this name. Where two have the same name, clients tell them apart only by a signature that is wrong.
    pub(super) fn named(name: &str) -> Outcome<Self> {
        let mut params = CertificateParams::default();
        params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
        params.distinguished_name.push(DnType::CommonName, name);
        let issuer = CertifiedIssuer::self_signed(params, KeyPair::generate()?)?;
        Ok(Self(issuer))
    }

    pub(super) fn pem(&self) -> String {
        self.0.pem()
    }

    /// Issues the certificate of a cluster of this size.
    pub(super) fn issue(&self, nodes: usize) -> Outcome<Identity> {
        self.sign(params(nodes)?)
    }

    /// Issues the same, except that it has expired.
    pub(super) fn issue_expired(&self, nodes: usize) -> Outcome<Identity> {
        let mut params = params(nodes)?;
        params.not_after = rcgen::date_time_ymd(2001, 1, 1);
        self.sign(params)
    }

    fn sign(&self, params: CertificateParams) -> Outcome<Identity> {
        let key = KeyPair::generate()?;
        Ok(Identity {
            certificate: params.signed_by(&key, &self.0)?.pem(),
            key: key.serialize_pem(),
        })
    }
}

/// Names the addresses of the nodes: 127.0.0.1, 127.0.0.2, ….
fn params(nodes: usize) -> Outcome<CertificateParams> {
    let last = u8::try_from(nodes)?;
    let addresses = (1..=last).map(|number| Ipv4Addr::new(127, 0, 0, number).to_string());
    Ok(CertificateParams::new(addresses.collect::<Vec<_>>())?)
}

/// Returns a certificate in PEM as one word.
pub(super) fn pem_to_word(pem: &str) -> String {
    let lines = pem.lines().map(str::trim);
    lines.filter(|line| !line.starts_with(DASHES)).collect()
}

/// Undoes [`pem_to_word`].
pub(super) fn word_to_pem(word: &str) -> String {
    format!("{DASHES}BEGIN CERTIFICATE{DASHES}\n{word}\n{DASHES}END CERTIFICATE{DASHES}\n")
}

const DASHES: &str = "-----";
