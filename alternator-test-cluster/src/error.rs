//! Errors of starting a cluster or a node.

use std::io;
use std::net::{AddrParseError, IpAddr, SocketAddr};

/// An error of starting a cluster or a node.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum StartError {
    /// The port is taken on one of the addresses.
    #[error(
        "{address} is taken by another program: choose another port, or leave the port out to get one that is free on \
         all addresses"
    )]
    PortTaken {
        /// The address on which the node should listen.
        address: SocketAddr,
        /// The error of the operating system.
        source: io::Error,
    },
    /// No port was found that is free on all addresses.
    #[error(
        "no port is free on all addresses of the cluster ({tried} tried): choose one with .port(..)"
    )]
    NoFreePort {
        /// The number of ports that were tried.
        tried: usize,
        /// The error of the operating system for the last port.
        source: io::Error,
    },
    /// This machine does not have the address. Only Linux has all of 127.0.0.0/8 by default.
    #[error(
        "this machine does not have the address {ip}: add it (macOS: `sudo ifconfig lo0 alias {ip} up`), or give the \
         node another with .address(..)"
    )]
    AddressMissing {
        /// The missing address.
        ip: IpAddr,
        /// The error of the operating system.
        source: io::Error,
    },
    /// Listening on the address failed for another reason.
    #[error("cannot listen on {address}: {source}")]
    Listen {
        /// The address on which the node should listen.
        address: SocketAddr,
        /// The error of the operating system.
        source: io::Error,
    },
    /// A node's address is not an IP address.
    #[error(
        "{value:?} is no IP address: write it as in 127.0.0.4 or ::1, without port and brackets"
    )]
    InvalidAddress {
        /// The configured address.
        value: String,
        /// The parse error.
        source: AddrParseError,
    },
    /// Two nodes have the same address.
    #[error(
        "two nodes of the cluster have the address {ip}: give each its own, or leave .address(..) out"
    )]
    AddressUsedTwice {
        /// The address.
        ip: IpAddr,
    },
    /// The name of a datacenter or rack is empty, so that clients could not select it.
    #[error("the {what} of a node is empty: give it a name, or leave .{what}(..) out")]
    EmptyName {
        /// `datacenter` or `rack`.
        what: &'static str,
    },
    /// The cluster was configured without nodes.
    #[error("a cluster needs at least one node: write .nodes(1) or more")]
    NoNodes,
    /// The node was permanently removed from the cluster.
    #[error(
        "the node {address} was removed from its cluster: add a new one with TestCluster::add_node"
    )]
    Removed {
        /// The former address of the node.
        address: SocketAddr,
    },
    /// The cluster of this node has been dropped.
    #[error(
        "the cluster has ended: keep a clone of the TestCluster for as long as its nodes are used"
    )]
    Ended,
    /// The certificate or its key cannot be used.
    #[cfg(feature = "tls")]
    #[error(
        "the certificate or the private key for .tls(..) cannot be used: {source}; give both as PEM"
    )]
    Tls {
        /// The reason.
        source: Box<dyn std::error::Error + Send + Sync>,
    },
    /// The threads of the cluster could not be started.
    #[error("cannot start the threads of the cluster: {source}")]
    Threads {
        /// The error of the operating system.
        source: io::Error,
    },
    /// The database could not be opened.
    #[error("cannot open the in-memory database: {reason}")]
    Engine {
        /// The error message of the database.
        reason: String,
    },
}
