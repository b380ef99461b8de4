//! The list of nodes, as of one refresh.

use super::{Node, NodeUrl};
use std::collections::HashSet;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

/// The nodes that requests may go to, those of the most wanted scope first. Immutable: a refresh makes another one.
///
/// Some of the nodes are *at home*: in the datacenter of the most wanted scope. Operations that must meet the others of
/// their key go to these, whatever rack they come from. The local may have nodes that are in no scope of the chain, and so
/// in no level; they stand *out_of_scope*, and no ordinary request goes to them.
#[derive(Debug)]
pub struct Topology<A> {
    /// Tier after level, and then those out_of_scope.
    nodes: Box<[Arc<Node<A>>]>,
    /// How many nodes each level has; none is empty.
    sizes: Box<[usize]>,
    /// Of each node whether it is at local.
    are_local: Box<[bool]>,
    generation: u64,
}

impl<A> Topology<A> {
    /// A list of fresh nodes: for each scope of a chain those that it names, none twice.
    pub fn new(levels: &[Vec<NodeUrl>], attach: impl FnMut(&NodeUrl) -> A) -> Self {
        let nothing = Self {
            nodes: Box::default(),
            sizes: Box::default(),
            are_local: Box::default(),
            generation: 0,
        };
        nothing.refreshed(levels, attach)
    }

    /// The list after a refresh that brought `levels`, of which the first is all of the local.
    pub fn refreshed(&self, levels: &[Vec<NodeUrl>], attach: impl FnMut(&NodeUrl) -> A) -> Self {
        let local = levels.first().map(Vec::as_slice).unwrap_or_default();
        self.refreshed_with_local(levels, local, attach)
    }

    /// The list after a refresh that brought `levels` and a local: nodes that stay are the same nodes, in the same order; new
    /// ones come after them, those no longer named are gone. A node that several levels name belongs to the first of them.
    ///
    /// The order is kept because rotation walks it: were it to change with the arbitrary order in which nodes list each
    /// other, a refresh would deal some node two requests in a row.
    pub fn refreshed_with_local(
        &self,
        levels: &[Vec<NodeUrl>],
        local: &[NodeUrl],
        mut attach: impl FnMut(&NodeUrl) -> A,
    ) -> Self {
        let mut known: HashSet<&NodeUrl> = self.nodes.iter().map(|node| node.url()).collect();
        let mut placed: HashSet<&NodeUrl> = HashSet::new();
        let mut nodes = Vec::new();
        let mut sizes = Vec::new();
        for level in levels.iter().map(Vec::as_slice).chain([local]) {
            let named: HashSet<&NodeUrl> = level.iter().filter(|url| placed.insert(url)).collect();
            let kept = self.nodes.iter().filter(|node| named.contains(node.url()));
            let before = nodes.len();
            nodes.extend(kept.cloned());
            for url in level.iter().filter(|url| named.contains(*url)) {
                if known.insert(url) {
                    nodes.push(Arc::new(Node::new(url.clone(), attach(url))));
                }
            }
            sizes.push(nodes.len() - before);
        }
        // That of those out_of_scope.
        sizes.pop();
        sizes.retain(|&size| size > 0);
        let local: HashSet<&NodeUrl> = local.iter().collect();
        Self {
            generation: self.generation_of(&nodes),
            are_local: nodes
                .iter()
                .map(|node| local.contains(node.url()))
                .collect(),
            nodes: nodes.into(),
            sizes: sizes.into(),
        }
    }

    /// A number that grows exactly when nodes are added or removed. Compare it with a remembered one to tell whether other
    /// nodes are listed now. It stays the same when nodes only change their order or level.
    pub fn generation(&self) -> u64 {
        self.generation
    }

    /// The generation of a list that replaces this one.
    fn generation_of(&self, nodes: &[Arc<Node<A>>]) -> u64 {
        // Of the process: two lists that replace the same one must not share a generation.
        static NEWEST: AtomicU64 = AtomicU64::new(0);
        let before: HashSet<u64> = self.nodes.iter().map(|node| node.id()).collect();
        let is_same =
            nodes.len() == before.len() && nodes.iter().all(|node| before.contains(&node.id()));
        match is_same {
            true => self.generation,
            false => NEWEST.fetch_add(1, Ordering::Relaxed) + 1,
        }
    }

    /// The nodes of each scope that has any, most wanted first.
    pub fn levels(&self) -> impl Iterator<Item = &[Arc<Node<A>>]> {
        self.sizes.iter().scan(&*self.nodes, |rest, &size| {
            let (level, others) = rest.split_at_checked(size)?;
            *rest = others;
            Some(level)
        })
    }

    /// The nodes that are at local and in no scope of the chain.
    pub fn out_of_scope(&self) -> &[Arc<Node<A>>] {
        let in_scope = self.sizes.iter().sum();
        self.nodes.get(in_scope..).unwrap_or_default()
    }

    /// Of each node whether it is at local, in the order of the [`nodes`](Self::nodes).
    pub fn are_local(&self) -> &[bool] {
        &self.are_local
    }

    /// All nodes, level after level, and then those out_of_scope.
    pub fn nodes(&self) -> &[Arc<Node<A>>] {
        &self.nodes
    }

    pub fn find(&self, url: &NodeUrl) -> Option<&Arc<Node<A>>> {
        self.nodes.iter().find(|node| node.url() == url)
    }

    /// Whether both hold the same nodes in the same levels, and the same local.
    pub fn is_same(&self, other: &Self) -> bool {
        let ids = |nodes: &[Arc<Node<A>>]| nodes.iter().map(|node| node.id()).collect::<Vec<_>>();
        self.sizes == other.sizes
            && self.are_local == other.are_local
            && ids(&self.nodes) == ids(&other.nodes)
    }

    /// The addresses that `newer` has and this one lacks, and the other way round.
    pub fn difference(&self, newer: &Self) -> (Vec<NodeUrl>, Vec<NodeUrl>) {
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

    fn level(last: &[u8]) -> [Vec<NodeUrl>; 1] {
        [urls(last)]
    }

    fn list(last: &[u8]) -> Topology<()> {
        Topology::new(&level(last), |_| ())
    }

    #[test]
    fn a_node_that_stays_is_the_same_node() {
        let before = list(&[1, 2, 3]);
        let after = before.refreshed(&level(&[4, 3, 1, 3]), |_| ());

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
        let before = list(&[1, 2]);
        let after = before
            .refreshed(&level(&[1]), |_| ())
            .refreshed(&level(&[1, 2]), |_| ());
        assert_ne!(before.nodes()[1].id(), after.nodes()[1].id());
    }

    #[test]
    fn a_node_belongs_to_the_first_tier_that_names_it() {
        let rack_and_datacenter = |rack: &[u8], datacenter: &[u8]| [urls(rack), urls(datacenter)];
        let before = Topology::new(&rack_and_datacenter(&[3], &[1, 2, 3, 4]), |_| ());
        let after = before.refreshed(&rack_and_datacenter(&[4, 3], &[1, 2, 3, 4]), |_| ());

        let shown = |topology: &Topology<()>| -> Vec<Vec<NodeUrl>> {
            let urls =
                |level: &[Arc<Node<()>>]| level.iter().map(|node| node.url().clone()).collect();
            topology.levels().map(urls).collect()
        };
        assert_eq!(shown(&before), [urls(&[3]), urls(&[1, 2, 4])]);
        assert_eq!(shown(&after), [urls(&[3, 4]), urls(&[1, 2])]);
        assert_eq!(before.difference(&after), (vec![], vec![]));
        let nobody = before.refreshed(&rack_and_datacenter(&[], &[1]), |_| ());
        assert_eq!(shown(&nobody), [urls(&[1])]);
    }

    #[test]
    fn who_is_at_home_and_in_no_tier_stands_aside() {
        let attach = |_: &NodeUrl| ();
        let before = Topology::new(&level(&[1, 2]), attach);
        let rack_and_elsewhere = [urls(&[1]), urls(&[9])];
        let after = before.refreshed_with_local(&rack_and_elsewhere, &urls(&[3, 2, 1]), attach);
        let numbers = |nodes: &[Arc<Node<()>>]| -> Vec<NodeUrl> {
            nodes.iter().map(|node| node.url().clone()).collect()
        };
        let levels: Vec<_> = after.levels().map(numbers).collect();
        assert_eq!(levels, [urls(&[1]), urls(&[9])]);
        assert_eq!(numbers(after.out_of_scope()), urls(&[2, 3]));
        assert_eq!(after.are_local(), [true, false, true, true]);
        assert_eq!(
            before.find(&url(2)).map(|node| node.id()),
            after.find(&url(2)).map(|node| node.id())
        );

        let same = after.refreshed_with_local(&rack_and_elsewhere, &urls(&[1, 2, 3]), attach);
        assert!(same.is_same(&after));
        let moved = after.refreshed_with_local(&rack_and_elsewhere, &urls(&[2, 3]), attach);
        assert!(!moved.is_same(&after), "the first is at local no more");
    }

    #[test]
    fn generation_grows_exactly_when_nodes_are_added_or_removed() {
        let one = list(&[1, 2]);
        let moved = one.refreshed(&[urls(&[2]), urls(&[1])], |_| ());
        assert!(!moved.is_same(&one));
        assert_eq!(moved.generation(), one.generation());
        let more = moved.refreshed(&level(&[1, 2, 3]), |_| ());
        let fewer = more.refreshed(&level(&[1, 2]), |_| ());
        let replaced = fewer.refreshed(&level(&[1, 3]), |_| ());
        let generations = [&one, &more, &fewer, &replaced].map(Topology::generation);
        assert!(
            generations.is_sorted_by(|before, after| before < after),
            "{generations:?}"
        );
        assert_ne!(
            more.generation(),
            one.refreshed(&level(&[1]), |_| ()).generation()
        );
    }

    proptest! {
        #[test]
        fn a_refresh_holds_exactly_what_was_named(old in prop::collection::vec(0u8..20, 0..20), new in prop::collection::vec(0u8..20, 0..20)) {
            let after = list(&old).refreshed(&level(&new), |_| ());
            let mut held: Vec<_> = after.nodes().iter().map(|node| node.url().as_str().to_owned()).collect();
            let mut named: Vec<_> = urls(&new).iter().map(|url| url.as_str().to_owned()).collect();
            held.sort();
            named.sort();
            named.dedup();
            prop_assert_eq!(held, named);
        }
    }
}
