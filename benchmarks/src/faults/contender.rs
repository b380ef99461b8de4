//! The clients that are compared, and the state of a node in the plugin.

use std::net::SocketAddr;

use alternator_lb_sdk::NodeState;
use aws_sdk_dynamodb::config::Region;

use super::case::FaultCase;
use crate::Outcome;
use crate::client::{Client, ClientSettings};
use crate::nodes::Nodes;

/// One of the clients that are compared.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Contender {
    /// The SDK with an `endpoint_url`: that of the node which gets the fault. With another one it would not notice the
    /// fault, and with the fault of that one not notice the rest of the cluster.
    Sdk,
    /// `alternator-client`.
    Official,
    /// The SDK with the plugin.
    Plugin,
}

impl Contender {
    pub(super) const ALL: [Self; 3] = [Self::Sdk, Self::Official, Self::Plugin];

    /// The name in arguments.
    pub(super) fn name(self) -> &'static str {
        match self {
            Self::Sdk => "sdk",
            Self::Official => "official",
            Self::Plugin => "plugin",
        }
    }

    /// The title in results.
    pub(super) fn title(self) -> &'static str {
        match self {
            Self::Sdk => "SDK with endpoint_url",
            Self::Official => "alternator-client 1.0.1",
            Self::Plugin => "this plugin",
        }
    }

    /// Returns the number of nodes that get its requests.
    pub(super) fn node_count_used(self, nodes: usize) -> usize {
        match self {
            Self::Sdk => 1,
            Self::Official | Self::Plugin => nodes,
        }
    }

    /// Creates a client inside the runtime that it uses. `run` is another number each time.
    pub(super) fn connect(self, nodes: &Nodes, case: &FaultCase, run: usize) -> Outcome<Client> {
        let settings = ClientSettings {
            nodes: nodes.addresses(),
            authority: nodes.authority(),
            region: Region::new(format!("run-{run}")),
            credentials: case.service.credentials(),
            attempts: case.attempts,
        };
        match self {
            Self::Sdk => Client::sdk(&settings),
            Self::Official => Client::official(&settings),
            Self::Plugin => Client::plugin(&settings, |builder| case.workload.configure(builder)),
        }
    }
}

/// The state of a node that the plugin reports.
#[derive(Clone, Debug)]
pub(super) struct ReportedState {
    pub(super) is_ejected: bool,
    pub(super) state: String,
}

impl ReportedState {
    /// Returns `None` for other clients, and for a node that the plugin does not list.
    pub(super) fn of(client: &Client, node: SocketAddr) -> Option<Self> {
        let Client::Plugin(_, alternator) = client else {
            return None;
        };
        let after_scheme = format!("://{node}");
        let nodes = alternator.nodes();
        let mut nodes = nodes.iter();
        let status = nodes.find(|status| status.url().ends_with(&after_scheme))?;
        Some(Self {
            is_ejected: status.state() != NodeState::Up,
            state: format!("{:?}", status.state()),
        })
    }
}
