//! A node and its availability.

use crate::operations::Token;
use alternator_lb_core::topology::{Host, NodeUrl, Scheme};
use benchmarks::fleet::Server;
use std::net::{IpAddr, Ipv4Addr};
use std::time::Duration;

#[derive(Debug)]
pub(crate) struct Node {
    pub(crate) url: NodeUrl,
    pub(crate) server: Server<Token>,
    pub(crate) availability: Availability,
    /// The share of requests that get a server error.
    pub(crate) error_share: f64,
    pub(crate) is_slow: bool,
    /// True if probes and discovery queue behind operations, as on a node with a slow processor instead of a slow disk.
    pub(crate) delays_probes: bool,
}

/// How a node treats requests.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Availability {
    /// The node serves requests.
    Serving,
    /// The host refuses connections: the process is not running.
    Refusing,
    /// Requests arrive and get no response: the process stands still.
    Hanging,
    /// Requests do not arrive: the host or the route to it is gone.
    Unreachable,
}

/// The response time of a request that costs a node next to nothing.
const LIGHT_RESPONSE_TIME: Duration = Duration::from_millis(1);

/// The time until a host refuses a connection to a port on which nothing listens: one round trip.
pub(crate) const REFUSED_AFTER: Duration = Duration::from_micros(500);

impl Node {
    pub(crate) fn new(number: u32) -> Self {
        let ip = IpAddr::V4(Ipv4Addr::from_bits(FIRST_ADDRESS.to_bits() + number));
        Self {
            url: NodeUrl::new(Scheme::Http, Host::Ip(ip), 8000),
            server: Server::default(),
            availability: Availability::Serving,
            error_share: 0.0,
            is_slow: false,
            delays_probes: false,
        }
    }

    /// Returns the current response time of a probe or a membership query.
    pub(crate) fn light_response_time(&self) -> Duration {
        match self.delays_probes {
            true => LIGHT_RESPONSE_TIME + self.server.queueing_delay(),
            false => LIGHT_RESPONSE_TIME,
        }
    }

    /// Returns whether the node is healthy for a client to which it has this availability.
    pub(crate) fn is_healthy(&self, availability: Availability) -> bool {
        availability == Availability::Serving && self.error_share == 0.0 && !self.is_slow
    }
}

/// Returns the index of the node at an address. The library keeps it as the endpoint of the node.
pub(crate) fn index(url: &NodeUrl) -> u32 {
    let Some(IpAddr::V4(ip)) = url.ip() else {
        return 0;
    };
    ip.to_bits() - FIRST_ADDRESS.to_bits()
}

const FIRST_ADDRESS: Ipv4Addr = Ipv4Addr::new(10, 0, 0, 0);
