//! Fixtures and invariants for the tests of placement.

use std::collections::{BTreeMap, BTreeSet};
use std::net::IpAddr;

use super::{Owner, Replication};

/// Creates one node for each entry, in the rack of that number. Each datacenter has four racks: racks from 4 on are in
/// a second datacenter, racks from 8 on in a third.
pub(super) fn owners(racks: &[usize]) -> Vec<Owner> {
    let node = |(number, rack): (usize, &usize)| {
        let ip = IpAddr::from([127, 0, 0, number as u8 + 1]);
        let (datacenter, rack) = (format!("dc{}", rack / 4), format!("r{}", rack % 4));
        Owner::new(number, (ip, ip), &datacenter, &rack, 8)
    };
    racks.iter().enumerate().map(node).collect()
}

/// Returns the replication with this factor in each datacenter.
pub(super) fn replication(factor: usize) -> Replication {
    Replication::new((0..3).map(|number| (format!("dc{number}"), factor)))
}

/// Asserts that each datacenter has its replicas, on distinct nodes and in as many racks as possible.
pub(super) fn assert_placement(replicas: &[usize], nodes: &[Owner], factor: usize) {
    let distinct: BTreeSet<&usize> = replicas.iter().collect();
    assert_eq!(distinct.len(), replicas.len());
    let mut datacenters: BTreeMap<&str, (usize, BTreeSet<&str>)> = BTreeMap::new();
    for node in nodes {
        let (count, racks) = datacenters.entry(&node.datacenter).or_default();
        *count += 1;
        racks.insert(&node.rack);
    }
    for (datacenter, (count, racks)) in datacenters {
        let held: Vec<&Owner> = replicas
            .iter()
            .map(|number| &nodes[*number])
            .filter(|node| node.datacenter == datacenter)
            .collect();
        assert_eq!(held.len(), factor.min(count), "{datacenter}");
        let used: BTreeSet<&str> = held.iter().map(|node| node.rack.as_str()).collect();
        assert_eq!(used.len(), held.len().min(racks.len()), "{datacenter}");
    }
}
