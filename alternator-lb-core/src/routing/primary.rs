//! The primary node of a key, the same for all clients.
//!
//! Of two nodes that coordinate transactions on the same partition at a time, one loses and tries again after a while;
//! of writes that are coordinated by two nodes, the later one may get the older timestamp. So all operations with
//! [`Preference::Primary`] go to the first node of their key as long as it is usable, then all to the second. The order
//! is that of rendezvous hashing, over the key's replicas if they are known, then over all other nodes. Nothing that is
//! local to this process enters into it, neither the round-robin position nor the load.
//!
//! [`Preference::Primary`]: super::Preference::Primary

use super::healthy_set::{Candidate, HealthySet};
use super::rendezvous::{highest_weight, plurality};
use super::{Endpoint, RoutingInfo, RoutingKey, RoutingSnapshot};
use crate::health::ProbePermit;
use std::sync::Arc;
use std::time::Duration;

/// Returns the primary node of an operation's keys among those that `is_untried` allows.
pub(super) fn primary<'s, E>(
    set: &'s HealthySet<E>,
    info: &RoutingInfo,
    is_untried: impl Fn(&Endpoint<E>) -> bool,
) -> Option<&'s Arc<Endpoint<E>>> {
    match info.keys() {
        [key] => primary_of_key(set, key, is_untried).map(|(_, primary)| &primary.node),
        keys => {
            let vote =
                |key: &RoutingKey| Some((key.token, primary_of_key(set, key, &is_untried)?.0));
            let votes = keys.iter().filter_map(vote);
            let position = plurality(votes, &set.candidates, |candidate| &candidate.hash)?;
            set.candidates.get(position).map(|primary| &primary.node)
        }
    }
}

/// Returns the primary node of one key, and its position in the set.
fn primary_of_key<'s, E>(
    set: &'s HealthySet<E>,
    key: &RoutingKey,
    is_untried: impl Fn(&Endpoint<E>) -> bool,
) -> Option<(usize, &'s Candidate<E>)> {
    let is_untried = |(_, candidate): &(usize, &Candidate<E>)| is_untried(&candidate.node);
    let replicas = key.replicas().iter().filter_map(|ip| set.find(*ip));
    let replicas = replicas.filter(is_untried);
    highest_weight(key.token, replicas, |(_, candidate)| &candidate.hash).or_else(|| {
        let all = set.candidates.iter().enumerate().filter(is_untried);
        highest_weight(key.token, all, |(_, candidate)| &candidate.hash)
    })
}

/// Returns an ejected node that is due for a probe, with the permit, if it ranks above the usable primary node of the
/// (first) key.
///
/// A request with another key would only make the node a second coordinator for that key. Some request has to probe it,
/// though: there may be none but those with a primary node.
pub(super) fn acquire_request_permit<'s, E>(
    snapshot: &'s RoutingSnapshot<E>,
    info: &RoutingInfo,
    has_health_checker: bool,
    now: Duration,
) -> Option<(&'s Arc<Endpoint<E>>, ProbePermit)> {
    let due = snapshot.ejected_local.due(has_health_checker, now);
    if due.is_empty() {
        return None;
    }
    let key = info.keys().first()?;
    let rank = |candidate: &'s Candidate<E>| {
        let is_replica = key.is_replica(&candidate.node);
        (is_replica, candidate.hash.weight(key.token))
    };
    let (_, primary) = primary_of_key(&snapshot.usable_local, key, |_| true)?;
    let primary_rank = rank(primary);
    // In panic mode it may be the primary node itself.
    let preferred = due
        .iter()
        .filter(|candidate| rank(candidate) >= primary_rank);
    let node = &preferred.max_by_key(|candidate| rank(candidate))?.node;
    Some((node, node.health().acquire_request_permit(now)?))
}
