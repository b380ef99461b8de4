//! The distribution of tables over the nodes of a cluster.

/// The distribution of tables over the nodes of a cluster: by vnodes or by tablets.
///
/// With both, a table has [`replication_factor`](crate::Builder::replication_factor) replicas in each datacenter,
/// spread over as many racks as possible. A global index is placed as a table of its own; a local index is placed with
/// its table and shares its tablets.
///
/// Changes take effect at once when nodes join or leave and when tablets move: there is no streaming, and no balancer
/// that moves tablets to new nodes. A stopped node stays a replica, as does a node that is not listed; operations need
/// [live replicas](crate::Builder::quorum_checks).
///
/// ```
/// use alternator_test_cluster::{StartError, TestCluster, Tokens};
///
/// # fn main() -> Result<(), StartError> {
/// let cluster = TestCluster::builder().nodes(6).tokens(Tokens::tablets(8)).start()?;
/// # drop(cluster);
/// # Ok(())
/// # }
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Tokens {
    /// The number of tablets of a table; `None` for vnodes.
    pub(crate) tablets: Option<u32>,
    /// The number of vnode tokens of each node.
    pub(crate) per_node: u16,
    /// True if global indexes share the tablets of their tables.
    pub(crate) colocates_indexes: bool,
}

impl Tokens {
    /// Distributes tables by vnodes, that is by the tokens that each node owns, as ScyllaDB does before 2025.4.
    ///
    /// # Default
    ///
    /// 16 tokens for each node, where ScyllaDB has 256: enough for every node to get a share, and few enough to read
    /// the ring in a test's output.
    pub const fn vnodes() -> Self {
        Self {
            tablets: None,
            per_node: 16,
            colocates_indexes: false,
        }
    }

    /// Distributes tables by tablets, each of which has its own replicas, as ScyllaDB does from 2025.4 on. Each table
    /// gets `count` tablets, rounded up to a power of two.
    ///
    /// A table can override the number with its tag `system:initial_tablets`; the value `none` selects vnodes.
    pub const fn tablets(count: u32) -> Self {
        let count = if count > MAX_TABLETS {
            MAX_TABLETS
        } else {
            count
        };
        Self {
            tablets: Some(count.next_power_of_two()),
            per_node: 16,
            colocates_indexes: false,
        }
    }

    /// Sets the number of vnode tokens of each node, at least one. Nodes own tokens with tablets too, for tables that
    /// select vnodes by their tag.
    pub const fn per_node(mut self, count: u16) -> Self {
        self.per_node = if count == 0 { 1 } else { count };
        self
    }

    /// Makes global indexes share the tablets of their tables, as local ones do: their rows in `system.tablets` only name
    /// the table, in the column `base_table`.
    ///
    /// # Default
    ///
    /// Global indexes have tablets of their own.
    pub const fn colocate_indexes(mut self) -> Self {
        self.colocates_indexes = true;
        self
    }

    /// Returns the number of tablets of a table, or `None` for a table with vnodes. `tag` is the value of the table's
    /// tag `system:initial_tablets`.
    pub(crate) fn tablets_for(self, tag: Option<&str>) -> Option<u32> {
        match tag.map(str::parse) {
            // "none", or any other value that is not a number.
            Some(Err(_)) => None,
            Some(Ok(0)) => Some(self.tablets.unwrap_or(DEFAULT_TABLETS)),
            Some(Ok(count)) => Self::tablets(count).tablets,
            None => self.tablets,
        }
    }
}

/// The largest number of tablets of a table: about a million. More would take more memory than a test needs.
const MAX_TABLETS: u32 = 1 << 20;
/// The number of tablets of a table whose tag is 0, in a cluster of vnodes. The tag 0 requests tablets without stating
/// their number.
const DEFAULT_TABLETS: u32 = 8;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn tablet_count_is_rounded_up_to_a_power_of_two() {
        for (requested, count) in [(0, 1), (1, 1), (3, 4), (8, 8), (u32::MAX, MAX_TABLETS)] {
            assert_eq!(Tokens::tablets(requested).tablets, Some(count));
        }
        assert_eq!(Tokens::vnodes().per_node(0).per_node, 1);
    }

    #[test]
    fn tag_of_a_table_overrides_the_setting_of_the_cluster() {
        let (vnodes, tablets) = (Tokens::vnodes(), Tokens::tablets(4));
        assert_eq!(
            (vnodes.tablets_for(None), tablets.tablets_for(None)),
            (None, Some(4))
        );
        for tokens in [vnodes, tablets] {
            assert_eq!(tokens.tablets_for(Some("none")), None);
            assert_eq!(tokens.tablets_for(Some("5")), Some(8));
        }
        assert_eq!(vnodes.tablets_for(Some("0")), Some(8));
        assert_eq!(tablets.tablets_for(Some("0")), Some(4));
    }
}
