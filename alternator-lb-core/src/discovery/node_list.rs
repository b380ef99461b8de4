//! The lists of nodes that nodes return, and which of them count where they disagree.
//!
//! Two faults look alike: a node that is partitioned from the others, and an address that left the cluster and now
//! belongs to another one, as the reused address of a pod. The first lists some of the nodes that are known, itself at
//! least, and is no reason to drop the others. The second lists nodes of which none is known, and requests that go
//! there read and write the data of another cluster. So a list counts if it names a known node other than the one that
//! returned it, whoever else does: its *former peers*.

use crate::topology::NodeUrl;
use std::collections::HashSet;

/// The response of one node.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct NodeList {
    pub(super) respondent: NodeUrl,
    pub(super) nodes: HashSet<NodeUrl>,
}

/// The result of a comparison of lists.
#[derive(Debug, Default, PartialEq, Eq)]
pub(super) struct Agreement {
    /// The nodes of the lists that count.
    pub(super) nodes: HashSet<NodeUrl>,
    /// The nodes whose lists do not count, and which no list that counts names.
    pub(super) foreign: HashSet<NodeUrl>,
}

impl NodeList {
    /// Returns whether the list names a known node beside the one that returned it.
    pub(super) fn names_peer(&self, known: &HashSet<&NodeUrl>) -> bool {
        self.others().any(|node| known.contains(node))
    }

    /// Returns whether both nodes name each other, or the same other node.
    fn is_linked(&self, other: &Self) -> bool {
        let (nodes, respondent) = (&other.nodes, &other.respondent);
        let name_each_other = self.nodes.contains(respondent) && nodes.contains(&self.respondent);
        let mut others = self.others();
        name_each_other || others.any(|node| node != respondent && nodes.contains(node))
    }

    fn others(&self) -> impl Iterator<Item = &NodeUrl> {
        let nodes = self.nodes.iter();
        nodes.filter(|node| **node != self.respondent)
    }
}

/// Compares the lists of nodes of which some were `known` before.
///
/// Where some lists name former peers and others do not, the others do not count. Where none does, a node that was
/// known and lists other nodes than before does not count beside one that lists fewer such strangers: the nodes of a
/// small cluster may all have lost their peers.
pub(super) fn agree(known: &HashSet<&NodeUrl>, lists: &[NodeList]) -> Agreement {
    let groups = Group::of_linked(known, lists);
    let has_peers = groups.iter().any(|group| group.has_peers);
    let nearest = groups.iter().min_by_key(|group| group.strangers);
    let counts = |group: &Group<'_>| match nearest {
        _ if known.is_empty() => true,
        _ if has_peers => group.has_peers,
        Some(nearest) if group.has_member => group.strangers == 0 || std::ptr::eq(group, nearest),
        Some(_) | None => true,
    };
    let (counting, other): (Vec<_>, Vec<_>) = groups.iter().partition(|group| counts(group));
    let lists = counting.iter().flat_map(|group| &group.lists);
    let nodes: HashSet<NodeUrl> = lists.flat_map(|list| &list.nodes).cloned().collect();
    let other = other.iter().flat_map(|group| &group.lists);
    // A node that lists none at all knows of none in the part of the cluster that it was asked for.
    let foreign = other.filter(|list| !list.nodes.is_empty());
    let foreign = foreign.map(|list| list.respondent.clone());
    Agreement {
        foreign: foreign.filter(|node| !nodes.contains(node)).collect(),
        nodes,
    }
}

/// Lists that are linked.
#[derive(Debug)]
struct Group<'a> {
    lists: Vec<&'a NodeList>,
    /// True if one of them names a former peer.
    has_peers: bool,
    /// True if a known node returned one of them.
    has_member: bool,
    /// The number of nodes that were not known.
    strangers: usize,
}

impl<'a> Group<'a> {
    fn of_linked(known: &HashSet<&NodeUrl>, lists: &'a [NodeList]) -> Vec<Self> {
        let mut groups: Vec<Vec<&NodeList>> = Vec::new();
        for list in lists {
            let is_linked =
                |group: &mut Vec<&NodeList>| group.iter().any(|other| other.is_linked(list));
            let linked: Vec<_> = groups.extract_if(.., is_linked).flatten().collect();
            groups.push(linked.into_iter().chain([list]).collect());
        }
        let groups = groups.into_iter();
        groups.map(|lists| Self::new(known, lists)).collect()
    }

    fn new(known: &HashSet<&NodeUrl>, lists: Vec<&'a NodeList>) -> Self {
        let nodes: HashSet<&NodeUrl> = lists.iter().flat_map(|list| &list.nodes).collect();
        Self {
            has_peers: lists.iter().any(|list| list.names_peer(known)),
            has_member: lists.iter().any(|list| known.contains(&list.respondent)),
            strangers: nodes.difference(known).count(),
            lists,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::discovery::simulated_network::{numbers, url, urls};

    /// Returns the nodes that count and the foreign ones, where these nodes were known.
    fn agreement(known: &[u8], lists: &[(u8, &[u8])]) -> (Vec<u8>, Vec<u8>) {
        let known = urls(known);
        let lists = lists.iter().map(|(respondent, nodes)| NodeList {
            respondent: url(*respondent),
            nodes: urls(nodes).into_iter().collect(),
        });
        let lists: Vec<_> = lists.collect();
        let Agreement { nodes, foreign } = agree(&known.iter().collect(), &lists);
        (numbers(&nodes), numbers(&foreign))
    }

    #[test]
    fn node_that_lists_strangers_does_not_count_beside_its_former_peers() {
        let known = [1, 2, 3];
        let foreign: (u8, &[u8]) = (2, &[2, 12, 13]);
        for lists in [[foreign, (1, &[1, 3])], [(1, &[1, 3]), foreign]] {
            assert_eq!(agreement(&known, &lists), (vec![1, 3], vec![2]));
        }
        // Its former peers have not noticed yet that it left.
        let lists = [foreign, (1, &[1, 2, 3])];
        assert_eq!(agreement(&known, &lists), (vec![1, 2, 3], vec![]));
    }

    #[test]
    fn partitioned_node_takes_no_node_away() {
        assert_eq!(
            agreement(&[1, 2, 3], &[(1, &[1]), (2, &[1, 2, 3])]),
            (vec![1, 2, 3], vec![])
        );
        let halves: [(u8, &[u8]); 2] = [(1, &[1, 2]), (3, &[3, 4])];
        assert_eq!(
            agreement(&[1, 2, 3, 4], &halves),
            (vec![1, 2, 3, 4], vec![])
        );
        let alone: [(u8, &[u8]); 2] = [(1, &[1]), (2, &[2])];
        assert_eq!(agreement(&[1, 2], &alone), (vec![1, 2], vec![]));
    }

    #[test]
    fn node_without_former_peers_counts_if_it_lists_the_fewest_strangers() {
        let known = [1, 2];
        let foreign: (u8, &[u8]) = (2, &[2, 12, 13]);
        for rest in [vec![1], vec![1, 7]] {
            let lists = [foreign, (1, &rest)];
            assert_eq!(agreement(&known, &lists), (rest.clone(), vec![2]));
        }
        let lists: [(u8, &[u8]); 2] = [(1, &[1, 7]), (2, &[2, 12])];
        assert_eq!(agreement(&known, &lists), (vec![1, 7], vec![2]));
    }

    #[test]
    fn seed_that_was_no_member_counts_beside_a_node_that_was_left_behind() {
        let lists: [(u8, &[u8]); 2] = [(3, &[3]), (9, &[4, 5])];
        assert_eq!(agreement(&[1, 2, 3], &lists), (vec![3, 4, 5], vec![]));
        let lists: [(u8, &[u8]); 2] = [(3, &[1, 3]), (9, &[9, 10])];
        assert_eq!(agreement(&[1, 2, 3], &lists), (vec![1, 3], vec![9]));
    }

    #[test]
    fn empty_list_of_another_datacenter_drops_only_strangers() {
        let lists: [(u8, &[u8]); 2] = [(1, &[]), (11, &[11, 12])];
        assert_eq!(agreement(&[11, 12], &lists), (vec![11, 12], vec![]));
        let lists: [(u8, &[u8]); 2] = [(1, &[]), (11, &[11])];
        assert_eq!(agreement(&[11], &lists), (vec![11], vec![]));
        let lists: [(u8, &[u8]); 2] = [(11, &[11, 21]), (1, &[])];
        assert_eq!(agreement(&[11], &lists), (vec![], vec![11]));
    }

    #[test]
    fn all_lists_count_while_no_node_is_known() {
        let lists: [(u8, &[u8]); 2] = [(1, &[1]), (2, &[1, 2, 3])];
        assert_eq!(agreement(&[], &lists), (vec![1, 2, 3], vec![]));
    }
}
