//! The `/localnodes` responses of a node.

use std::hash::{DefaultHasher, Hash, Hasher};
use std::net::IpAddr;

use crate::Version;

/// The source of a node's `/localnodes` response.
#[derive(Clone, Debug, Default)]
pub(crate) enum Listing {
    /// The nodes of the cluster.
    #[default]
    Cluster,
    /// The node itself, as if it had lost contact to all others.
    OnlyItself,
    /// Fixed entries, for every query.
    Entries(Vec<String>),
    /// A fixed response.
    Raw {
        /// HTTP status.
        status: u16,
        /// The body, which need not be JSON.
        body: String,
    },
}

/// A member of the cluster.
#[derive(Clone, Debug)]
pub(crate) struct Member<'a> {
    pub(crate) ip: IpAddr,
    pub(crate) datacenter: &'a str,
    pub(crate) rack: &'a str,
    /// True if the other nodes list this one.
    pub(crate) is_listed: bool,
}

/// The query of a `/localnodes` request. A parameter that is missing or empty is `None`.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct LocalNodesQuery {
    pub(crate) datacenter: Option<String>,
    pub(crate) rack: Option<String>,
}

impl LocalNodesQuery {
    /// Parses the query of a request. The first occurrence of a repeated parameter counts.
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

/// Selects the addresses that `responder` lists in its response.
///
/// The server keeps its nodes in a hash table, so that nodes may differ in the order of their lists. Here the order is
/// constant for each node, and differs between nodes.
pub(crate) fn select(
    version: Version,
    responder: &Member<'_>,
    members: &[Member<'_>],
    query: &LocalNodesQuery,
) -> Vec<IpAddr> {
    let query = if version.filters_localnodes() {
        query
    } else {
        &LocalNodesQuery::default()
    };
    let datacenter = query.datacenter.as_deref().unwrap_or(responder.datacenter);
    let mut selected: Vec<IpAddr> = members
        .iter()
        // A node always considers itself alive.
        .filter(|member| member.is_listed || member.ip == responder.ip)
        .filter(|member| member.datacenter == datacenter)
        .filter(|member| query.rack.as_deref().is_none_or(|rack| rack == member.rack))
        .map(|member| member.ip)
        .collect();
    selected.sort_by_cached_key(|ip| {
        let mut hasher = DefaultHasher::new();
        (responder.ip, ip).hash(&mut hasher);
        hasher.finish()
    });
    selected
}

#[cfg(test)]
mod tests {
    use super::*;

    fn member(last: u8, datacenter: &'static str, rack: &'static str) -> Member<'static> {
        Member {
            ip: IpAddr::from([127, 0, 0, last]),
            datacenter,
            rack,
            is_listed: true,
        }
    }

    /// Returns the last octets of the addresses that the first member lists.
    fn listed(version: Version, members: &[Member<'_>], query: &str) -> Vec<u8> {
        let mut octets: Vec<u8> = select(
            version,
            &members[0],
            members,
            &LocalNodesQuery::parse(query),
        )
        .into_iter()
        .map(|ip| match ip {
            IpAddr::V4(ip) => ip.octets()[3],
            IpAddr::V6(_) => 0,
        })
        .collect();
        octets.sort_unstable();
        octets
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
    fn query_without_datacenter_selects_that_of_the_responder() {
        let members = cluster();
        for query in ["", "dc=", "dc=&rack=", "other=dc2"] {
            assert_eq!(listed(Version::V2026_1, &members, query), [1, 2], "{query}");
        }
        assert_eq!(listed(Version::V2026_1, &members, "rack=r2"), [2]);
    }

    #[test]
    fn unknown_datacenter_or_rack_selects_no_node() {
        let members = cluster();
        for query in ["dc=none", "rack=none", "dc=dc2&rack=r2"] {
            assert!(
                listed(Version::V2025_1, &members, query).is_empty(),
                "{query}"
            );
        }
    }

    #[test]
    fn query_values_are_url_decoded() {
        let members = cluster();
        assert_eq!(listed(Version::V2026_1, &members, "dc=dc+3"), [4]);
        assert_eq!(
            listed(Version::V2026_1, &members, "dc=dc%203&rack=%721"),
            [4]
        );
    }

    #[test]
    fn version_6_2_ignores_the_query() {
        assert_eq!(
            listed(Version::V6_2, &cluster(), "dc=dc2&rack=none"),
            [1, 2]
        );
    }

    #[test]
    fn unlisted_node_still_lists_itself() {
        let mut members = cluster();
        members[0].is_listed = false;
        assert_eq!(listed(Version::V2026_1, &members, ""), [1, 2]);
        members[1].is_listed = false;
        assert_eq!(listed(Version::V2026_1, &members, ""), [1]);
    }

    #[test]
    fn order_is_constant_for_a_node_and_differs_between_nodes() {
        let members: Vec<_> = (1..20).map(|last| member(last, "dc1", "r1")).collect();
        let one = select(
            Version::V2026_1,
            &members[0],
            &members,
            &LocalNodesQuery::default(),
        );
        let other = select(
            Version::V2026_1,
            &members[1],
            &members,
            &LocalNodesQuery::default(),
        );
        assert_ne!(one, other);
        assert_eq!(
            one,
            select(
                Version::V2026_1,
                &members[0],
                &members,
                &LocalNodesQuery::default()
            )
        );
    }
}
