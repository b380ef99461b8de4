//! One node for a key, the same for all clients.
//!
//! Of two nodes that coordinate transactions on the same partition at a time one loses, and tries again after a while; of
//! writes that come over two nodes the later one may get the older timestamp. So operations that want the [`Fixed`]
//! order all go to the first node of their key, as long as that can be used, then all to the second: by rendezvous, among
//! the key's replicas if these are known, then among all others. Nothing that is this process's own enters into it,
//! neither the rotation nor who is busy.
//!
//! [`Fixed`]: super::Preference::Primary

use super::healthy_set::{Candidate, HealthySet};
use super::rendezvous::{first_choice, majority};
use super::routing_info::RoutingKey;
use super::{Endpoint, RoutingInfo, RoutingSnapshot};
use crate::health::ProbePermit;
use std::net::IpAddr;
use std::sync::Arc;
use std::time::Duration;

/// The first node of the info's keys that is free: one that the operation has not tried.
pub(super) fn primary<'t, E>(
    pool: &'t HealthySet<E>,
    info: &RoutingInfo,
    is_free: impl Fn(&Endpoint<E>) -> bool,
) -> Option<&'t Candidate<E>> {
    let of_key = |key: &RoutingKey| Some((key.token, primary_of(pool, key, &is_free)?.0));
    match info.keys() {
        [key] => primary_of(pool, key, is_free).map(|(_, member)| member),
        keys => {
            let choices = keys.iter().filter_map(of_key);
            let place = majority(choices, pool.members(), |member| &member.hash)?;
            pool.members().get(place)
        }
    }
}

/// The same for one key, with its place in the pool.
fn primary_of<'t, E>(
    pool: &'t HealthySet<E>,
    key: &RoutingKey,
    is_free: impl Fn(&Endpoint<E>) -> bool,
) -> Option<(usize, &'t Candidate<E>)> {
    let replicas = key.replicas().iter().filter_map(|ip| pool.find(*ip));
    let replicas = replicas.filter(|(_, member)| is_free(&member.node));
    first_choice(key.token, replicas, |(_, member)| &member.hash).or_else(|| {
        let others = pool.members().iter().enumerate();
        let others = others.filter(|(_, member)| is_free(&member.node));
        first_choice(key.token, others, |(_, member)| &member.hash)
    })
}

/// A node whose rest is over, with the right to try it, if it is the one that the (first) key wants most of all.
///
/// A request with another key would only be a second coordinator for that. Somebody has to try it though: there may be no
/// requests but those with wishes.
pub(super) fn acquire_request_permit<'t, E>(
    table: &'t RoutingSnapshot<E>,
    info: &RoutingInfo,
    is_watched: bool,
    now: Duration,
) -> Option<(&'t Arc<Endpoint<E>>, ProbePermit)> {
    let due = table.due_local(is_watched, now);
    if due.is_empty() {
        return None;
    }
    let key = info.keys().first()?;
    let want = |member: &'t Candidate<E>| {
        let ip = member.node.url().ip().map(|ip| ip.to_canonical());
        let is_replica = |replica: &IpAddr| Some(replica.to_canonical()) == ip;
        let is_replica = key.replicas().iter().any(is_replica);
        (is_replica, member.hash.weight(key.token))
    };
    let (_, coordinator) = primary_of(table.local(), key, |_| true)?;
    let coordinator = want(coordinator);
    // It may be the coordinator itself, where ejections are ignored.
    let wanted = due.iter().filter(|member| want(member) >= coordinator);
    let most_wanted = wanted.max_by(|one, other| want(one).cmp(&want(other)))?;
    let permit = most_wanted.node.health().acquire_request_permit(now)?;
    Some((&most_wanted.node, permit))
}
