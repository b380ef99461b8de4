//! A ScyllaDB Alternator cluster in one process, for tests.

mod api_error;
mod auth;
mod builder;
mod cluster;
mod cluster_state;
mod compression;
mod config;
mod counters;
mod document;
mod engine;
mod error;
mod fault;
mod front;
mod listing;
mod node;
mod node_state;
mod operation;
mod port;
mod running;
mod sync;
mod version;

pub use builder::Builder;
pub use cluster::TestCluster;
pub use config::NodeConfig;
pub use counters::Counters;
pub use error::StartError;
pub use fault::Fault;
pub use node::Node;
pub use version::Version;
