//! A set of nodes.

/// A set of node indexes, as a bit set: two thousand clients have several sets each.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct NodeSet {
    words: Vec<u64>,
}

impl NodeSet {
    /// Adds a node. Returns whether it was absent.
    pub fn insert(&mut self, node: u32) -> bool {
        let place = word(node);
        if self.words.len() <= place {
            self.words.resize(place + 1, 0);
        }
        let was_there = self.contains(node);
        if let Some(word) = self.words.get_mut(place) {
            *word |= 1 << (node % BITS);
        }
        !was_there
    }

    /// Removes a node.
    pub fn remove(&mut self, node: u32) {
        if let Some(word) = self.words.get_mut(word(node)) {
            *word &= !(1 << (node % BITS));
        }
    }

    /// Returns whether the set contains a node.
    pub fn contains(&self, node: u32) -> bool {
        let word = self.words.get(word(node)).copied().unwrap_or_default();
        word & (1 << (node % BITS)) != 0
    }

    /// Returns the nodes in ascending order.
    pub fn iter(&self) -> impl Iterator<Item = u32> {
        (0..u32::try_from(self.words.len()).unwrap_or_default() * BITS)
            .filter(|node| self.contains(*node))
    }

    /// Returns whether `other` contains all nodes of this set.
    pub fn is_subset(&self, other: &Self) -> bool {
        self.iter().all(|node| other.contains(node))
    }
}

impl FromIterator<u32> for NodeSet {
    fn from_iter<I: IntoIterator<Item = u32>>(nodes: I) -> Self {
        let mut set = Self::default();
        for node in nodes {
            set.insert(node);
        }
        set
    }
}

const BITS: u32 = 64;

/// Returns the index of the word with the bit of a node.
fn word(node: u32) -> usize {
    (node / BITS) as usize
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn inserted_nodes_are_contained() {
        let mut set: NodeSet = [3, 64, 200].into_iter().collect();
        assert!(!set.insert(64) && set.insert(63));
        set.remove(200);
        set.remove(1_000);
        assert_eq!(set.iter().collect::<Vec<_>>(), [3, 63, 64]);
    }

    #[test]
    fn subset_contains_no_foreign_node() {
        let all: NodeSet = (0..100).collect();
        let some: NodeSet = (0..99).collect();
        assert!(!all.is_subset(&some));
        assert!(some.is_subset(&all) && some.is_subset(&some));
    }
}
