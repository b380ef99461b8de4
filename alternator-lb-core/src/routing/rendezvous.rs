//! In which order a key wants the nodes.
//!
//! Rendezvous hashing, or "highest random weight" (Thaler and Ravishankar, 1998): each node has a weight for each token,
//! and a key wants the nodes by falling weight. Weights of other nodes do not enter into a node's own, so one that joins
//! takes from each of the others just what it now weighs most for, and one that leaves yields only its own keys away; all
//! others stay where they are. It needs no state and no agreement but on the addresses: clients in any process, on any
//! platform and of any version that see the same nodes order them alike, and those whose lists differ by a node differ in
//! that node's keys alone. The alternatives fall short: a place in the list drawn with the key as the seed, which the other
//! Alternator clients use, moves a quarter of all keys or more with every change; a hash ring of points needs a hundred of them per node
//! to be as even.
//!
//! **The weights are a contract.** They must never change, or clients of two versions would disagree on the nodes:
//! MurmurHash3 ([`Token::of_bytes`]) over the host's text, xor the key's token, through the finisher of SplitMix64 (Stafford's
//! "Mix13"). That is a bijection, so that two nodes weigh the same for a key only if their addresses have the same hash:
//! then the address decides, and there is never a tie.

use super::token::Token;
use crate::topology::Host;
use std::cmp::Reverse;
use std::sync::Arc;

/// Who a node is in the order of keys. Made once per list, so that a request hashes no address.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NodeHash {
    hash: u64,
    host: Arc<str>,
}

/// How much a key wants a node.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct RendezvousWeight<'a> {
    weight: u64,
    host: Reverse<&'a str>,
}

impl NodeHash {
    /// By the host alone: clients that speak `http` and clients that speak `https` to a node mean the same one.
    pub fn of(host: &Host) -> Self {
        let host = match host {
            Host::Ip(ip) => ip.to_canonical().to_string(),
            Host::Name(name) => name.to_string(),
        };
        Self {
            hash: Token::of_bytes(host.as_bytes()).value().cast_unsigned(),
            host: host.into(),
        }
    }

    pub fn weight(&self, token: Token) -> RendezvousWeight<'_> {
        RendezvousWeight {
            weight: mix(token.value().cast_unsigned() ^ self.hash),
            host: Reverse(&self.host),
        }
    }
}

/// The node that the key wants most. A further choice is the first one of the nodes that are left.
pub fn first_choice<'a, N>(
    token: Token,
    nodes: impl IntoIterator<Item = N>,
    hash: impl Fn(&N) -> &'a NodeHash,
) -> Option<N> {
    // Not `max_by_key`, which would have to weigh both at each comparison or make pairs: this keeps the heaviest's weight.
    let mut nodes = nodes.into_iter();
    let first = nodes.next()?;
    let weight = hash(&first).weight(token);
    let heaviest = nodes.fold((weight, first), |heaviest, node| {
        let weight = hash(&node).weight(token);
        if weight > heaviest.0 {
            (weight, node)
        } else {
            heaviest
        }
    });
    Some(heaviest.1)
}

/// The place of the node that most of several keys want, for a request that has them all: `choices` are the places of the
/// nodes that the keys want one by one.
///
/// Of nodes that equally many want, the one that the lowest token would choose: that depends neither on the order of the
/// keys, which is the arbitrary one of a hash table, nor on that of the nodes.
pub fn majority<'a, N>(
    choices: impl IntoIterator<Item = (Token, usize)>,
    nodes: &'a [N],
    hash: impl Fn(&'a N) -> &'a NodeHash,
) -> Option<usize> {
    let mut votes = vec![0_usize; nodes.len()];
    let mut lowest = Token::MAX;
    for (token, choice) in choices {
        lowest = lowest.min(token);
        if let Some(votes) = votes.get_mut(choice) {
            *votes += 1;
        }
    }
    let most = votes.iter().copied().max().filter(|&most| most > 0)?;
    let nodes = nodes.iter().zip(votes).enumerate();
    let most_wanted = nodes.filter(|(_, (_, votes))| *votes == most);
    let most_wanted = first_choice(lowest, most_wanted, |(_, (node, _))| hash(node));
    most_wanted.map(|(place, _)| place)
}

/// David Stafford's thirteenth variant of MurmurHash3's finisher, as in SplitMix64.
fn mix(mut word: u64) -> u64 {
    word ^= word >> 30;
    word = word.wrapping_mul(0xbf58_476d_1ce4_e5b9);
    word ^= word >> 27;
    word = word.wrapping_mul(0x94d0_49bb_1331_11eb);
    word ^ word >> 31
}

#[cfg(test)]
mod tests;
