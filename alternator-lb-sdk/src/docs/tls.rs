//! TLS: trusted certificates, names, client certificates, and their rotation.
//!
//! With `https` seeds everything goes over TLS: operations, discovery, and the probes of nodes. The scheme of every
//! node is that of the seeds, so no server can turn `https` into `http`. All of it trusts the same certificates.
//!
//! ```
//! # fn example(ca: &str) -> Result<(), alternator_lb_sdk::BuildError> {
//! use alternator_lb_sdk::Alternator;
//!
//! let alternator = Alternator::builder()
//!     .seeds(["https://10.0.0.1:8043"])
//!     .ca_certificate_pem(ca) // or .ca_certificate_file("/etc/alternator/ca.crt")
//!     .additional_server_names(["alternator.example.com"]) // where the certificates do not name the addresses
//!     .build()?;
//! # Ok(())
//! # }
//! ```
//!
//! # Settings
//!
//! | [`Builder`](crate::Builder) | sets | default | feature |
//! |---|---|---|---|
//! | [`ca_certificate_pem`](crate::Builder::ca_certificate_pem), [`ca_certificate_file`](crate::Builder::ca_certificate_file) | the CAs that are trusted, and no others | those of the system | `default-https-client` |
//! | [`additional_server_names`](crate::Builder::additional_server_names) | names that a certificate may have in place of the address | none | `default-https-client` |
//! | [`client_certificate_pem`](crate::Builder::client_certificate_pem), [`client_certificate_files`](crate::Builder::client_certificate_files) | the certificate that nodes which ask for one get | none | `tls` |
//! | [`auth(AuthMode::ClientCertificate)`](crate::AuthMode::ClientCertificate) | requests are authenticated by it, and not signed | signed where there are credentials | `tls` |
//! | `dangerously_accept_invalid_certificates` | no certificate is verified | verified | the same name |
//!
//! They are checked by [`build`](crate::Builder::build): what is no PEM, holds no certificate, or a key that is not
//! that of its certificate is a [`BuildError`](crate::BuildError), and so is a system without any trusted CA where it
//! would be needed. So are settings that would have no effect: beside `http` seeds, and beside
//! [`http_client`](crate::Builder::http_client).
//!
//! # Names
//!
//! Discovery lists nodes by address. A certificate fits if a CA that is trusted has signed it, and it names
//!
//! * the address of the node, as an IP SAN (in the extension *subject alternative name*; the common name counts for
//!   nothing), or
//! * one of the [additional names](crate::Builder::additional_server_names), whatever node has it, or
//! * for a seed that is a DNS name: that name. Such a seed serves on its own if the listed nodes have no certificate
//!   that fits; [`ready()`](crate::Alternator::ready) then says so.
//!
//! A wildcard in a certificate has the names one level below it: for `*.example.com` set the additional name
//! `node.example.com`, which need not exist. Names are verified, and neither looked up nor sent: to an address no name
//! is sent (SNI), so a server with several certificates shows its default one.
//!
//! # Client certificates
//!
//! Nodes ask for a client certificate with `require_client_auth: true` in `alternator_encryption_options`, and trust
//! the CAs in its `truststore`. Without one, or with one that they refuse, no connection comes about. It replaces no
//! signature: where authorization is enforced, requests are still signed with a role's credentials.
//!
//! From the release after 2026.3 on a node can authenticate by it: the certificate stands for a role, and no signature
//! is looked at. With [`AuthMode::ClientCertificate`](crate::AuthMode::ClientCertificate) requests are unsigned, which
//! saves making signatures as well. [`AuthMode::Required`](crate::AuthMode::Required) is satisfied by a credentials
//! provider and by a client certificate; with the latter alone requests are unsigned too. Both are authenticated **by
//! the connection** then: what stands between client and node and ends TLS there authenticates with its own
//! certificate, or with none.
//!
//! # Rotation
//!
//! No restart is needed for new certificates of any kind:
//!
//! * **Of the nodes**: nothing has to be done. New connections see the new certificate.
//! * **Of the client**: [`reload_certificates`](crate::Alternator::reload_certificates) reads the files again, and
//!   `replace_client_certificate_pem` takes what is in no file.
//! * **Of the CA**: likewise, or [`replace_ca_certificate_pem`](crate::Alternator::replace_ca_certificate_pem). Do it
//!   in three steps: trust both, give the nodes their new certificates, trust the new one alone.
//!
//! From then on every request that begins goes over a connection that was made with the new certificates. Those that
//! are under way end on their connections, which are closed after them: no request fails for a rotation, and nothing is
//! authenticated or trusted by former certificates for long. The price is one handshake for each connection.
//! Certificates that cannot be used are an error, and change nothing. What is valid and wrong, as the CA of another
//! cluster, is used: the nodes then fail, with [errors](#errors) that say so, until it is replaced.
//!
//! # HTTP clients
//!
//! Where trusted certificates and names are all that is set, requests go over the SDK's own HTTP connectors (`rustls`,
//! with `aws-lc`). These can neither show a client certificate nor accept invalid ones; where one of these is set, a
//! client of the plugin's own takes its place, of the same parts in the same versions, and with the same timeouts,
//! pools and errors. In contrast to the SDK's default client **neither uses a proxy**.
//!
//! An HTTP client in the configuration of an SDK client gives way to this one, with one warning, since its data would
//! trust other certificates than discovery. One that is set after `.alternator(..)`, or for a single operation, stays.
//! It shows no client certificate: where that is to authenticate, its unsigned requests fail with
//! [`RouteError::Unsigned`](crate::RouteError::Unsigned).
//! [`Alternator::endpoint_resolver()`](crate::Alternator::endpoint_resolver) sets no HTTP client, so there these
//! settings are those of discovery alone.
//!
//! Without any of these settings, TLS is the application's HTTP client's, or that of the SDK's default one. An
//! application that makes the SDK's HTTP client itself can give it the same: `TlsContext::builder()` of
//! `aws_smithy_http_client` has `with_trust_store` and `with_additional_server_names`. The latter is a list of
//! `ServerName`, each of which is accepted of every server, as here. Check the PEM first: that client panics on what is
//! none, and on an empty trust store beside names.
//!
//! # Sessions
//!
//! A new connection to a node that is known resumes a TLS session, where the server gives out tickets (ScyllaDB does
//! from 2026.3 on for TLS 1.3): one round trip less, and no certificates. The plugin's client keeps tickets of 256
//! nodes for all of its connections, the SDK's for each node and pair of timeouts, and so others for probes. A session
//! verifies no certificate again, so none is resumed after a rotation. A node whose certificate expires while it is
//! resumed is noticed at the next full handshake.
//!
//! # Errors
//!
//! The error of an operation, [`RefreshError`](crate::RefreshError) and [`RouteError`](crate::RouteError) name the node
//! and what to change. In their chains of sources there is a [`TlsError`](crate::tls::TlsError) with a
//! [`TlsProblem`](crate::tls::TlsProblem), as for an alarm:
//!
//! | [`TlsProblem`](crate::tls::TlsProblem) | reason |
//! |---|---|
//! | `UnknownIssuer` | a CA that is not trusted, or one with the same name and another key |
//! | `WrongName` | the certificate names neither the address nor an additional name |
//! | `Expired`, `NotYetValid` | the certificate, or the clock of this host |
//! | `UnusableCertificate` | anything else that is wrong with it, as one of a CA in place of one of a server |
//! | `ClientCertificateRequired`, `ClientCertificateRefused` | there is none, or the node does not trust it |
//! | `PlainHttp` | `https` to a port that speaks plain HTTP |
//! | `NoPlainHttp` | most likely `http` to a port that speaks TLS |
//! | `HandshakeCut`, `HandshakeFailed` | the versions or ciphers, or the port of another program |
//!
//! A node whose handshake fails counts as one that cannot be connected: it is ejected, and the request goes on to
//! another node at no cost of its retries. That holds for a refused client certificate as well, which the client learns
//! only after it has sent its request: the server refuses the connection before it looks at any request. One node with
//! a bad certificate therefore fails no request. Where the connection breaks before that refusal has arrived, the error
//! is that of a broken connection.
