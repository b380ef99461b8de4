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
//! * **Spreads.** Sequential requests are exactly even over the nodes, those of many clients together too. A retry goes
//!   to a node that its operation has not tried.
//! * **Fails over.** A node that cannot be connected is left out by all requests at once; the one that met it goes on to
//!   another without waiting, without costing one of the application's retries, and without drawing on the retry quota
//!   that the SDK keeps for the process. That is done only where nothing was sent, so no write is ever doubled by it.
//!   After a short time, which grows, one request tries the node again. A retry that the SDK makes after a server error
//!   or a cut connection goes to another node too, after 10 ms at most.
//! * **Follows the cluster.** One task asks for the list of nodes (`/localnodes`) every few seconds while there are
//!   requests, and once a minute while there are none. It never runs inside a request: until its first result, requests
//!   go to the seeds. A refresh that fails, brings nothing or comes from a node that is cut off loses no node.
//! * **Fails closed.** A request goes to a seed or to a node that was discovered, or it fails with a [`RouteError`];
//!   never to AWS.
//! * **Stays in scope.** [`Scope`] keeps requests in a datacenter or a rack, and says where the rest goes when too few of its
//!   nodes are usable.
//!
//! What it leaves alone: the application's timeouts, credentials, region and number of retries. Its HTTP client is
//! wrapped, and still makes all requests.
//!
//! # Without the one line
//!
//! [`Alternator::endpoint_resolver()`] is the load balancing alone, for `config::Builder::endpoint_resolver`, and
//! [`Alternator::interceptor()`] the failover, for `config::Builder::interceptor`.
//!
//! # Features
//!
//! | feature | default | what it does |
//! |---|---|---|
//! | `default-https-client` | yes | uses the SDK's default HTTP client where the application gives none |
//! | `streams` | no | installs on `aws_sdk_dynamodbstreams` as well |
//!
//! # Limits
//!
//! * Over `https` the nodes are spoken to by their addresses, so their certificates must name these.
//! * A node that accepts connections and does not answer is not noticed: give the SDK's client an attempt timeout. Where
//!   a whole host is gone, the requests that meet it first, and one now and then afterwards, wait for the SDK's connect
//!   timeout (3.1 s) before they go on.
//! * Requests must be made inside a tokio runtime, or nothing keeps the list of nodes fresh.

mod clock;
mod discovery;
pub mod docs;
mod health;
mod observe;
mod routing;
mod sdk;
mod sync;
mod topology;

pub use discovery::RefreshError;
pub use observe::{NodeState, NodeStatus};
pub use routing::{Policy, RouteError};
pub use sdk::{Alternator, AlternatorExt, BuildError, Builder};
pub use topology::Scope;

/// The README's examples, compiled.
#[cfg(doctest)]
#[doc = include_str!("../../README.md")]
struct Readme;
