//! What a node answers to `/localnodes`.

use std::hash::{DefaultHasher, Hash, Hasher};
use std::net::IpAddr;

use crate::Version;

/// What a node takes its answer from.
#[derive(Clone, Debug, Default)]
pub(crate) enum Listing {
    /// The nodes of the cluster.
    #[default]
    Cluster,
    /// The node itself, as one that lost contact to all others.
    OnlyItself,
    /// These entries, whatever was asked for.
    Entries(Vec<String>),
    /// This answer.
    Raw {
        /// HTTP status.
        status: u16,
        /// The body, which need not be JSON.
        body: String,
    },
}

/// One node as the others see it.
#[derive(Clone, Debug)]
pub(crate) struct Member<'a> {
    pub(crate) ip: IpAddr,
    pub(crate) datacenter: &'a str,
    pub(crate) rack: &'a str,
    pub(crate) listed: bool,
}

/// The filter of a request: `None` where the parameter is missing or empty.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Query {
    pub(crate) datacenter: Option<String>,
    pub(crate) rack: Option<String>,
}

impl Query {
    /// Reads the query of a request. The first of a repeated parameter counts.
    pub(crate) fn parse(query: &str) -> Self {
        let value = |name: &str| {
            form_urlencoded::parse(query.as_bytes())
                .find(|(key, _)| key == name)
                .map(|(_, value)| value.into_owned())
                .filter(|value| !value.is_empty())
        };
        Self {
            datacenter: value("dc"),
            rack: value("rack"),
        }
    }
}

/// Picks the addresses that the node `asked` answers with, in an order of its own.
///
/// The server keeps its nodes in a hash table, so that no two nodes need agree on an order. Here it is the same each
/// time for one node, and differs between nodes.
pub(crate) fn pick(
    version: Version,
    asked: &Member<'_>,
    members: &[Member<'_>],
    query: &Query,
) -> Vec<IpAddr> {
    let query = if version.filters_localnodes() {
        query
    } else {
        &Query::default()
    };
    let datacenter = query.datacenter.as_deref().unwrap_or(asked.datacenter);
    let mut picked: Vec<IpAddr> = members
        .iter()
        // A node always takes itself to be alive.
        .filter(|member| member.listed || member.ip == asked.ip)
        .filter(|member| member.datacenter == datacenter)
        .filter(|member| query.rack.as_deref().is_none_or(|rack| rack == member.rack))
        .map(|member| member.ip)
        .collect();
    picked.sort_by_cached_key(|ip| {
        let mut hasher = DefaultHasher::new();
        (asked.ip, ip).hash(&mut hasher);
        hasher.finish()
    });
    picked
}

#[cfg(test)]
mod tests {
    use super::*;

    fn member(last: u8, datacenter: &'static str, rack: &'static str) -> Member<'static> {
        Member {
            ip: IpAddr::from([127, 0, 0, last]),
            datacenter,
            rack,
            listed: true,
        }
    }

    fn ask(version: Version, members: &[Member<'_>], query: &str) -> Vec<u8> {
        let mut picked: Vec<u8> = pick(version, &members[0], members, &Query::parse(query))
            .into_iter()
            .map(|ip| match ip {
                IpAddr::V4(ip) => ip.octets()[3],
                IpAddr::V6(_) => 0,
            })
            .collect();
        picked.sort_unstable();
        picked
    }

    fn cluster() -> Vec<Member<'static>> {
        vec![
            member(1, "dc1", "r1"),
            member(2, "dc1", "r2"),
            member(3, "dc2", "r1"),
            member(4, "dc 3", "r1"),
        ]
    }

    #[test]
    fn without_a_datacenter_that_of_the_asked_node_is_meant() {
        let members = cluster();
        for query in ["", "dc=", "dc=&rack=", "other=dc2"] {
            assert_eq!(ask(Version::V2026_1, &members, query), [1, 2], "{query}");
        }
        assert_eq!(ask(Version::V2026_1, &members, "rack=r2"), [2]);
    }

    #[test]
    fn what_is_unknown_selects_nothing() {
        let members = cluster();
        for query in ["dc=none", "rack=none", "dc=dc2&rack=r2"] {
            assert!(ask(Version::V2025_1, &members, query).is_empty(), "{query}");
        }
    }

    #[test]
    fn values_are_decoded() {
        let members = cluster();
        assert_eq!(ask(Version::V2026_1, &members, "dc=dc+3"), [4]);
        assert_eq!(ask(Version::V2026_1, &members, "dc=dc%203&rack=%721"), [4]);
    }

    #[test]
    fn old_versions_ignore_the_query() {
        assert_eq!(ask(Version::V6_2, &cluster(), "dc=dc2&rack=none"), [1, 2]);
    }

    #[test]
    fn an_unlisted_node_still_lists_itself() {
        let mut members = cluster();
        members[0].listed = false;
        assert_eq!(ask(Version::V2026_1, &members, ""), [1, 2]);
        members[1].listed = false;
        assert_eq!(ask(Version::V2026_1, &members, ""), [1]);
    }

    #[test]
    fn nodes_differ_in_the_order_of_their_lists() {
        let members: Vec<_> = (1..20).map(|last| member(last, "dc1", "r1")).collect();
        let one = pick(Version::V2026_1, &members[0], &members, &Query::default());
        let other = pick(Version::V2026_1, &members[1], &members, &Query::default());
        assert_ne!(one, other);
        assert_eq!(
            one,
            pick(Version::V2026_1, &members[0], &members, &Query::default())
        );
    }
}
