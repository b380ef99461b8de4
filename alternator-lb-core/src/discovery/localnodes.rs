//! The response to `GET /localnodes`.

use super::QueryError;
use std::collections::HashSet;
use std::net::IpAddr;

/// The longest body that is read: six times a list of the most nodes allowed, all with the longest IPv6 addresses.
pub(super) const MAX_BYTES: usize = 1 << 20;

/// The longest list that is accepted: several times the largest ScyllaDB clusters.
pub(super) const MAX_NODES: usize = 4096;

/// The nodes that a response lists.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct LocalNodes {
    /// In the order of the response, without duplicates.
    pub(super) addresses: Vec<IpAddr>,
    /// Entries that are no address of a node, or none that is allowed, shortened.
    pub(super) dropped: Vec<String>,
}

/// Parses the JSON list of bare addresses.
///
/// A node whose address is not known to the others is listed by its host id, and old versions write zone ids; servers
/// may list host names one day. Requests cannot go to any of these, and a name from a response is never looked up.
pub(super) fn parse(
    body: &[u8],
    is_allowed: impl Fn(IpAddr) -> bool,
) -> Result<LocalNodes, QueryError> {
    let entries: Vec<serde_json::Value> =
        serde_json::from_slice(body).map_err(QueryError::Malformed)?;
    if entries.len() > MAX_NODES {
        return Err(QueryError::TooMany(entries.len(), MAX_NODES));
    }
    let mut nodes = LocalNodes {
        addresses: Vec::with_capacity(entries.len()),
        dropped: Vec::new(),
    };
    let mut seen = HashSet::with_capacity(entries.len());
    for entry in entries {
        let address = entry.as_str().and_then(address);
        match address.filter(|address| is_allowed(*address)) {
            Some(address) if seen.insert(address) => nodes.addresses.push(address),
            Some(_) => {}
            None => nodes.dropped.push(shorten(&entry)),
        }
    }
    Ok(nodes)
}

fn address(text: &str) -> Option<IpAddr> {
    let address = text.parse::<IpAddr>().ok()?;
    Some(address.to_canonical())
}

/// Returns enough of an entry to recognise it in a log.
fn shorten(entry: &serde_json::Value) -> String {
    let text = match entry {
        serde_json::Value::String(text) => text.clone(),
        other => other.to_string(),
    };
    text.chars().take(64).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::discovery::AllowedAddresses;
    use proptest::prelude::*;

    fn parse(body: &[u8]) -> Result<LocalNodes, QueryError> {
        super::parse(body, |address| {
            AllowedAddresses::default().allows_node(address)
        })
    }

    fn addresses(texts: &[&str]) -> Vec<IpAddr> {
        texts.iter().map(|text| text.parse().unwrap()).collect()
    }

    #[test]
    fn addresses_keep_their_order_without_duplicates() {
        let nodes = parse(br#"["10.0.0.2","10.0.0.1","2001:db8:0:0:0:0:0:1","10.0.0.2","2001:db8::1","::ffff:10.0.0.1"]"#).unwrap();
        assert_eq!(
            nodes.addresses,
            addresses(&["10.0.0.2", "10.0.0.1", "2001:db8::1"])
        );
        assert_eq!(nodes.dropped, Vec::<String>::new());
    }

    #[test]
    fn entries_that_are_no_address_are_dropped_and_returned() {
        let nodes = parse(
            br#"["10.0.0.1","node-a.internal","e8b9c8a0-6d2f-4a6e-9a3e-1f2a3b4c5d6e","fe80::1%eth0","0.0.0.0","169.254.1.1","",7]"#,
        )
        .unwrap();
        assert_eq!(nodes.addresses, addresses(&["10.0.0.1"]));
        assert_eq!(
            nodes.dropped,
            [
                "node-a.internal",
                "e8b9c8a0-6d2f-4a6e-9a3e-1f2a3b4c5d6e",
                "fe80::1%eth0",
                "0.0.0.0",
                "169.254.1.1",
                "",
                "7"
            ]
        );
    }

    #[test]
    fn body_that_is_no_list_is_malformed() {
        for body in [
            "",
            "<html></html>",
            "{}",
            "null",
            "\"10.0.0.1\"",
            "[\"10.0.0.1\"",
            "[\"10.0.0.1\"] x",
        ] {
            assert!(
                matches!(parse(body.as_bytes()), Err(QueryError::Malformed(_))),
                "{body}"
            );
        }
    }

    #[test]
    fn list_of_too_many_nodes_is_refused_as_a_whole() {
        let list = |count: u32| {
            let entries: Vec<_> = (0..count)
                .map(|n| std::net::Ipv4Addr::from_bits(0x0a00_0000 + n).to_string())
                .collect();
            serde_json::to_vec(&entries).unwrap()
        };
        assert_eq!(parse(&list(4096)).unwrap().addresses.len(), 4096);
        assert!(matches!(
            parse(&list(4097)),
            Err(QueryError::TooMany(4097, 4096))
        ));
    }

    proptest! {
        #[test]
        fn only_a_whole_list_is_parsed(
            bytes in prop::collection::vec(any::<u8>(), 0..200),
            entries in prop::collection::vec("\\PC{0,20}", 0..10),
            end in any::<prop::sample::Index>(),
        ) {
            let is_list = bytes.trim_ascii().starts_with(b"[") && bytes.trim_ascii().ends_with(b"]");
            prop_assert!(is_list || parse(&bytes).is_err());
            let list = serde_json::to_vec(&entries).unwrap();
            prop_assert!(parse(&list).is_ok());
            prop_assert!(parse(&list[..end.index(list.len())]).is_err());
        }

        #[test]
        fn each_entry_is_an_address_of_a_node_or_dropped(
            entries in prop::collection::vec("[0-9.:a-f]{0,20}|[0-9]{1,3}(\\.[0-9]{1,3}){3}|\\PC{0,100}", 0..50),
        ) {
            let nodes = parse(&serde_json::to_vec(&entries).unwrap()).unwrap();
            for entry in &entries {
                let address = entry.parse::<IpAddr>().ok().map(|address| address.to_canonical());
                let is_listed = address.is_some_and(|address| nodes.addresses.contains(&address));
                let is_dropped = nodes.dropped.iter().any(|dropped| entry.starts_with(dropped.as_str()));
                prop_assert!(is_listed || is_dropped, "{}", entry);
            }
            prop_assert!(nodes.addresses.len() + nodes.dropped.len() <= entries.len());
            prop_assert!(nodes.addresses.iter().all(|address| AllowedAddresses::default().allows_node(*address)));
            prop_assert!(nodes.dropped.iter().all(|entry| entry.chars().count() <= 64));
        }

        #[test]
        fn every_address_is_parsed(octets in prop::collection::vec((1u8..224, any::<u8>(), any::<u8>(), any::<u8>()), 0..50)) {
            let allowed = octets.iter().filter(|(a, b, ..)| (*a, *b) != (169, 254));
            let texts: Vec<_> = allowed.map(|(a, b, c, d)| format!("{a}.{b}.{c}.{d}")).collect();
            let nodes = parse(&serde_json::to_vec(&texts).unwrap()).unwrap();
            let mut expected = Vec::new();
            for text in &texts {
                let address: IpAddr = text.parse().unwrap();
                if !expected.contains(&address) { expected.push(address); }
            }
            prop_assert_eq!(nodes.addresses, expected);
        }
    }
}
