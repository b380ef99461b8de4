//! A ScyllaDB Alternator cluster in one process, for tests: several nodes that speak the DynamoDB API over real
//! sockets, with real semantics, and with faults on demand.
//!
//! A client of a cluster must handle events that a single endpoint does not have: nodes crash, hang, slow down, join
//! and leave, and the list of nodes lags behind. With this crate each of these is one call in a test.
//!
//! # A test in which a node crashes
//!
//! ```
//! use std::io::{Read, Write};
//! use std::net::TcpStream;
//!
//! use alternator_test_cluster::{StartError, TestCluster};
//!
//! /// A stand-in for your client, which knows the URLs of the nodes.
//! fn get_from_any(urls: &[String]) -> Option<String> {
//!     urls.iter().find_map(|url| {
//!         let address = url.strip_prefix("http://")?;
//!         let mut node = TcpStream::connect(address).ok()?;
//!         write!(node, "GET / HTTP/1.1\r\nHost: {address}\r\nConnection: close\r\n\r\n").ok()?;
//!         let mut response = String::new();
//!         node.read_to_string(&mut response).ok()?;
//!         Some(response)
//!     })
//! }
//!
//! # fn main() -> Result<(), StartError> {
//! let cluster = TestCluster::builder().nodes(3).start()?;
//! let node = cluster.node(0);
//!
//! node.stop(); // The port is closed and all connections are closed when this returns.
//! assert!(get_from_any(&cluster.urls()).is_some(), "the client goes on to another node");
//! assert_eq!(cluster.node(1).counters().health_checks, 1);
//!
//! node.start()?;
//! assert!(get_from_any(&cluster.urls()).is_some());
//! assert_eq!(node.counters().health_checks, 1);
//! # Ok(())
//! # }
//! ```
//!
//! With the AWS SDK for Rust, `cluster.url()` goes where an `endpoint_url` goes, or to whatever balances over the
//! cluster. No credentials are needed, unless [`Builder::authorization`] is called.
//!
//! # Scope of the emulation
//!
//! All nodes share one DynamoDB engine, [`dynoxide-rs`](https://docs.rs/dynoxide-rs), in memory: conditions, queries,
//! batches, indexes, streams and time to live are executed, not replayed. What is around it behaves as Alternator does:
//!
//! - `/localnodes` with `dc` and `rack`, `GET /`, the responses to unknown paths, errors in Alternator's form;
//! - gzip and deflate in both directions, the limit of 16 MiB, chunked bodies, keep-alive, CORS;
//! - signatures, which are verified once [`Builder::authorization`] is called, with the server's errors;
//! - the operations that Alternator has. Transactions and PartiQL are unknown operations, though the engine knows them;
//! - the differences between releases that clients meet: [`Version`].
//!
//! Data is not replicated: what one node has acknowledged, all others see at once. Where engine and server differ in a
//! detail of the data model (ARNs, wording of validation errors, 25 instead of 100 items in a batch), it is the
//! engine's.
//!
//! # The right node for a key
//!
//! With [`Builder::tokens`] tables have replicas, and their use by clients is counted: for requests
//! [`Counters::on_replica`], for coordinators of lightweight transactions [`TestCluster::lwt_partitions`]. Clients find
//! replicas in the internal tables ([`InternalTables`]); tests find them with [`TestCluster::replicas`], move tablets at
//! once with [`TestCluster::move_tablet`], and in the server's stages with [`TestCluster::migrate_tablet`].
//!
//! The internal tables have the columns of a real server. [`TestCluster::set_grants`] restricts a role to some of them,
//! [`Node::freeze_internal_tables`] lets a node see changes late, and [`Counters::internal_reads`] holds what reading
//! them costs.
//!
//! With [`Builder::paxos`] lightweight transactions cost what they cost on the server: those on one partition queue at
//! one coordinator, and conflict where there are several, which [`Counters::ballot_contentions`] counts.
//!
//! # Lost replicas
//!
//! With [`Builder::tokens`] an operation needs live replicas of its partition in the node's datacenter: one for an
//! eventually consistent read, else a quorum. Without them it fails as on the server: after [`Builder::timeout`], and at
//! once after [`Builder::failure_detection`]. BatchGetItem returns their keys as unprocessed. What concerns no items, as
//! CreateTable, is served as long as one node is.
//!
//! # Faults
//!
//! | event | emulation |
//! |---|---|
//! | a node crashes, and is still listed | [`Node::stop`], undone by [`Node::start`] |
//! | the others have detected it | [`Node::set_listed`] |
//! | a node joins, or leaves for good | [`TestCluster::add_node`], [`TestCluster::remove_node`] |
//! | it hangs, is slow, fails, sheds load, truncates or stalls its responses, drops packets | [`Node::inject`], undone by [`Node::recover`] |
//! | it sheds load with the body unread, which breaks the next request | [`Fault::Throttle`] with [`Version::V2026_2`] |
//! | its certificate is renewed | `TestCluster::replace_certificate` (feature `tls`) |
//! | its certificate has expired, or is of another CA | `Node::replace_certificate` (feature `tls`) |
//! | it gives a recorded answer, or another program has its address | [`Node::set_response`], undone by [`Node::restore_responses`] |
//! | its clock is wrong | [`Node::set_clock_ahead`], [`Node::set_clock_behind`] |
//! | a NAT or firewall has forgotten its connections | [`Node::lose_connections`] |
//! | it lost contact to the others | [`Node::partition`], undone by [`Node::restore_listing`] |
//! | its datacenter holds no replicas | [`Builder::replication_factor_in`] with 0, or [`TestCluster::add_node`] after the table was created |
//! | another cluster has its address | [`TestCluster::remove_node`], and a cluster with [`Builder::cluster_name`] at the same address and port |
//! | it is a container behind a mapped port | [`NodeConfig::listed_address`], [`NodeConfig::own_port`], [`Node::restart_at_another_port`] |
//! | it is behind PrivateLink | [`Node::add_client_route`] |
//! | it lists invalid nodes | [`Node::set_localnodes_entries`], [`Node::set_localnodes_response`], undone by [`Node::restore_listing`] |
//!
//! [`Counters`] hold the numbers of requests and connections of a node.
//!
//! # Addresses
//!
//! Nodes listen on 127.0.0.1, 127.0.0.2, … and all on one port, since `/localnodes` names addresses only; nodes with
//! [`NodeConfig::own_port`] are for clients that translate addresses. Linux has all
//! of these addresses. On macOS each but the first must be added: `sudo ifconfig lo0 alias 127.0.0.2 up`. Any number of
//! clusters can run at the same time, each on a port of its own.
//!
//! # Performance
//!
//! Measured on 2026-11-23 on two cores of a virtual machine, release build, with the load program of this crate on the
//! same two cores (`cargo run --release --example throughput`; 16 keep-alive connections over three nodes, lowest and
//! highest of three runs):
//!
//! | | |
//! |---|---|
//! | start of three nodes | 1.0–1.4 ms |
//! | `GetItem` | 72,000–81,000 per second |
//! | `PutItem` | 46,000–50,000 per second |
//! | `GetItem` with [`Builder::fixed_response`] | 123,000–135,000 per second |
//!
//! Debug builds reach a fraction of that; an `opt-level` for `libsqlite3-sys` and `dynoxide-rs` in the profile helps
//! most. With [`Builder::tokens`], nodes parse each request twice; the program measures that, too.
//!
//! # Features
//!
//! - `cli` (on by default): the program `alternator-test-cluster`. `default-features = false` saves a small dependency.
//! - `tls`: `Builder::tls`, with which the nodes speak HTTPS, ask clients for certificates, authenticate by them, and
//!   count full and resumed handshakes.

mod api_error;
mod auth;
mod builder;
mod catalog;
mod client_connections;
mod client_route;
mod cluster;
mod cluster_state;
mod compression;
mod config;
mod counters;
mod document;
mod engine;
mod error;
mod expression;
mod fault;
mod internal;
mod isolation;
mod listing;
mod liveness;
mod node;
mod node_state;
mod operation;
mod paxos;
mod port;
mod port_command;
mod raw_response;
mod running;
mod server;
mod storage_error;
mod sync;
mod tablet_transition;
#[cfg(feature = "tls")]
mod tls;
mod tokens;
mod version;

pub use builder::Builder;
pub use catalog::LwtPartition;
pub use cluster::TestCluster;
pub use config::NodeConfig;
pub use counters::{Counters, InternalReads};
pub use error::StartError;
pub use fault::Fault;
pub use internal::InternalTables;
pub use isolation::WriteIsolation;
pub use node::Node;
pub use paxos::Paxos;
pub use raw_response::RawResponse;
pub use tablet_transition::TabletTransition;
pub use tokens::{PartitionKey, Tablet, TabletStage, Tokens};
pub use version::Version;

/// Keeps the README's code compiling.
#[cfg(doctest)]
#[doc = include_str!("../README.md")]
struct Readme;
