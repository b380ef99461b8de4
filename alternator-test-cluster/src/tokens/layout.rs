//! How tables are spread over the nodes.

/// How a cluster spreads its tables over its nodes.
///
/// Either way a table has [`replication_factor`](crate::Builder::replication_factor) replicas in each datacenter, in as
/// many racks as there are. An index is a table of its own; a local one is kept with its table, and shares its tablets.
///
/// Nodes that join or leave, and tablets that move, take effect at once: there is no streaming, and no balancer that gives
/// tablets to new nodes. A node that is stopped keeps what it holds, as does one that is not listed.
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
    /// Tablets of a table; `None` for vnodes.
    pub(crate) tablets: Option<u32>,
    pub(crate) per_node: u16,
}

impl Tokens {
    /// Tables follow the tokens that each node owns, as before ScyllaDB 2025.4.
    ///
    /// # Default
    ///
    /// 16 tokens for each node, where a ScyllaDB has 256: enough that all nodes get a share, and a ring that a person can
    /// still read.
    pub const fn vnodes() -> Self {
        Self {
            tablets: None,
            per_node: 16,
        }
    }

    /// Each table has this many tablets, each with replicas of its own, as from ScyllaDB 2025.4 on. Rounded up to a power
    /// of two.
    ///
    /// A table may ask for another number with its tag `system:initial_tablets`, and for vnodes with `none`.
    pub const fn tablets(count: u32) -> Self {
        let count = if count > MOST_TABLETS {
            MOST_TABLETS
        } else {
            count
        };
        Self {
            tablets: Some(count.next_power_of_two()),
            per_node: 16,
        }
    }

    /// Sets how many tokens a node owns, at least one. Nodes have them with tablets, too, for tables that want none.
    pub const fn per_node(mut self, count: u16) -> Self {
        self.per_node = if count == 0 { 1 } else { count };
        self
    }

    /// Returns the number of tablets that a table gets, `None` if it gets none. `asked` is its tag.
    pub(crate) fn tablets_for(self, asked: Option<&str>) -> Option<u32> {
        match asked.map(str::parse) {
            // "none", or what else is no number.
            Some(Err(_)) => None,
            Some(Ok(0)) => Some(self.tablets.unwrap_or(DEFAULT_TABLETS)),
            Some(Ok(count)) => Self::tablets(count).tablets,
            None => self.tablets,
        }
    }
}

/// A million, beyond which a table would take more memory than any test has use for.
const MOST_TABLETS: u32 = 1 << 20;
/// For a table that asks for tablets in a cluster of vnodes, and leaves their number open.
const DEFAULT_TABLETS: u32 = 8;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_number_of_tablets_is_a_power_of_two() {
        for (asked, count) in [(0, 1), (1, 1), (3, 4), (8, 8), (u32::MAX, MOST_TABLETS)] {
            assert_eq!(Tokens::tablets(asked).tablets, Some(count));
        }
        assert_eq!(Tokens::vnodes().per_node(0).per_node, 1);
    }

    #[test]
    fn the_tag_of_a_table_decides_first() {
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
