//! The number of replicas in each datacenter.

use std::collections::BTreeMap;

/// The replication factors of a table by datacenter, fixed when the table is created: a datacenter that joins later
/// holds no replicas of it.
#[derive(Clone, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Replication {
    factors: BTreeMap<String, usize>,
}

impl Replication {
    pub(crate) fn new(factors: impl IntoIterator<Item = (String, usize)>) -> Self {
        Self {
            factors: factors.into_iter().collect(),
        }
    }

    /// Returns the datacenters with replicas, in order, and their factors.
    pub(crate) fn factors(&self) -> impl Iterator<Item = (&str, usize)> {
        let factors = self.factors.iter();
        let factors = factors.map(|(datacenter, factor)| (datacenter.as_str(), *factor));
        factors.filter(|(_, factor)| *factor > 0)
    }

    /// Returns the factor of a datacenter, which is 0 for one without replicas.
    pub(crate) fn factor(&self, datacenter: &str) -> usize {
        self.factors.get(datacenter).copied().unwrap_or_default()
    }
}
