//! Client-side load balancing for
//! [ScyllaDB Alternator](https://docs.scylladb.com/manual/stable/alternator/alternator.html), as a plugin for the AWS
//! SDK's DynamoDB client.
//!
//! Alternator speaks DynamoDB's protocol, but where DynamoDB is one endpoint, Alternator is a cluster of many nodes. An
//! application that is pointed at one of them makes it the bottleneck and the single point of failure. With this plugin
//! the SDK sends each request to the next live node, and goes on as if nothing had happened while nodes die, come back,
//! join and leave. The client stays the SDK's own.
//!
//! # One added line
//!
//! ```
//! use alternator_lb_sdk::{Alternator, AlternatorExt as _};
//! use aws_sdk_dynamodb::config::BehaviorVersion;
//!
//! let alternator = Alternator::builder()
//!     .seeds(["http://10.0.0.1:8000", "http://10.0.0.2:8000"])
//!     .build()?;
//!
//! let config = aws_sdk_dynamodb::Config::builder()
//!     .behavior_version(BehaviorVersion::latest())
//!     .alternator(&alternator) // <- the one added line
//!     .build();
//! let client = aws_sdk_dynamodb::Client::from_conf(config);
//! # Ok::<(), alternator_lb_sdk::BuildError>(())
//! ```
//!
//! Any number of clients can share an [`Alternator`]; they then share its nodes and their health.
//!
//! # What it does
//!
//! * **Load balancing.** Sequential requests are exactly even over the nodes, those of many clients together too; a
//!   node that is slower than others, or overloaded, gets fewer. A retry goes to a node that its operation has not
//!   tried.
//! * **Failover.** A node that cannot be connected is ejected for all requests at once; the request that met it goes on
//!   to another node without waiting, without costing one of the application's retries, and without drawing on the
//!   retry quota that the SDK keeps for the process. That happens only where nothing was sent, so no write is ever
//!   doubled by it. A retry that the SDK makes after a server error or a broken connection goes to another node too,
//!   after 10 ms at most.
//! * **Health checks.** A node that hangs is detected within half a second where responses usually take some
//!   milliseconds, and the requests that wait for it go to other nodes; a node that responds mostly with errors is
//!   ejected. Ejected nodes are probed in the background, and come back with a slow start. [`docs::health`] gives the
//!   reason for every number.
//! * **Discovery.** One task refreshes the list of nodes (`/localnodes`) every few seconds while there are requests,
//!   and once a minute while there are none. It never runs inside a request: until its first result, requests go to the
//!   seeds. A refresh that fails, returns nothing or comes from an isolated node loses no node.
//! * **Fail closed.** A request goes to a seed or to a discovered node, or it fails with a [`RouteError`]; never to
//!   AWS.
//! * **Rack and datacenter awareness.** [`Scope`] keeps requests in a datacenter or a rack, and names the scope to
//!   spill over to when too few of its nodes are usable.
//! * **Token awareness.** With [`Builder::token_aware`], operations go straight to a node that holds their partition.
//! * **LWT routing.** With [`KeyAffinity`], conditional writes on a partition all go to one node, from all clients
//!   alike, so that they queue there instead of contending. Off by default.
//! * **Lower cost.** An operation takes less processor time, memory and bandwidth than with the SDK alone: see
//!   [`docs::cost`].
//!
//! The application's timeouts, credentials, region and number of retries stay as they are. Its HTTP client is
//! decorated, and still makes all requests.
//!
//! # Without the one line
//!
//! [`Alternator::sdk_config`] is for code that takes an `SdkConfig`: every client that is built from it is balanced.
//!
//! [`Alternator::endpoint_resolver()`] is the load balancing alone, for `config::Builder::endpoint_resolver`, and
//! [`Alternator::interceptor()`] health and failover, for `config::Builder::interceptor`; without the decorated HTTP
//! client a request that waits for a node that hangs is not aborted.
//!
//! # Features
//!
//! | feature | default | effect |
//! |---|---|---|
//! | `compression` | no | compresses requests and negotiates compressed responses, where the builder says so |
//! | `dangerously_accept_invalid_certificates` | no | lets the builder turn the verification of certificates off |
//! | `default-https-client` | yes | uses the SDK's default HTTP client where the application gives none, and has the [settings for TLS](docs::tls) |
//! | `metrics` | no | publishes [metrics](docs::metrics) by the `metrics` facade |
//! | `otel` | no | registers [metrics](docs::metrics) with a meter of OpenTelemetry |
//! | `streams` | no | installs on `aws_sdk_dynamodbstreams` as well |
//! | `tls` | no | shows nodes a [client certificate](docs::tls#client-certificates) |
//!
//! # Limitations
//!
//! * Over `https` the nodes are addressed by IP, so their certificates must name these addresses, or a name that
//!   [the builder accepts](docs::tls#names).
//! * A request that waits for a node that hangs goes to another node only if the application's retries leave an
//!   attempt. With retries turned off, give the client timeouts.
//! * Requests must be made inside a tokio runtime, or nothing refreshes the list of nodes and checks their health.
//!
//! [`docs`] has more: migration, security, frequently asked questions.

#![cfg_attr(docsrs, feature(doc_cfg))]

mod alternator;
mod auth;
mod build_error;
mod builder;
mod cluster;
#[cfg(feature = "compression")]
mod compression;
mod config;
pub mod docs;
mod explanation;
#[cfg(any(test, fuzzing))]
pub mod fuzzing;
mod hedging;
mod history;
mod install;
mod internal;
mod metadata;
pub mod observe;
mod operation;
mod request;
mod retry;
mod route_error;
#[cfg(feature = "default-https-client")]
pub mod tls;
mod transport;

/// The attempts of an operation: what an [`AttemptHistory`] is made of.
pub mod attempts {
    pub use alternator_lb_core::routing::{AttemptRecord, AttemptResult, NextStep};
}

/// The node that an operation would go to, and the reason: the result of [`Alternator::explain`].
pub mod explain {
    pub use crate::explanation::{Explanation, Partition};
    pub use crate::operation::OperationInput;
    pub use alternator_lb_core::routing::{Reason, Replica};
}

/// The permissions that a client's role needs for token awareness.
pub mod permissions {
    pub use crate::metadata::ServerTable;
}

pub use alternator::Alternator;
pub use alternator_lb_core::discovery::{
    AddressMap, AddressMapError, AddressTranslator, ClientRoutes, RefreshError, TranslationFuture,
    UntranslatedNode,
};
pub use alternator_lb_core::observe::{NodeState, NodeStatus};
pub use alternator_lb_core::routing::{Hedge, Policy};
pub use alternator_lb_core::topology::Scope;
pub use auth::AuthMode;
pub use build_error::BuildError;
pub use builder::Builder;
pub use history::{AttemptHistory, AttemptRecorder};
pub use install::AlternatorExt;
pub use operation::{KeyAffinity, TableOptions};
pub use request::{OperationExt, OperationOptions};
pub use route_error::RouteError;

#[cfg(feature = "compression")]
pub use compression::{DecodeError, RequestCompression, ResponseCompression};

/// The README's examples, compiled.
#[cfg(doctest)]
#[doc = include_str!("../../README.md")]
struct Readme;
