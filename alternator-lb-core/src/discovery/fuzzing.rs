//! Properties of the addresses that come from outside.

#![expect(
    clippy::panic,
    reason = "a property that does not hold is reported by a panic"
)]

use super::localnodes::{self, MAX_NODES};
use super::{AllowedAddresses, parse_seed, parse_seeds};
use crate::topology::{Host, NodeUrl, Scheme};
use std::collections::HashSet;
use std::net::IpAddr;

/// Networks that leave out most addresses.
fn narrow() -> Option<AllowedAddresses> {
    AllowedAddresses::in_networks(&["10.0.0.0/8".to_owned(), "fd00::/8".to_owned()]).ok()
}

/// Checks that a list of nodes names each allowed address once, and nothing else.
///
/// The input is the body of a response to `GET /localnodes`.
pub fn local_nodes(body: &[u8]) {
    let narrow = narrow();
    for allowed in [Some(AllowedAddresses::default()), narrow].iter().flatten() {
        let Ok(nodes) = localnodes::parse(body, |address| allowed.allows_node(address)) else {
            continue;
        };
        let addresses = &nodes.addresses;
        assert!(addresses.len() + nodes.dropped.len() <= MAX_NODES);
        let distinct: HashSet<&IpAddr> = addresses.iter().collect();
        assert_eq!(
            distinct.len(),
            addresses.len(),
            "an address is listed twice"
        );
        for address in addresses {
            assert!(allowed.allows_node(*address) && allowed.allows_seed(*address));
            assert_eq!(address.to_canonical(), *address);
            let url = NodeUrl::new(Scheme::Http, Host::Ip(*address), 8000);
            assert_eq!(parse_seed(url.as_str()), Ok(url));
        }
        assert!(
            nodes
                .dropped
                .iter()
                .all(|entry| entry.chars().count() <= 64)
        );

        let printed: Vec<String> = addresses.iter().map(IpAddr::to_string).collect();
        let printed = serde_json::Value::from(printed).to_string();
        let again = localnodes::parse(printed.as_bytes(), |address| allowed.allows_node(address));
        assert!(again.is_ok_and(|again| again.addresses == *addresses && again.dropped.is_empty()));
    }
}

/// Checks that a seed that is accepted has one canonical form, which the SDK connects to, and that all of them are
/// allowed and agree in scheme and port.
///
/// The input has a seed in each line.
pub fn seeds(lines: &[u8]) {
    let Ok(lines) = std::str::from_utf8(lines) else {
        return;
    };
    let seeds: Vec<String> = lines.lines().map(str::to_owned).collect();
    for seed in &seeds {
        if let Ok(url) = parse_seed(seed) {
            check_seed(&url);
        }
    }
    let narrow = narrow();
    for allowed in [Some(AllowedAddresses::default()), narrow].iter().flatten() {
        for differ_in_port in [false, true] {
            let Ok(urls) = parse_seeds(&seeds, differ_in_port, allowed) else {
                continue;
            };
            let first = urls.first();
            let agree = |url: &NodeUrl, first: &NodeUrl| {
                url.scheme() == first.scheme() && (differ_in_port || url.port() == first.port())
            };
            assert!(
                urls.iter()
                    .all(|url| first.is_some_and(|it| agree(url, it)))
            );
            let mut addresses = urls.iter().filter_map(NodeUrl::ip);
            assert!(addresses.all(|address| allowed.allows_seed(address)));
            let distinct: HashSet<&NodeUrl> = urls.iter().collect();
            assert!(!urls.is_empty() && distinct.len() == urls.len());
        }
    }
}

fn check_seed(url: &NodeUrl) {
    assert_eq!(parse_seed(url.as_str()).as_ref(), Ok(url));
    if let Some(address) = url.ip() {
        assert_eq!(address.to_canonical(), address);
        assert!(AllowedAddresses::default().allows_seed(address));
    }
    if let Host::Name(name) = url.host() {
        let name = name.trim_end_matches('.').to_ascii_lowercase();
        let is_private_link = name.contains("vpce-svc-") && name.ends_with(".vpce.amazonaws.com");
        assert!(
            is_private_link || !name.ends_with(".amazonaws.com"),
            "{url} is AWS"
        );
    }

    let uri: http::Uri = match url.as_str().parse() {
        Ok(uri) => uri,
        Err(error) => panic!("{url} is no URI: {error}"),
    };
    let host = match url.host() {
        Host::Ip(IpAddr::V6(address)) => format!("[{address}]"),
        Host::Ip(address) => address.to_string(),
        Host::Name(name) => name.to_string(),
    };
    assert_eq!(uri.host(), Some(host.as_str()));
    assert_eq!(uri.port_u16(), Some(url.port()));
    assert_eq!((uri.path(), uri.query()), ("/", None));
}

/// Checks that an address is allowed if and only if it is in one of the networks, by a comparison of bits.
///
/// The input has an address in the first line, and a network in each other.
pub fn allowed_addresses(lines: &[u8]) {
    let Ok(lines) = std::str::from_utf8(lines) else {
        return;
    };
    let mut lines = lines.lines();
    let Some(Ok(address)) = lines.next().map(str::parse::<IpAddr>) else {
        return;
    };
    let address = address.to_canonical();
    let networks: Vec<String> = lines.map(str::to_owned).collect();
    let open = AllowedAddresses::default();
    let Ok(allowed) = AllowedAddresses::in_networks(&networks) else {
        return;
    };
    assert!(!networks.is_empty());
    let is_in_network = networks.iter().any(|network| contains(network, address));
    let expected = open.allows_seed(address) && is_in_network;
    assert_eq!(
        allowed.allows_seed(address),
        expected,
        "{address} {networks:?}"
    );
    assert_eq!(
        allowed.allows_node(address),
        expected,
        "{address} {networks:?}"
    );
    assert!(open.allows_seed(address) || !open.allows_node(address));
}

/// Returns whether the leading bits of both are the same. Among IPv6 networks, those of mapped addresses are networks
/// of IPv4.
fn contains(network: &str, address: IpAddr) -> bool {
    let network = network.trim();
    let (start, length) = network.split_once('/').unwrap_or((network, ""));
    let Ok(start) = start.parse::<IpAddr>() else {
        return false;
    };
    let width = if start.is_ipv4() { 32 } else { 128 };
    let length: u32 = length.parse().unwrap_or(width);
    let length = length + 128 - width;
    let is_of_ipv4 = start.to_canonical().is_ipv4() && length >= 96;
    let bits = |address: IpAddr| match address {
        IpAddr::V4(address) => address.to_ipv6_mapped().to_bits(),
        IpAddr::V6(address) => address.to_bits(),
    };
    let differing = (bits(start) ^ bits(address)).leading_zeros();
    is_of_ipv4 == address.is_ipv4() && differing >= length
}
