//! The handle of a cluster.

use std::sync::Arc;

use crate::running::Running;
use crate::sync::lock;
use crate::{Builder, Node, NodeConfig, StartError};

/// A running cluster.
///
/// Clones are handles on the same cluster. When the last one is dropped, the ports are closed, the connections cut and
/// the threads ended before the drop returns. [`Node`]s do not keep the cluster alive.
///
/// No call needs an async runtime, or minds one: the cluster runs on two threads of its own. A call waits at most for
/// those threads, never for a client.
#[derive(Clone, Debug)]
pub struct TestCluster {
    running: Arc<Running>,
}

impl TestCluster {
    /// Describes a cluster, to be started.
    pub fn builder() -> Builder {
        Builder::default()
    }

    pub(crate) fn of(running: Running) -> Self {
        Self {
            running: Arc::new(running),
        }
    }

    /// Adds a node and starts it; the others list it from now on.
    ///
    /// It gets an address that no node of the cluster ever had, unless `node` names one.
    ///
    /// # Errors
    ///
    /// As [`Builder::start`]: among others, an address that a node of the cluster has, or on which the cluster's port is
    /// taken.
    pub fn add_node(&self, node: NodeConfig) -> Result<Node, StartError> {
        let node = self.running.add_node(node)?;
        Ok(Node::new(node, &self.running.state))
    }

    /// Stops a node for good; the others list it no more. Does nothing for a node that has been removed.
    pub fn remove_node(&self, node: &Node) {
        node.state().remove();
    }

    /// Sets the counters of all nodes to zero.
    pub fn reset_counters(&self) {
        for node in self.nodes() {
            node.reset_counters();
        }
    }

    /// Returns the URL of the first node that has not been removed, such as `http://127.0.0.1:16000`. The empty string if
    /// all have been.
    pub fn url(&self) -> String {
        self.nodes().first().map(Node::url).unwrap_or_default()
    }

    /// Returns the URLs of all nodes that have not been removed.
    pub fn urls(&self) -> Vec<String> {
        self.nodes().iter().map(Node::url).collect()
    }

    /// Returns the port of all nodes.
    pub fn port(&self) -> u16 {
        self.running.port
    }

    /// Returns the nodes that have not been removed, in the order in which they were added.
    pub fn nodes(&self) -> Vec<Node> {
        let nodes = self.running.state.present_nodes();
        nodes
            .into_iter()
            .map(|node| Node::new(node, &self.running.state))
            .collect()
    }

    /// Returns a node by its number in the order of adding, which begins at 0 and does not change when others are
    /// removed.
    ///
    /// # Panics
    ///
    /// Panics if there never was such a node. A removed one is still returned.
    pub fn node(&self, index: usize) -> Node {
        let node = lock(&self.running.state.nodes).get(index).cloned();
        #[expect(
            clippy::panic,
            reason = "an index out of bounds is a mistake in the test, as with a slice"
        )]
        let node = node.unwrap_or_else(|| panic!("the cluster has no node {index}"));
        Node::new(node, &self.running.state)
    }
}
