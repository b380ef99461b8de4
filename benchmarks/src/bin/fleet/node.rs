//! A node, and how it can be reached.

use crate::operations::Token;
use crate::topology::{Host, NodeUrl, Scheme};
use benchmarks::fleet::Server;
use std::net::{IpAddr, Ipv4Addr};
use std::time::Duration;

#[derive(Debug)]
pub(crate) struct Node {
    pub(crate) url: NodeUrl,
    pub(crate) server: Server<Token>,
    pub(crate) presence: Presence,
    /// The share of requests that it answers with an error of its own.
    pub(crate) errors: f64,
    pub(crate) is_slow: bool,
    /// Whether probes and discovery wait behind the operations, as where all of the node is slow and not only its disks.
    pub(crate) makes_probes_wait: bool,
}

/// What becomes of what is sent to a node.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Presence {
    /// It is served.
    Serves,
    /// It is refused: the process is not there, and the host says so.
    Refuses,
    /// It arrives, and nothing comes back: the process stands still.
    Hangs,
    /// It does not arrive: the host or the way to it is gone.
    Silent,
}

/// How long an answer takes that costs a node next to nothing.
const SHORT_ANSWER: Duration = Duration::from_millis(1);

impl Node {
    pub(crate) fn new(number: u32) -> Self {
        let ip = IpAddr::V4(Ipv4Addr::from_bits(FIRST.to_bits() + number));
        Self {
            url: NodeUrl::new(Scheme::Http, Host::Ip(ip), 8000),
            server: Server::default(),
            presence: Presence::Serves,
            errors: 0.0,
            is_slow: false,
            makes_probes_wait: false,
        }
    }

    /// How long it takes now to answer a probe, or who is in the cluster.
    pub(crate) fn short_answer(&self) -> Duration {
        match self.makes_probes_wait {
            true => SHORT_ANSWER + self.server.wait(),
            false => SHORT_ANSWER,
        }
    }

    /// Whether nothing is wrong with it, seen from where it looks as if it had this presence.
    pub(crate) fn is_well(&self, presence: Presence) -> bool {
        presence == Presence::Serves && self.errors == 0.0 && !self.is_slow
    }
}

/// The number of the node at an address, which is what the library keeps at hand for each node.
pub(crate) fn number(url: &NodeUrl) -> u32 {
    let Some(IpAddr::V4(ip)) = url.ip() else {
        return 0;
    };
    ip.to_bits() - FIRST.to_bits()
}

const FIRST: Ipv4Addr = Ipv4Addr::new(10, 0, 0, 0);
