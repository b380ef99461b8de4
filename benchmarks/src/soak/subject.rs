//! The cluster, and the faults of its nodes.

use std::collections::BTreeMap;
use std::net::IpAddr;
use std::time::Duration;

use alternator_test_cluster::{Fault as NodeFault, Node, NodeConfig, Paxos, TestCluster, Tokens};

use super::fault::Fault;
use super::plan::{Episode, NODES, SEEDS};
use super::setting::{ROLE, SECRET};
use super::violation::Violation;
use crate::Outcome;

/// The cluster under test.
#[derive(Debug)]
pub(super) struct Subject {
    cluster: TestCluster,
    nodes: Vec<Node>,
    /// Nodes that have joined.
    joined: Vec<Node>,
    /// Other clusters, by the number of the node whose address they have.
    foreign: BTreeMap<usize, TestCluster>,
}

impl Subject {
    /// Starts two nodes in each of three racks.
    pub(super) fn start(seed: u64) -> Outcome<Self> {
        let mut builder = TestCluster::builder()
            .authorization(ROLE, SECRET)
            .tokens(Tokens::tablets(16))
            .paxos(Paxos::new().seed(seed))
            .timeout(Duration::from_secs(1))
            .failure_detection(Duration::from_secs(2));
        for number in 0..NODES {
            builder = builder.node(config(number));
        }
        let cluster = builder.start()?;
        Ok(Self {
            nodes: cluster.nodes(),
            cluster,
            joined: Vec::new(),
            foreign: BTreeMap::new(),
        })
    }

    pub(super) fn cluster(&self) -> &TestCluster {
        &self.cluster
    }

    /// Returns the addresses of the nodes that never leave.
    pub(super) fn seeds(&self) -> Vec<String> {
        self.nodes.iter().take(SEEDS).map(Node::url).collect()
    }

    /// Begins a fault.
    pub(super) fn begin(&mut self, episode: &Episode) -> Outcome<()> {
        let node = self.node(episode.node)?;
        match episode.fault {
            Fault::Kill => node.stop(),
            Fault::Hang => node.inject(NodeFault::Hang),
            Fault::Slow(delay) => node.inject(NodeFault::Delay(delay)),
            Fault::SlowOperations(delay) => node.inject(NodeFault::SlowOperations(delay)),
            Fault::Errors(share) => node.inject(NodeFault::ServerError { share }),
            Fault::Throttle(share) => node.inject(NodeFault::Throttle { share }),
            Fault::Cut(bytes) => node.inject(NodeFault::CutAfter { bytes }),
            Fault::StallAfterHeaders => node.inject(NodeFault::StallAfterHeaders),
            Fault::BlackHole => node.inject(NodeFault::BlackHole),
            Fault::LostConnections => node.lose_connections(),
            Fault::Partition => node.partition(),
            Fault::Join => self
                .joined
                .push(self.cluster.add_node(config(episode.node))?),
            Fault::Leave => self.cluster.remove_node(&node),
            Fault::Foreign => {
                self.cluster.remove_node(&node);
                let foreign = self.foreign_at(node.address().ip(), episode.node)?;
                self.foreign.insert(episode.node, foreign);
            }
            Fault::ClockAhead(by) => node.set_clock_ahead(by),
            Fault::ClockBehind(by) => node.set_clock_behind(by),
            Fault::AllDown => self.nodes.iter().for_each(Node::stop),
        }
        Ok(())
    }

    /// Ends a fault.
    pub(super) fn end(&mut self, episode: &Episode) -> Outcome<()> {
        let node = self.node(episode.node)?;
        match episode.fault {
            Fault::Kill => node.start()?,
            Fault::Hang
            | Fault::Slow(_)
            | Fault::SlowOperations(_)
            | Fault::Errors(_)
            | Fault::Throttle(_)
            | Fault::Cut(_)
            | Fault::StallAfterHeaders
            | Fault::BlackHole => node.recover(),
            // A node never closes a lost connection by itself, also if its client has.
            Fault::LostConnections => {
                node.stop();
                node.start()?;
            }
            Fault::Partition => node.restore_listing(),
            Fault::Join => {
                if let Some(joined) = self.joined.pop() {
                    self.cluster.remove_node(&joined);
                }
            }
            Fault::Leave => self.rejoin(&node, episode.node)?,
            Fault::Foreign => {
                self.foreign.remove(&episode.node);
                self.rejoin(&node, episode.node)?;
            }
            Fault::ClockAhead(_) | Fault::ClockBehind(_) => node.set_clock_ahead(Duration::ZERO),
            Fault::AllDown => self.nodes.iter().try_for_each(Node::start)?,
        }
        Ok(())
    }

    /// Checks that no client went on from a node of another cluster to its other nodes.
    pub(super) fn check_addresses(&self) -> Result<(), Violation> {
        let foreign = self.foreign.values().flat_map(|cluster| {
            let others = cluster.nodes().into_iter().skip(1);
            others.map(|node| node.counters().connections)
        });
        match foreign.sum() {
            0 => Ok(()),
            connections => Err(Violation::ForeignAddress { connections }),
        }
    }

    fn node(&self, number: usize) -> Outcome<Node> {
        let node = self.nodes.get(number).cloned();
        node.ok_or_else(|| format!("there is no node {number}").into())
    }

    /// Has a node join again, at its former address.
    fn rejoin(&mut self, node: &Node, number: usize) -> Outcome<()> {
        let config = config(number).address(node.address().ip());
        let node = self.cluster.add_node(config)?;
        if let Some(former) = self.nodes.get_mut(number) {
            *former = node;
        }
        Ok(())
    }

    /// Starts a cluster of three nodes, the first at this address. It has no table.
    fn foreign_at(&self, address: IpAddr, number: usize) -> Outcome<TestCluster> {
        let other =
            |last: usize| NodeConfig::new().address(format!("127.0.0.{}", last + 2 * number));
        let cluster = TestCluster::builder()
            .cluster_name("another cluster")
            .port(self.cluster.port())
            .node(NodeConfig::new().address(address))
            .node(other(100))
            .node(other(101));
        Ok(cluster.start()?)
    }
}

/// Returns the configuration of a node: of a datacenter with three racks.
fn config(number: usize) -> NodeConfig {
    NodeConfig::new().rack(format!("r{}", 1 + number % 3))
}
