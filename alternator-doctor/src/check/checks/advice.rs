//! Advice about requests that fail, and about missing permissions.

use crate::check::Evidence;
use crate::connection::{CertificateProblem, Failure, FailureKind};
use alternator_lb_sdk::permissions::ServerTable;

/// Returns the advice about a node at `url` that does not respond.
pub(super) fn about(failure: &Failure, url: &str) -> String {
    match &failure.kind {
        FailureKind::Refused => "Nothing listens at the port: compare it with `alternator_port` or \
             `alternator_https_port` in scylla.yaml, and see `nodetool status`"
            .to_owned(),
        FailureKind::TimedOut => {
            format!("Packets may be dropped: open the port in firewalls, then try `curl -m 5 {url}/`")
        }
        FailureKind::UnknownHost => "The name is unknown here: look it up with `getent hosts`, and run this \
             program where the application will run"
            .to_owned(),
        FailureKind::Certificate(CertificateProblem::UnknownIssuer) => {
            "The certificate's issuer is not trusted: give its certificate with --ca, and to the \
             application's HTTP client"
                .to_owned()
        }
        FailureKind::Certificate(CertificateProblem::WrongName) => {
            "Name the node's address in its certificate, as a subject alternative name of type IP: nodes \
             are connected by address"
                .to_owned()
        }
        FailureKind::Certificate(CertificateProblem::Date) => {
            "Renew the certificate, or set the clock: see `openssl x509 -noout -dates`".to_owned()
        }
        FailureKind::Certificate(CertificateProblem::Other) => {
            "Issue the node a certificate of its own, for servers, by the CA; a CA's own certificate is refused"
                .to_owned()
        }
        FailureKind::ForeignResponse(_) => {
            format!("Another program responds there: see `curl -i {url}/`, and use the port of Alternator")
        }
        FailureKind::Service(_) | FailureKind::UnparsableOutput | FailureKind::Other => {
            format!("See `curl -v {url}/`: http and https may be confused")
        }
    }
}

/// Returns the statement that lets the application's role read one of the server's own tables.
pub(super) fn grant(evidence: Evidence<'_>, table: ServerTable) -> String {
    let credentials = evidence.arguments.credentials.as_ref();
    table.grant(credentials.map_or("your_role", |credentials| &credentials.access_key))
}
