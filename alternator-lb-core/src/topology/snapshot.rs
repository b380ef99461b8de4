//! The topology: the nodes as of one refresh.

use super::{Locality, Node, NodeUrl};
use std::collections::HashSet;
use std::iter;
use std::net::IpAddr;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

/// The nodes that requests may go to, in the order of their priority levels. Immutable: a refresh creates another one.
///
/// The *local* nodes are those of the datacenter of the preferred scope. Operations that need one node per key for all
/// clients go to these, whatever their rack. Local nodes that no scope of the chain names are *out of scope*: they
/// belong to no level, and no ordinary request goes to them.
#[derive(Debug)]
pub struct Topology<A> {
    /// The nodes of one level after the other, then the out-of-scope nodes.
    nodes: Box<[Arc<Node<A>>]>,
    /// The nodes of each level. Empty levels are included, to match the localities.
    levels: Vec<Vec<Arc<Node<A>>>>,
    out_of_scope: Vec<Arc<Node<A>>>,
    /// The locality of each level, then that of the out-of-scope nodes. Empty while unknown.
    localities: Box<[Locality]>,
    /// True for each of the nodes that is local.
    are_local: Box<[bool]>,
    generation: u64,
}

impl<A> Topology<A> {
    /// Creates a topology of new nodes, from the addresses that each scope of a chain names. All of the first scope are
    /// local.
    pub fn new(levels: &[Vec<NodeUrl>], attach: impl FnMut(&NodeUrl) -> A) -> Self {
        let empty = Self {
            nodes: Box::default(),
            levels: Vec::new(),
            out_of_scope: Vec::new(),
            localities: Box::default(),
            are_local: Box::default(),
            generation: 0,
        };
        empty.refreshed(levels, attach)
    }

    /// Returns the topology after a refresh that found `levels`. All nodes of the first level are local.
    pub fn refreshed(&self, levels: &[Vec<NodeUrl>], attach: impl FnMut(&NodeUrl) -> A) -> Self {
        let local = levels.first().map(Vec::as_slice).unwrap_or_default();
        self.refreshed_with_local(levels, local, [], attach)
    }

    /// Returns the topology after a refresh that found `levels` and the `local` nodes. Nodes that stay are the same
    /// nodes, in the same order; new ones come after them. A node that several levels name belongs to the first of
    /// them. The localities, if known, are those of each level, empty ones included, and then that of the out-of-scope
    /// nodes.
    ///
    /// The order is kept because round robin follows it: if it changed with the arbitrary order in which nodes list
    /// each other, a refresh would send some node two requests in a row.
    pub fn refreshed_with_local(
        &self,
        levels: &[Vec<NodeUrl>],
        local: &[NodeUrl],
        localities: impl IntoIterator<Item = Locality>,
        mut attach: impl FnMut(&NodeUrl) -> A,
    ) -> Self {
        let mut known: HashSet<&NodeUrl> = self.nodes.iter().map(|node| node.url()).collect();
        let mut placed: HashSet<&NodeUrl> = HashSet::new();
        let mut groups: Vec<Vec<Arc<Node<A>>>> = Vec::new();
        for level in levels.iter().map(Vec::as_slice).chain([local]) {
            let named: HashSet<&NodeUrl> = level.iter().filter(|url| placed.insert(url)).collect();
            let kept = self.nodes.iter().filter(|node| named.contains(node.url()));
            let mut nodes: Vec<_> = kept.cloned().collect();
            for url in level.iter().filter(|url| named.contains(*url)) {
                if known.insert(url) {
                    nodes.push(Arc::new(Node::new(url.clone(), attach(url))));
                }
            }
            groups.push(nodes);
        }
        let nodes = groups.concat();
        let local: HashSet<&NodeUrl> = local.iter().collect();
        let is_local = |node: &Arc<Node<A>>| local.contains(node.url());
        Self {
            generation: self.generation_of(&nodes),
            are_local: nodes.iter().map(is_local).collect(),
            nodes: nodes.into(),
            // The last group is that of the other local nodes.
            out_of_scope: groups.pop().unwrap_or_default(),
            levels: groups,
            localities: localities.into_iter().collect(),
        }
    }

    /// A number that grows exactly when nodes are added or removed, or are listed under another address. Compare it
    /// with a remembered one to tell whether other nodes are listed now. It stays the same when nodes only change their
    /// order or level.
    pub fn generation(&self) -> u64 {
        self.generation
    }

    /// The generation of a list that replaces this one.
    fn generation_of(&self, nodes: &[Arc<Node<A>>]) -> u64 {
        let after: HashSet<u64> = nodes.iter().map(|node| node.id()).collect();
        match self.ids().collect::<HashSet<u64>>() == after {
            true => self.generation,
            false => next_generation(),
        }
    }

    /// Records the addresses under which the cluster lists the nodes, where they are not those of the URLs. Returns
    /// whether any has changed: then the generation grows, since the address decides which partitions a node holds.
    pub fn record_listed_addresses(&mut self, listed: impl Fn(&NodeUrl) -> Option<IpAddr>) -> bool {
        let nodes = self.nodes.iter();
        let changed = nodes.filter(|node| node.record_listed_address(listed(node.url())));
        let has_changed = changed.count() > 0;
        if has_changed {
            self.generation = next_generation();
        }
        has_changed
    }

    /// Returns the nodes of each level that has any, in order of preference.
    pub fn levels(&self) -> impl Iterator<Item = &[Arc<Node<A>>]> {
        let levels = self.levels.iter().map(Vec::as_slice);
        levels.filter(|level| !level.is_empty())
    }

    /// Returns the local nodes that no scope of the chain names.
    pub fn out_of_scope(&self) -> &[Arc<Node<A>>] {
        &self.out_of_scope
    }

    /// Returns each node with its priority and the locality that named it, if known. The priority is 0 in the first
    /// level that has nodes, 1 in the next one, and so on; out-of-scope nodes come after the last level.
    pub fn placements(&self) -> impl Iterator<Item = (&Arc<Node<A>>, usize, Option<&Locality>)> {
        let localities = self.localities.iter().map(Some).chain(iter::repeat(None));
        let groups = self.levels.iter().chain([&self.out_of_scope]);
        let groups = groups.zip(localities);
        let non_empty = groups.filter(|(nodes, _)| !nodes.is_empty()).enumerate();
        non_empty.flat_map(|(priority, (nodes, locality))| {
            nodes.iter().map(move |node| (node, priority, locality))
        })
    }

    /// Returns whether each node is local, in the order of the [`nodes`](Self::nodes).
    pub fn are_local(&self) -> &[bool] {
        &self.are_local
    }

    /// Returns all nodes: those of one level after the other, then the out-of-scope nodes.
    pub fn nodes(&self) -> &[Arc<Node<A>>] {
        &self.nodes
    }

    /// Returns the node at this address.
    pub fn find(&self, url: &NodeUrl) -> Option<&Arc<Node<A>>> {
        self.nodes.iter().find(|node| node.url() == url)
    }

    /// Returns whether both have the same nodes in the same levels and localities, and the same local nodes.
    pub fn is_same(&self, other: &Self) -> bool {
        let sizes = |topology: &Self| topology.levels.iter().map(Vec::len).collect::<Vec<_>>();
        sizes(self) == sizes(other)
            && self.localities == other.localities
            && self.are_local == other.are_local
            && self.ids().eq(other.ids())
    }

    /// Returns the addresses of the nodes that only `newer` has, and of those that only this one has.
    pub fn difference(&self, newer: &Self) -> (Vec<NodeUrl>, Vec<NodeUrl>) {
        let url = |node: &Arc<Node<A>>| node.url().clone();
        let added = newer.removed_in(self).map(url).collect();
        (added, self.removed_in(newer).map(url).collect())
    }

    /// Returns the nodes that the other topology does not have.
    pub fn removed_in(&self, other: &Self) -> impl Iterator<Item = &Arc<Node<A>>> {
        let other: HashSet<u64> = other.ids().collect();
        self.nodes
            .iter()
            .filter(move |node| !other.contains(&node.id()))
    }

    fn ids(&self) -> impl Iterator<Item = u64> {
        self.nodes.iter().map(|node| node.id())
    }
}

/// Returns a generation that no list of the process has: two lists that replace the same one must not share one.
fn next_generation() -> u64 {
    static NEWEST: AtomicU64 = AtomicU64::new(0);
    NEWEST.fetch_add(1, Ordering::Relaxed) + 1
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

    fn topology(last: &[u8]) -> Topology<()> {
        Topology::new(&level(last), |_| ())
    }

    fn urls_of(nodes: &[Arc<Node<()>>]) -> Vec<NodeUrl> {
        nodes.iter().map(|node| node.url().clone()).collect()
    }

    fn levels_of(topology: &Topology<()>) -> Vec<Vec<NodeUrl>> {
        topology.levels().map(urls_of).collect()
    }

    #[test]
    fn node_that_stays_is_the_same_node() {
        let before = topology(&[1, 2, 3]);
        let after = before.refreshed(&level(&[4, 3, 1, 3]), |_| ());

        assert_eq!(urls_of(after.nodes()), urls(&[1, 3, 4]));
        assert!(Arc::ptr_eq(&before.nodes()[0], &after.nodes()[0]));
        assert_eq!(before.difference(&after), (urls(&[4]), urls(&[2])));
    }

    #[test]
    fn node_that_returns_is_a_new_node() {
        let before = topology(&[1, 2]);
        let after = before
            .refreshed(&level(&[1]), |_| ())
            .refreshed(&level(&[1, 2]), |_| ());
        assert_ne!(before.nodes()[1].id(), after.nodes()[1].id());
    }

    #[test]
    fn node_belongs_to_the_first_level_that_names_it() {
        let rack_and_datacenter = |rack: &[u8], datacenter: &[u8]| [urls(rack), urls(datacenter)];
        let before = Topology::new(&rack_and_datacenter(&[3], &[1, 2, 3, 4]), |_| ());
        let after = before.refreshed(&rack_and_datacenter(&[4, 3], &[1, 2, 3, 4]), |_| ());

        assert_eq!(levels_of(&before), [urls(&[3]), urls(&[1, 2, 4])]);
        assert_eq!(levels_of(&after), [urls(&[3, 4]), urls(&[1, 2])]);
        assert_eq!(before.difference(&after), (vec![], vec![]));
        let without_rack = before.refreshed(&rack_and_datacenter(&[], &[1]), |_| ());
        assert_eq!(levels_of(&without_rack), [urls(&[1])]);
    }

    #[test]
    fn local_nodes_outside_all_levels_are_out_of_scope() {
        let attach = |_: &NodeUrl| ();
        let before = Topology::new(&level(&[1, 2]), attach);
        let levels = [urls(&[1]), urls(&[9])];
        let after = before.refreshed_with_local(&levels, &urls(&[3, 2, 1]), [], attach);
        assert_eq!(levels_of(&after), levels);
        assert_eq!(urls_of(after.out_of_scope()), urls(&[2, 3]));
        assert_eq!(after.are_local(), [true, false, true, true]);
        assert_eq!(
            before.find(&url(2)).map(|node| node.id()),
            after.find(&url(2)).map(|node| node.id())
        );

        let same = after.refreshed_with_local(&levels, &urls(&[1, 2, 3]), [], attach);
        assert!(same.is_same(&after));
        let moved = after.refreshed_with_local(&levels, &urls(&[2, 3]), [], attach);
        assert!(!moved.is_same(&after), "the first is no longer local");
    }

    #[test]
    fn placement_has_the_priority_and_locality_of_the_level() {
        let datacenter = |name: &str| Locality::Datacenter(name.into());
        let rack = |name: &str| Locality::Rack {
            datacenter: "dc1".into(),
            rack: name.into(),
        };
        let localities = [rack("r1"), rack("r2"), datacenter("dc2"), datacenter("dc1")];
        let levels = [urls(&[1, 2]), urls(&[]), urls(&[9])];
        let unknown = topology(&[]).refreshed_with_local(&levels, &urls(&[1, 2, 3]), [], |_| ());
        assert!(
            unknown
                .placements()
                .all(|(.., locality)| locality.is_none())
        );

        let known =
            unknown.refreshed_with_local(&levels, &urls(&[1, 2, 3]), localities.clone(), |_| ());
        assert!(!known.is_same(&unknown), "the localities differ");
        let placements: Vec<_> = known
            .placements()
            .map(|(node, priority, locality)| (node.url().clone(), priority, locality))
            .collect();
        let expected = [
            (url(1), 0, Some(&localities[0])),
            (url(2), 0, Some(&localities[0])),
            (url(9), 1, Some(&localities[2])),
            (url(3), 2, Some(&localities[3])),
        ];
        assert_eq!(placements, expected);
    }

    #[test]
    fn generation_grows_exactly_when_nodes_are_added_or_removed() {
        let one = topology(&[1, 2]);
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

    #[test]
    fn listed_address_changes_the_generation_and_keeps_the_node() {
        let before = topology(&[1, 2]);
        let mut after = before.refreshed(&level(&[1, 2]), |_| ());
        let listed = |last: u8| {
            let listed = [172, 17, 0, last].into();
            move |node: &NodeUrl| (*node == url(1)).then_some(listed)
        };
        assert!(!after.record_listed_addresses(NodeUrl::ip));
        assert_eq!(after.generation(), before.generation());
        assert!(after.record_listed_addresses(listed(7)));
        assert!(after.generation() > before.generation());
        assert!(!after.record_listed_addresses(listed(7)));
        let [node, other] = after.nodes() else {
            panic!("two nodes, not {:?}", after.nodes());
        };
        assert_eq!(node.id(), before.nodes()[0].id());
        assert_eq!(node.address(), Some([172, 17, 0, 7].into()));
        assert_eq!(node.host(), Host::Ip([172, 17, 0, 7].into()));
        assert_eq!(
            (other.address(), other.host()),
            (None, url(2).host().clone()),
            "it is not listed"
        );
    }

    proptest! {
        #[test]
        fn refreshed_topology_has_exactly_the_named_nodes(
            old in prop::collection::vec(0u8..20, 0..20),
            new in prop::collection::vec(0u8..20, 0..20),
        ) {
            let after = topology(&old).refreshed(&level(&new), |_| ());
            let mut actual: Vec<_> = after.nodes().iter().map(|node| node.url().as_str().to_owned()).collect();
            let mut named: Vec<_> = urls(&new).iter().map(|url| url.as_str().to_owned()).collect();
            actual.sort();
            named.sort();
            named.dedup();
            prop_assert_eq!(actual, named);
        }
    }
}
