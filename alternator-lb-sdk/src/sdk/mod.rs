//! Where the plugin meets the SDK: the only folder that names its types.
//!
//! ```text
//! config::Builder ── install ──▶ Resolver     picks the node of each attempt, inside the SDK's endpoint resolution
//!                            ├─▶ Interceptor  learns what became of it, and lets dead nodes cost nothing
//!                            └─▶ Transport    around the HTTP client: ends requests that wait for a dead node
//! Alternator ─────── Cluster ──▶ Router, Discovery, Background: shared by all clients of a cluster
//!                            └─▶ Wishes       which nodes operations want, by their keys and what is known of tables
//!                              & TokenMaps    and of where their partitions lie, which Errands learn through a Caller
//! ```

mod affinity;
mod alternator;
mod build_error;
mod builder;
mod call;
mod cluster;
#[cfg(feature = "compression")]
mod compression;
mod departure;
mod endpoint;
mod errands;
mod explain;
mod failover;
mod http;
mod install;
mod interceptor;
mod key;
mod lean;
mod localnodes;
mod options;
mod outcome;
mod own_endpoint;
#[cfg(feature = "default-https-client")]
mod proxy;
mod resolver;
mod sdk_config;
mod sealed;
mod sent;
mod signing;
mod tables;
mod token_maps;
mod transport;
mod unreachable;
mod unread;
mod user_agent;
mod wishes;

pub use affinity::KeyAffinity;
pub use alternator::Alternator;
pub use build_error::BuildError;
pub use builder::Builder;
#[cfg(feature = "compression")]
pub use compression::{DecodeError, RequestCompression, ResponseCompression};
pub use install::AlternatorExt;
pub use options::{OperationExt, OperationOptions};
