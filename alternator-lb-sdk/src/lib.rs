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
//! Any number of clients can share an [`Alternator`]; they then share what is known of its nodes.
//!
//! # What it does
//!
//! * **Spreads.** Sequential requests are exactly even over the nodes, those of many clients together too; a node that
//!   is slower than others, or overloaded, gets fewer. A retry goes to a node that its operation has not tried.
//! * **Fails over.** A node that cannot be connected is left out by all requests at once; the one that met it goes on to
//!   another without waiting, without costing one of the application's retries, and without drawing on the retry quota
//!   that the SDK keeps for the process. That is done only where nothing was sent, so no write is ever doubled by it.
//!   A retry that the SDK makes after a server error or a cut connection goes to another node too, after 10 ms at most.
//! * **Keeps an eye on the nodes.** A node that hangs is found out within half a second where answers usually take some
//!   milliseconds, and the requests that wait on it are sent target; one that answers mostly with errors is left out.
//!   Who is out is asked in the background whether it is back, and eased in. [`docs::health`] tells how, with a reason for
//!   every number.
//! * **Follows the cluster.** One task asks for the list of nodes (`/localnodes`) every few seconds while there are
//!   requests, and once a minute while there are none. It never runs inside a request: until its first result, requests
//!   go to the seeds. A refresh that fails, brings nothing or comes from a node that is cut off loses no node.
//! * **Fails closed.** A request goes to a seed or to a node that was discovered, or it fails with a [`RouteError`];
//!   never to AWS.
//! * **Stays in scope.** [`Scope`] keeps requests in a datacenter or a rack, and says where the rest goes when too few of its
//!   nodes are usable.
//! * **Goes straight to the data.** With [`Builder::token_aware`], operations go to a node that holds their partition.
//! * **Costs less.** An operation takes less of the processor, of memory and of the wire than with the SDK alone:
//!   [`docs::cost`] tells how much, and what of it is whose.
//! * **Keeps writers apart.** With [`KeyAffinity`], conditional writes on a partition all go to one node, from all clients
//!   alike, so that they queue there instead of contending. Off unless chosen.
//!
//! What it leaves alone: the application's timeouts, credentials, region and number of retries. Its HTTP client is
//! wrapped, and still makes all requests.
//!
//! # Without the one line
//!
//! [`Alternator::endpoint_resolver()`] is the load balancing alone, for `config::Builder::endpoint_resolver`, and
//! [`Alternator::interceptor()`] health and failover, for `config::Builder::interceptor`; without the HTTP client wrapped
//! nothing rescues a request from a node that hangs.
//!
//! # Features
//!
//! | feature | default | what it does |
//! |---|---|---|
//! | `compression` | no | compresses requests and asks for compressed answers, where the builder is told to |
//! | `default-https-client` | yes | uses the SDK's default HTTP client where the application gives none |
//! | `streams` | no | installs on `aws_sdk_dynamodbstreams` as well |
//!
//! # Limits
//!
//! * Over `https` the nodes are spoken to by their addresses, so their certificates must name these.
//! * A request that waits on a node that hangs is sent target only if the application's retries leave an attempt. With
//!   retries turned off, give the client timeouts.
//! * Requests must be made inside a tokio runtime, or nothing keeps the list of nodes fresh and looks after the nodes.

mod alternator;
mod auth;
mod build_error;
mod builder;
mod cluster;
#[cfg(feature = "compression")]
mod compression;
mod config;
pub mod docs;
mod events;
mod explanation;
mod install;
mod internal;
mod metadata;
mod operation;
mod request;
mod retry;
mod route_error;
mod transport;

/// Why a request goes where it goes: what [`Alternator::explain`] tells.
pub mod explain {
    pub use crate::explanation::{Explanation, Partition, Replica};
    pub use alternator_lb_core::routing::Reason;
}

pub use alternator::Alternator;
pub use alternator_lb_core::discovery::RefreshError;
pub use alternator_lb_core::observe::{NodeState, NodeStatus};
pub use alternator_lb_core::routing::Policy;
pub use alternator_lb_core::topology::Scope;
pub use auth::AuthMode;
pub use build_error::BuildError;
pub use builder::Builder;
pub use install::AlternatorExt;
pub use operation::KeyAffinity;
pub use request::{OperationExt, OperationOptions};
pub use route_error::RouteError;

#[cfg(feature = "compression")]
pub use compression::{DecodeError, RequestCompression, ResponseCompression};

/// The README's examples, compiled.
#[cfg(doctest)]
#[doc = include_str!("../../README.md")]
struct Readme;
