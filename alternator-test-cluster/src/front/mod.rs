//! The nodes as their clients see them: sockets, HTTP, and what is answered.

mod accept;
mod answer;
mod body;
mod connection;
mod coordination;
mod cors;
mod cut;
mod gate;
mod operations;
mod route;

pub(crate) use accept::{PortCommand, serve};
pub(crate) use body::LIMIT as BODY_LIMIT;
