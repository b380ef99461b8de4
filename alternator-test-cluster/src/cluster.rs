//! The handle of a cluster.

use std::sync::Arc;

use crate::running::Running;
use crate::sync::lock;
use crate::{LwtPartition, Node, NodeConfig, PartitionKey, StartError, Tablet, TabletTransition};

/// A running cluster.
///
/// Clones are handles on the same cluster. When the last one is dropped, the ports are closed, the connections closed
/// and the threads ended before the drop returns. [`Node`]s do not keep the cluster alive.
///
/// No call needs an async runtime, or conflicts with one: the cluster runs on two threads of its own, with real time,
/// also where the test's clock is paused. A call waits at most for those threads, never for a client, and has taken
/// effect when it returns.
#[derive(Clone, Debug)]
pub struct TestCluster {
    running: Arc<Running>,
}

impl TestCluster {
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
    /// As [`Builder::start`](crate::Builder::start): among others, an address that a node of the cluster has, or on
    /// which the cluster's port is taken.
    pub fn add_node(&self, node: NodeConfig) -> Result<Node, StartError> {
        let node = self.running.add_node(node)?;
        Ok(Node::new(node, &self.running.state))
    }

    /// Stops a node for good; the others list it no more. Does nothing for a node that has been removed.
    pub fn remove_node(&self, node: &Node) {
        self.running.remove_node(node.state());
    }

    /// Sets the counters of all nodes to zero, and forgets the lightweight transactions.
    pub fn reset_counters(&self) {
        for node in self.nodes() {
            node.reset_counters();
        }
        self.running.state.lwt_log.reset();
    }

    /// Makes a tablet's replica on one node move to another, at once. Tables go by the names that the server gives
    /// them:
    /// `table`, or `table:index` for a global index. A local index moves with its table.
    ///
    /// # Panics
    ///
    /// Panics if the table has no tablet of this number, if `from` does not hold it, if `to` does, or has been removed,
    /// or if the tablet is in transition.
    pub fn move_tablet(&self, table: &str, index: usize, from: &Node, to: &Node) {
        let mut contents = self.running.state.catalog.contents();
        let (from, to) = (from.state(), to.state());
        let moved = contents.move_tablet(table, index, from.number, to.number);
        drop(contents);
        assert!(
            moved,
            "tablet {index} of {table} cannot move from {} to {}",
            from.address(),
            to.address()
        );
    }

    /// Begins to migrate a tablet's replica from one node to another, in stages as the server does, through which the
    /// test goes. Takes the arguments of [`move_tablet`](Self::move_tablet).
    ///
    /// # Panics
    ///
    /// Panics where `move_tablet` does.
    pub fn migrate_tablet(
        &self,
        table: &str,
        index: usize,
        from: &Node,
        to: &Node,
    ) -> TabletTransition {
        let mut contents = self.running.state.catalog.contents();
        let (from, to) = (from.state(), to.state());
        let begun = contents.migrate_tablet(table, index, from.number, to.number);
        drop(contents);
        assert!(
            begun,
            "tablet {index} of {table} cannot migrate from {} to {}",
            from.address(),
            to.address()
        );
        TabletTransition::new(&self.running.state, table, index)
    }

    /// Begins to repair a tablet, which changes no replicas. Tables go by the names of
    /// [`move_tablet`](Self::move_tablet).
    ///
    /// # Panics
    ///
    /// Panics if the table has no tablet of this number, or if it is in transition.
    pub fn repair_tablet(&self, table: &str, index: usize) -> TabletTransition {
        let mut contents = self.running.state.catalog.contents();
        let begun = contents.repair_tablet(table, index);
        drop(contents);
        assert!(begun, "tablet {index} of {table} cannot be repaired");
        TabletTransition::new(&self.running.state, table, index)
    }

    /// Returns the tablets of a table, named as for [`move_tablet`](Self::move_tablet), in the order of their tokens.
    /// Empty if there is no such table, or if it has vnodes.
    pub fn tablets(&self, table: &str) -> Vec<Tablet> {
        let contents = self.running.state.catalog.contents();
        let Some(map) = contents.tablets(table) else {
            return Vec::new();
        };
        let map = map.clone();
        // Nodes are locked before the catalog elsewhere.
        drop(contents);
        let tablet = |(index, replicas): (usize, &Vec<usize>)| Tablet {
            after: map.range(index).start,
            last_token: map.range(index).end,
            replicas: self.numbered(replicas),
            stage: map.transition(index).map(|transition| transition.stage),
        };
        map.tablets().iter().enumerate().map(tablet).collect()
    }

    /// Returns the nodes that hold a partition of a table, named as for [`move_tablet`](Self::move_tablet), the primary
    /// replica first. Empty if there is no such table, or if the cluster has no [tokens](crate::Builder::tokens).
    ///
    /// ```
    /// use alternator_test_cluster::{StartError, TestCluster, Tokens};
    ///
    /// # fn main() -> Result<(), StartError> {
    /// let cluster = TestCluster::builder().nodes(6).tokens(Tokens::vnodes()).start()?;
    /// // With a client of your choice, create a table `users` and read the user `anna` from some node. Then:
    /// for node in cluster.replicas("users", "anna") {
    ///     println!("{} is a replica", node.url());
    /// }
    /// # Ok(())
    /// # }
    /// ```
    pub fn replicas(&self, table: &str, key: impl Into<PartitionKey>) -> Vec<Node> {
        let mut contents = self.running.state.catalog.contents();
        let placement = contents.placement(table, key.into().token());
        drop(contents);
        placement.map_or_else(Vec::new, |placement| self.numbered(&placement.replicas))
    }

    /// Returns the partitions on which there were lightweight transactions since the start or the last reset, with the
    /// nodes that coordinated them. Only counted with [`Builder::tokens`](crate::Builder::tokens).
    ///
    /// The table's isolation ([`WriteIsolation`](crate::WriteIsolation)) determines the writes that are lightweight
    /// transactions. A write whose condition failed counts; a refused one does not.
    pub fn lwt_partitions(&self) -> Vec<LwtPartition> {
        let nodes = lock(&self.running.state.nodes).clone();
        let url = |number: usize| {
            nodes
                .get(number)
                .map_or_else(String::new, |node| node.url())
        };
        self.running.state.lwt_log.snapshot(url)
    }

    /// Sets the internal tables that a role may read, such as `system.tablets`, as with `GRANT SELECT` for each. Reading
    /// others is an `AccessDeniedException` from now on.
    ///
    /// # Default
    ///
    /// Roles may read all, as a superuser does.
    pub fn set_grants(
        &self,
        role: impl Into<String>,
        tables: impl IntoIterator<Item = impl Into<String>>,
    ) {
        let tables = tables.into_iter().map(Into::into).collect();
        lock(&self.running.state.grants).insert(role.into(), tables);
    }

    /// Shows clients this certificate chain, with its private key, from their next handshake on, as a server that
    /// reloads its certificate does. Both are PEM text. Sessions that began with another certificate are not resumed.
    /// All nodes show it, also those with a [certificate of their own](Node::replace_certificate).
    ///
    /// # Errors
    ///
    /// [`StartError::Tls`] for what is no PEM, or is no pair; the former certificate stays. Also on a cluster without
    /// [`Builder::tls`](crate::Builder::tls).
    #[cfg(feature = "tls")]
    pub fn replace_certificate(
        &self,
        cert_chain_pem: impl Into<Vec<u8>>,
        private_key_pem: impl Into<Vec<u8>>,
    ) -> Result<(), StartError> {
        let tls = self.running.state.tls()?;
        let identity = crate::tls::Identity::new(cert_chain_pem.into(), private_key_pem.into());
        tls.replace(&identity, &self.running.state.present_nodes())
    }

    /// Returns how often coordinators of lightweight transactions superseded each other's proposals, at all nodes that
    /// have not been removed: the sum of [`Counters::ballot_contentions`](crate::Counters::ballot_contentions).
    pub fn ballot_contentions(&self) -> u64 {
        let nodes = self.nodes().into_iter();
        nodes.map(|node| node.counters().ballot_contentions).sum()
    }

    /// Returns the number of lightweight transactions that failed as uncertain, at all nodes that have not been removed:
    /// the sum of [`Counters::uncertain_transactions`](crate::Counters::uncertain_transactions).
    pub fn uncertain_transactions(&self) -> u64 {
        let nodes = self.nodes().into_iter();
        nodes
            .map(|node| node.counters().uncertain_transactions)
            .sum()
    }

    /// Returns the URL of the first node that has not been removed, such as `http://127.0.0.1:16000`. The empty string
    /// if all have been.
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

    fn numbered(&self, numbers: &[usize]) -> Vec<Node> {
        let nodes = lock(&self.running.state.nodes);
        let nodes = numbers.iter().filter_map(|number| nodes.get(*number));
        nodes
            .map(|node| Node::new(Arc::clone(node), &self.running.state))
            .collect()
    }
}
