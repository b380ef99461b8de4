//! The replication factor of a keyspace, from `system_schema.keyspaces`.

/// The number of replicas in a datacenter.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(in crate::check::checks) enum Factor {
    Number(usize),
    /// A list of racks, or a strategy that does not know datacenters.
    Unknown,
}

impl Factor {
    /// Reads the replication of a keyspace, in the text form of a CQL map.
    pub(in crate::check::checks) fn of(replication: &str, datacenter: &str) -> Self {
        if !replication.contains("NetworkTopologyStrategy") {
            return Self::Unknown;
        }
        let mut factor = Self::Number(0);
        for entry in replication.split(['{', '}', '(', ')', ',']) {
            let Some((key, value)) = entry.rsplit_once(':') else {
                continue;
            };
            let key = unquoted(key);
            if key == datacenter {
                let number = unquoted(value).parse();
                return number.map_or(Self::Unknown, Self::Number);
            }
            // A list of racks is rendered with an entry for each.
            if key
                .rsplit_once(':')
                .is_some_and(|(name, _)| unquoted(name) == datacenter)
            {
                factor = Self::Unknown;
            }
        }
        factor
    }
}

fn unquoted(text: &str) -> &str {
    text.trim().trim_matches(['\'', '"'])
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn factor_of_a_datacenter_is_a_number_or_unknown() {
        let class = "class : org.apache.cassandra.locator.NetworkTopologyStrategy";
        for (map, datacenter, expected) in [
            ("{dc1 : 3}, {dc-2 : 1}", "dc1", Factor::Number(3)),
            ("{dc1 : 3}, {dc-2 : 1}", "dc-2", Factor::Number(1)),
            ("{dc1 : 3}", "dc2", Factor::Number(0)),
            ("{dc1 : 3}", "class", Factor::Unknown),
            ("{dc1 : '3'}", "dc1", Factor::Number(3)),
            ("{dc1:0 : r1}, {dc1:1 : r2}", "dc1", Factor::Unknown),
            ("{dc1 : [r1, r2]}", "dc1", Factor::Unknown),
        ] {
            let replication = format!("({{{class}}}, {map})");
            assert_eq!(
                Factor::of(&replication, datacenter),
                expected,
                "{replication}"
            );
        }
        let simple = "({class : SimpleStrategy}, {replication_factor : 3})";
        assert_eq!(Factor::of(simple, "dc1"), Factor::Unknown);
    }
}
