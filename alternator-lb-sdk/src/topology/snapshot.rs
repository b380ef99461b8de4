//! The list of nodes, as of one refresh.

use super::{Node, NodeUrl};
use std::collections::HashSet;
use std::sync::Arc;

/// The nodes that requests may go to. Immutable: a refresh makes another one.
#[derive(Debug)]
pub(crate) struct Topology<A> {
    nodes: Box<[Arc<Node<A>>]>,
}

impl<A> Topology<A> {
    /// A list of fresh nodes, in the order given, none twice.
    pub(crate) fn new(urls: &[NodeUrl], attach: impl FnMut(&NodeUrl) -> A) -> Self {
        let nothing = Self {
            nodes: Box::default(),
        };
        nothing.refreshed(urls, attach)
    }

    /// The list after a refresh that brought `urls`: nodes that stay are the same nodes, in the same order; new ones
    /// come after them, those no longer named are gone.
    ///
    /// The order is kept because rotation walks it: were it to change with the arbitrary order in which nodes list each
    /// other, a refresh would deal some node two requests in a row.
    pub(crate) fn refreshed(
        &self,
        urls: &[NodeUrl],
        mut attach: impl FnMut(&NodeUrl) -> A,
    ) -> Self {
        let wanted: HashSet<&NodeUrl> = urls.iter().collect();
        let kept = self
            .nodes
            .iter()
            .filter(|node| wanted.contains(node.url()))
            .cloned();
        let mut known: HashSet<&NodeUrl> = self.nodes.iter().map(|node| node.url()).collect();
        let added: Vec<_> = urls
            .iter()
            .filter(|url| known.insert(url))
            .map(|url| Arc::new(Node::new(url.clone(), attach(url))))
            .collect();
        Self {
            nodes: kept.chain(added).collect(),
        }
    }

    pub(crate) fn nodes(&self) -> &[Arc<Node<A>>] {
        &self.nodes
    }

    pub(crate) fn find(&self, url: &NodeUrl) -> Option<&Arc<Node<A>>> {
        self.nodes.iter().find(|node| node.url() == url)
    }

    /// The addresses that `newer` has and this one lacks, and the other way round.
    pub(crate) fn difference(&self, newer: &Self) -> (Vec<NodeUrl>, Vec<NodeUrl>) {
        (newer.without(self), self.without(newer))
    }

    fn without(&self, other: &Self) -> Vec<NodeUrl> {
        let others: HashSet<u64> = other.nodes.iter().map(|node| node.id()).collect();
        self.nodes
            .iter()
            .filter(|node| !others.contains(&node.id()))
            .map(|node| node.url().clone())
            .collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::topology::{Host, Scheme};
    use proptest::prelude::*;

    fn url(last: u8) -> NodeUrl {
        NodeUrl::new(Scheme::Http, Host::Ip([127, 0, 0, last].into()), 8000)
    }

    fn urls(last: &[u8]) -> Vec<NodeUrl> {
        last.iter().copied().map(url).collect()
    }

    #[test]
    fn a_node_that_stays_is_the_same_node() {
        let before = Topology::new(&urls(&[1, 2, 3]), |_| ());
        let after = before.refreshed(&urls(&[4, 3, 1, 3]), |_| ());

        let addresses: Vec<_> = after
            .nodes()
            .iter()
            .map(|node| node.url().clone())
            .collect();
        assert_eq!(addresses, urls(&[1, 3, 4]));
        assert!(Arc::ptr_eq(&before.nodes()[0], &after.nodes()[0]));
        assert_eq!(before.difference(&after), (urls(&[4]), urls(&[2])));
    }

    #[test]
    fn a_node_that_came_back_is_a_new_node() {
        let before = Topology::new(&urls(&[1, 2]), |_| ());
        let after = before
            .refreshed(&urls(&[1]), |_| ())
            .refreshed(&urls(&[1, 2]), |_| ());
        assert_ne!(before.nodes()[1].id(), after.nodes()[1].id());
    }

    proptest! {
        #[test]
        fn a_refresh_holds_exactly_what_was_named(old in prop::collection::vec(0u8..20, 0..20), new in prop::collection::vec(0u8..20, 0..20)) {
            let after = Topology::new(&urls(&old), |_| ()).refreshed(&urls(&new), |_| ());
            let mut held: Vec<_> = after.nodes().iter().map(|node| node.url().as_str().to_owned()).collect();
            let mut named: Vec<_> = urls(&new).iter().map(|url| url.as_str().to_owned()).collect();
            held.sort();
            named.sort();
            named.dedup();
            prop_assert_eq!(held, named);
        }
    }
}
