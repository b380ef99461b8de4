//! The HTTP server of a node: sockets, connections, requests and responses.

mod accept;
mod availability;
mod body;
mod connection;
mod connection_state;
mod context;
mod coordination;
mod cors;
mod fault_delay;
mod operations;
mod partial_batch;
mod response;
mod route;
mod truncating_stream;

pub(crate) use accept::starter;
