//! The less loaded of two replicas of a key.
//!
//! A replica responds without another hop inside the cluster. All replicas of the partition do, so there is still a
//! choice, made as among all nodes: round robin, and of two replicas the one with less load. Requests for a hot key
//! then spread over its replicas, and a slow replica receives what it can carry.

use super::healthy_set::HealthySet;
use super::priority::failover_order;
use super::selector::Selector;
use super::{Endpoint, RoutingInfo, RoutingKey, Token};
use std::cmp::Reverse;
use std::net::IpAddr;
use std::sync::Arc;

/// The most replicas of a key that are considered in one scope: more than the replication factors of all datacenters
/// together.
const MAX_REPLICAS: usize = 16;

impl<'s, E> Selector<'s, '_, '_, E> {
    /// Returns a replica that the plan has not tried in this round, of the priority level that was drawn if it has one,
    /// else of another.
    pub(super) fn least_loaded_replica(
        &mut self,
        info: &RoutingInfo,
    ) -> Option<&'s Arc<Endpoint<E>>> {
        let keys = info.keys();
        let mut replicas = keys.iter().map(RoutingKey::replicas);
        let replicas = replicas.find(|replicas| !replicas.is_empty())?;
        let lowest = keys.iter().map(|key| key.token).min()?;
        let start = replica_start(lowest, self.cursor.replica_start());
        let second = self.cursor.rng.usize(..);
        let mut levels = failover_order(&self.snapshot.levels, self.cursor.rng);
        levels.find_map(|level| match keys {
            [_] => self.replica_of_key(&level.usable, replicas, start, second),
            keys => self.replica_of_most(&level.usable, keys, start),
        })
    }

    /// Returns a replica of one key: the one in turn from `start` on, or a `second` one that is less loaded.
    fn replica_of_key(
        &self,
        set: &'s HealthySet<E>,
        replicas: &[IpAddr],
        start: usize,
        second: usize,
    ) -> Option<&'s Arc<Endpoint<E>>> {
        let replicas = replicas.iter().filter_map(|ip| set.find(*ip));
        let replicas = replicas.map(|(_, candidate)| &candidate.node);
        let replicas = replicas.filter(|node| self.plan.is_untried(node));
        let mut untried = [None; MAX_REPLICAS];
        let mut count = 0;
        for (slot, node) in untried.iter_mut().zip(replicas) {
            *slot = Some(node);
            count += 1;
        }
        let at = |position: usize| untried.get(position).copied().flatten();
        let first = start.checked_rem(count)?;
        let second = || {
            // One of the others, in the cyclic order that begins after the first.
            let distance = 1 + second.checked_rem(count - 1)?;
            at((first + distance) % count)
        };
        Some(self.less_loaded(at(first)?, second))
    }

    /// Returns the node that is a replica of most of the keys; of several, the least loaded.
    fn replica_of_most(
        &self,
        set: &'s HealthySet<E>,
        keys: &[RoutingKey],
        start: usize,
    ) -> Option<&'s Arc<Endpoint<E>>> {
        let mut counts = vec![0_usize; set.candidates.len()];
        for ip in keys.iter().flat_map(RoutingKey::replicas) {
            if let Some((position, _)) = set.find(*ip)
                && let Some(count) = counts.get_mut(position)
            {
                *count += 1;
            }
        }
        let replicas = set.nodes().zip(counts);
        let replicas = replicas.filter(|(node, count)| *count > 0 && self.plan.is_untried(node));
        let ranked =
            replicas.map(|(node, count)| ((count, Reverse(self.compared_load(node))), node));
        let mut ranked: Vec<_> = ranked.collect();
        let best = ranked.iter().map(|(rank, _)| *rank).max()?;
        ranked.retain(|(rank, _)| *rank == best);
        let position = start.checked_rem(ranked.len())?;
        ranked.get(position).map(|(_, node)| *node)
    }
}

/// Returns where round robin over the replicas of a key starts. Not in step for all keys: an application whose
/// operations come in threes, such as a user, its session and its cart, would always meet the same of three replicas.
#[inline]
fn replica_start(token: Token, start: usize) -> usize {
    let token = token.value().cast_unsigned();
    // The upper half is as good as the whole, and works on 32-bit platforms too.
    start.wrapping_add((token >> 32) as usize)
}
