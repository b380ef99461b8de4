//! The replication of keyspaces, from `system_schema.keyspaces`.

use super::query::RowReader;
use super::row::text;
use serde_json::Value;
use std::collections::HashMap;
use std::sync::Arc;

/// The replication of all keyspaces.
#[derive(Debug, Default)]
pub(crate) struct Replications(HashMap<Box<str>, Replication>);

/// The replication of a keyspace, in the text form of a CQL map: keyspaces with equal texts have equal vnodes.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub(crate) struct Replication(Arc<str>);

/// The number of keyspaces that are kept, each table being one of its own: 100 bytes each make a megabyte.
const MAX_KEYSPACES: usize = 10_000;

impl RowReader for Replications {
    fn read(&mut self, row: &Value) {
        if let Some(keyspace) = text(row, "keyspace_name")
            && let Some(replication) = text(row, "replication")
        {
            self.0
                .insert(keyspace.into(), Replication::new(replication));
        }
    }

    fn is_full(&self) -> bool {
        self.0.len() >= MAX_KEYSPACES
    }
}

impl Replications {
    /// The columns that are read of `system_schema.keyspaces`.
    pub(crate) const COLUMNS: [&'static str; 2] = ["keyspace_name", "replication"];

    pub(crate) fn find(&self, keyspace: &str) -> Option<&Replication> {
        self.0.get(keyspace)
    }
}

impl Replication {
    pub(crate) fn new(text: &str) -> Self {
        Self(text.into())
    }

    /// The number of replicas in a datacenter. `None` if it is not a plain number: a list of racks, or that of a
    /// strategy that does not know datacenters.
    pub(crate) fn factor(&self, datacenter: &str) -> Option<usize> {
        let mut entries = self.0.split(['{', '}', '(', ')', ',']);
        let factor = entries.find_map(|entry| {
            let (key, value) = entry.rsplit_once(':')?;
            (unquoted(key) == datacenter).then(|| unquoted(value))
        });
        factor?.parse().ok()
    }
}

fn unquoted(text: &str) -> &str {
    text.trim().trim_matches(['\'', '"'])
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn factor_of_a_datacenter_is_a_plain_number() {
        let networked = "({class : org.apache.cassandra.locator.NetworkTopologyStrategy}, {dc1 : 3}, {dc-2 : 1})";
        let racks = "({class : org.apache.cassandra.locator.NetworkTopologyStrategy}, {dc1:0 : r1}, {dc1:1 : r2})";
        for (text, datacenter, expected) in [
            (networked, "dc1", Some(3)),
            (networked, "dc-2", Some(1)),
            (networked, "dc", None),
            (networked, "class", None),
            (
                "{'class': 'NetworkTopologyStrategy', 'dc1': '3'}",
                "dc1",
                Some(3),
            ),
            (racks, "dc1", None),
            ("({dc1 : [r1, r2]})", "dc1", None),
            (
                "({class : SimpleStrategy}, {replication_factor : 3})",
                "dc1",
                None,
            ),
            ("", "", None),
        ] {
            let replication = Replication::new(text);
            assert_eq!(
                replication.factor(datacenter),
                expected,
                "{text} {datacenter}"
            );
        }
    }
}
