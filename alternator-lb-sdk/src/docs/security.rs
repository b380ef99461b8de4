//! Credentials, and whom the plugin trusts.
//!
//! # Credentials
//!
//! With authorization enforced, Alternator takes a ScyllaDB **role** as the access key, and the role's
//! **`salted_hash`**, not its password, as the secret key. An administrator reads it by CQL:
//!
//! ```cql
//! SELECT salted_hash FROM system.roles WHERE role = 'app';  -- older servers: system_auth.roles
//! ```
//!
//! Give both to the SDK like any credentials, for example as `AWS_ACCESS_KEY_ID` and `AWS_SECRET_ACCESS_KEY`. The hash
//! contains `$`: quote it in a shell with single quotes. It is as secret as a password: it is all that signing takes.
//!
//! | [`AuthMode`](crate::AuthMode) | requests |
//! |---|---|
//! | [`Auto`](crate::AuthMode::Auto) (default) | are signed where the configuration has a credentials provider, and unsigned where it has none |
//! | [`Unsigned`](crate::AuthMode::Unsigned) | are never signed |
//! | [`Required`](crate::AuthMode::Required) | are signed, or made on a connection with a [client certificate](super::tls#client-certificates), or fail |
//! | [`ClientCertificate`](crate::AuthMode::ClientCertificate) | are made on a connection with a client certificate, never signed, or fail |
//!
//! A provider that fails is an error, and never leads to an unsigned request.
//!
//! **Credentials for AWS may reach the cluster.** On AWS Lambda and EC2 `aws_config` finds credentials in the
//! environment or from the metadata service, and `Auto` signs with them silently. The cluster sees the access key and a
//! session token, never the secret key. A cluster that enforces authorization refuses such requests. Use
//! `.no_credentials()` on the `aws_config` loader, or [`AuthMode::Unsigned`](crate::AuthMode::Unsigned).
//!
//! # Signatures
//!
//! The plugin signs, by the SDK's algorithm (SigV4): the body, `host`, `x-amz-date`, `x-amz-target` and the session
//! token; other headers are not covered by the signature. It reads the secret keys that the credentials provider hands
//! to the SDK. It keeps derived keys, for up to eight sets of credentials, regions and days, in memory only, wipes them
//! when it drops them, and shows them in no `Debug` output. With
//! [`.fast_signing(false)`](crate::Builder::fast_signing) the SDK signs, every header, and the plugin reads no secret
//! key. An auth scheme of the application's own is never replaced.
//!
//! A signature is dated by the clock of the node that it is for, as far as it is known: the first refusal of a date
//! tells. A node could so have requests to itself dated up to any time, and none to other nodes. The SDK alone dates
//! the requests to all servers by the last response of any. `disable_clock_skew_correction(true)` on the SDK's
//! configuration keeps this process's clock in all signatures.
//!
//! # TLS
//!
//! Discovery and probes trust the certificates that the data trusts: those of the builder's [settings](super::tls), or
//! else those of the application's HTTP client. The certificate of a node is verified against the address or name that
//! the request goes to, or one of the names that the builder adds. The scheme and port of every node are those of the
//! seeds, so a server cannot turn `https` into `http` or name another port. With an [address
//! translator](super::networks) the port is what that returns, and the scheme still that of the seeds.
//!
//! Private keys are read by `build()` and by reloads, stay in memory only, and are shown in no error and no `Debug`
//! output. That no certificate is verified takes a feature of the application's `Cargo.toml`,
//! `dangerously_accept_invalid_certificates`, and a call of the same name.
//!
//! # Trust
//!
//! * A request goes to a seed, or to an address that a node of the cluster has listed, or to what the application's
//!   [address translator](super::networks) returns for such an address; otherwise the operation fails.
//!   An endpoint of AWS, of any of its partitions, is refused as a seed and as the URL of a node. Names of PrivateLink
//!   endpoints are accepted unless they are DynamoDB's.
//! * A node whose address has gone to another cluster gets no requests after the next refresh: it lists none of its
//!   former peers, and they no longer list it. Before a second list of nodes is believed, the names of the clusters are
//!   compared, by an unsigned read of `system.local`, where the servers allow that.
//! * `/localnodes` can list IP addresses only. Host names and everything else in it are ignored, and so are link-local
//!   addresses, which the metadata services of clouds have.
//! * Responses to discovery are bounded: more than 1 MiB or more than 4,096 nodes are refused, and every query has a
//!   timeout. A refused response changes nothing.
//! * Over `http`, an attacker who can change traffic can change the node list as well as the data. Use `https` on
//!   networks that you do not trust.
//! * A node of the cluster is trusted to list the others. A hostile node can list any other IP address;
//!   requests are then sent there, on the seeds' port, signed if there are credentials. Signatures do not contain the
//!   secret key, and with `https` the address has to prove its identity first.
//!   [`allowed_addresses`](crate::Builder::allowed_addresses) pins the application to the networks of its cluster.
//! * [`ClientRoutes`](crate::ClientRoutes) trusts the cluster to name hosts and ports: whoever may write its table
//!   `system.client_routes` decides where requests go.
//! * [Token awareness](super::routing#permissions) needs `SELECT` on seven system tables. Never grant it on the whole
//!   keyspace `system`: `system.roles` holds the secret of every role.
//!
//! There is no unsafe code in the library.
