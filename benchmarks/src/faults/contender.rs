//! The clients that are compared.
//!
//! None is tuned: retries and timeouts are those that each has by itself, which are three attempts for all of them, and
//! no timeout but the SDK's 3.1 s for connecting.

use std::net::SocketAddr;
use std::sync::Arc;

use alternator_driver::{AlternatorClient, AlternatorConfig};
use alternator_lb_sdk::{Alternator, AlternatorExt as _, NodeState};
use aws_sdk_dynamodb::config::{BehaviorVersion, Region};
use aws_sdk_dynamodb::operation::get_item::builders::GetItemFluentBuilder;

use super::Outcome;

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

    /// What it is called in arguments.
    pub(super) fn name(self) -> &'static str {
        match self {
            Self::Sdk => "sdk",
            Self::Official => "official",
            Self::Plugin => "plugin",
        }
    }

    /// What it is called in results.
    pub(super) fn title(self) -> &'static str {
        match self {
            Self::Sdk => "SDK with endpoint_url",
            Self::Official => "alternator-client 1.0.1",
            Self::Plugin => "this plugin",
        }
    }

    pub(super) fn named(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|it| it.name() == name)
    }

    /// Over how many of the nodes it spreads its requests.
    pub(super) fn spreads_over(self, nodes: usize) -> usize {
        match self {
            Self::Sdk => 1,
            Self::Official | Self::Plugin => nodes,
        }
    }

    /// Makes a client, inside of the runtime that it is to use. All nodes are seeds.
    ///
    /// `run` is another number each time. The SDK keeps one retry quota per region for the whole process: in a region of
    /// its own no run begins with what another has left.
    pub(super) fn connect(self, nodes: &[SocketAddr], run: usize) -> Outcome<Client> {
        let region = Region::new(format!("run-{run}"));
        let urls: Vec<String> = nodes.iter().map(|node| format!("http://{node}")).collect();
        let first = nodes.first().ok_or("a client needs a node")?;
        let sdk = aws_sdk_dynamodb::Config::builder()
            .behavior_version(BehaviorVersion::latest())
            .region(region.clone());
        Ok(match self {
            Self::Sdk => {
                let sdk = sdk.endpoint_url(format!("http://{first}")).allow_no_auth();
                Client::Sdk(aws_sdk_dynamodb::Client::from_conf(sdk.build()))
            }
            Self::Official => {
                let config = AlternatorConfig::builder()
                    .scheme("http")
                    .port(first.port())
                    .seed_hosts(nodes.iter().map(|node| node.ip().to_string()))
                    .region(region);
                Client::Official(Arc::new(AlternatorClient::try_from_conf(config.build())?))
            }
            Self::Plugin => {
                let alternator = Alternator::builder().seeds(urls).build()?;
                let sdk = sdk.alternator(&alternator).build();
                Client::Plugin(aws_sdk_dynamodb::Client::from_conf(sdk), alternator)
            }
        })
    }
}

/// A client of one of the contenders.
#[derive(Clone, Debug)]
pub(super) enum Client {
    Sdk(aws_sdk_dynamodb::Client),
    Official(Arc<AlternatorClient>),
    Plugin(aws_sdk_dynamodb::Client, Alternator),
}

impl Client {
    /// Begins the operation that is measured, which all contenders make in the SDK's own form.
    pub(super) fn get_item(&self) -> GetItemFluentBuilder {
        match self {
            Self::Sdk(client) | Self::Plugin(client, _) => client.get_item(),
            Self::Official(client) => client.get_item(),
        }
    }

    /// Returns how the plugin takes a node to be. `None` for the others, and for a node that it does not list.
    pub(super) fn opinion_of(&self, node: SocketAddr) -> Option<Opinion> {
        let Self::Plugin(_, alternator) = self else {
            return None;
        };
        let url = format!("http://{node}");
        let nodes = alternator.nodes();
        let status = nodes.iter().find(|status| status.url() == url)?;
        Some(Opinion {
            left_out: status.state() != NodeState::Up,
            state: format!("{:?}", status.state()),
        })
    }
}

/// How the plugin takes a node to be.
#[derive(Clone, Debug)]
pub(super) struct Opinion {
    pub(super) left_out: bool,
    pub(super) state: String,
}
