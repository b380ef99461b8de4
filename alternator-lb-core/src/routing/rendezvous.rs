//! Rendezvous hashing: an order of the nodes for each key, on which all clients agree.
//!
//! Rendezvous hashing, or "highest random weight" (Thaler and Ravishankar, 1998): each node has a weight for each
//! token, and a key orders the nodes by falling weight. A node's weight does not depend on other nodes, so a node that
//! joins takes from each of the others just the keys for which it now weighs most, and a node that leaves gives up only
//! its own keys; all others stay where they are. It needs no state and no agreement but on the addresses: clients in
//! any process, on any platform and of any version that see the same nodes order them alike, and clients whose lists
//! differ by a node differ in that node's keys alone. The alternatives are worse: a position in the list drawn with the
//! key as the seed, which the other Alternator clients use, moves a quarter of all keys or more with every change; a
//! hash ring needs a hundred points per node to be as even.
//!
//! **The weights are a contract.** They must never change, or clients of two versions would disagree on the nodes:
//! MurmurHash3 ([`Token::of_bytes`]) over the host's text, xor the key's token, through the finisher of SplitMix64
//! (Stafford's "Mix13"). That is a bijection, so two nodes weigh the same for a key only if their addresses have the
//! same hash: then the address decides, and there is never a tie.

use super::token::Token;
use crate::topology::Host;
use std::cmp::Reverse;
use std::collections::HashMap;
use std::sync::Arc;

/// The hash of a node's host. Computed once per list, so that a request hashes no address.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NodeHash {
    hash: u64,
    host: Arc<str>,
}

/// The weight of a node for a key. The host decides between equal weights.
pub type RendezvousWeight<'a> = (u64, Reverse<&'a str>);

impl NodeHash {
    /// Hashes the host alone: clients that connect to a node by `http` and by `https` agree on it.
    pub fn of(host: &Host) -> Self {
        Self::of_text(text(host))
    }

    /// Hashes the hosts of a list of nodes. Nodes that share a host, as seeds at mapped ports do, are told apart by
    /// their ports.
    pub fn of_all(nodes: &[(Host, u16)]) -> Vec<Self> {
        let mut hosts: HashMap<&Host, usize> = HashMap::with_capacity(nodes.len());
        for (host, _) in nodes {
            *hosts.entry(host).or_default() += 1;
        }
        let hash = |(host, port): &(Host, u16)| match hosts.get(host) {
            Some(2..) => Self::of_text(format!("{}:{port}", text(host))),
            Some(_) | None => Self::of(host),
        };
        nodes.iter().map(hash).collect()
    }

    fn of_text(host: String) -> Self {
        Self {
            hash: Token::of_bytes(host.as_bytes()).value().cast_unsigned(),
            host: host.into(),
        }
    }

    /// Returns the node's weight for the key with this token.
    #[inline]
    pub fn weight(&self, token: Token) -> RendezvousWeight<'_> {
        let weight = mix(token.value().cast_unsigned() ^ self.hash);
        (weight, Reverse(&self.host))
    }
}

fn text(host: &Host) -> String {
    match host {
        Host::Ip(ip) => ip.to_canonical().to_string(),
        Host::Name(name) => name.to_string(),
    }
}

/// Returns the node with the highest weight among those that `is_eligible`. The next in order is the highest of the
/// nodes without it.
///
/// Weighs all nodes, and asks only for those that weigh more than all eligible ones before: 7 of a thousand on average.
pub fn highest_weight<'a, N>(
    token: Token,
    nodes: impl IntoIterator<Item = N>,
    hash: impl Fn(&N) -> &'a NodeHash,
    is_eligible: impl Fn(&N) -> bool,
) -> Option<N> {
    let mut highest: Option<(RendezvousWeight<'a>, N)> = None;
    for node in nodes {
        let weight = hash(&node).weight(token);
        let is_higher = highest
            .as_ref()
            .is_none_or(|(highest, _)| weight > *highest);
        if is_higher && is_eligible(&node) {
            highest = Some((weight, node));
        }
    }
    highest.map(|(_, node)| node)
}

/// Returns the position of the node with the most votes, for a request with several keys: each key, given by its token,
/// votes for the position of its first node.
///
/// Of nodes with equally many votes it is the one with the highest weight for the lowest token: that depends neither on
/// the order of the keys, which is the arbitrary one of a hash table, nor on that of the nodes.
pub fn plurality<'a, N>(
    votes: impl IntoIterator<Item = (Token, usize)>,
    nodes: &'a [N],
    hash: impl Fn(&'a N) -> &'a NodeHash,
) -> Option<usize> {
    let mut counts = vec![0_usize; nodes.len()];
    let mut lowest = Token::MAX;
    for (token, position) in votes {
        lowest = lowest.min(token);
        if let Some(count) = counts.get_mut(position) {
            *count += 1;
        }
    }
    let most = counts.iter().copied().max().filter(|&most| most > 0)?;
    let nodes = nodes.iter().zip(counts).enumerate();
    let tied = nodes.filter(|(_, (_, count))| *count == most);
    let winner = highest_weight(lowest, tied, |(_, (node, _))| hash(node), |_| true);
    winner.map(|(position, _)| position)
}

/// Mixes by David Stafford's thirteenth variant of MurmurHash3's finisher, as in SplitMix64.
#[inline]
fn mix(mut word: u64) -> u64 {
    word ^= word >> 30;
    word = word.wrapping_mul(0xbf58_476d_1ce4_e5b9);
    word ^= word >> 27;
    word = word.wrapping_mul(0x94d0_49bb_1331_11eb);
    word ^ word >> 31
}

#[cfg(test)]
mod tests;
