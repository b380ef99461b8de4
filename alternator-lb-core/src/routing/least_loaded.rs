//! The less loaded of two replicas of a key.
//!
//! A replica responds without another hop inside the cluster. All replicas of the partition do, so there is still a
//! choice, made as among all nodes: round robin, and of two replicas the one with less load. Requests for a hot key
//! then spread over its replicas, and a slow replica receives what it can carry.

use super::healthy_set::HealthySet;
use super::priority::failover_order;
use super::round_robin::RoundRobinCursor;
use super::routing_info::RoutingKey;
use super::selector::{Selection, Selector};
use super::{RoutingInfo, Token};
use std::cmp::Reverse;
use std::net::IpAddr;

/// The most replicas of a key that are considered in one scope: more than the replication factors of all datacenters
/// together.
const MAX_REPLICAS: usize = 16;

/// The two random or round-robin numbers that select among the replicas in a set.
struct P2cSample {
    /// Selects the replica that is next in turn.
    first: usize,
    /// Selects the replica that it is compared with.
    second: usize,
}

impl<'s, E> Selector<'s, '_, E> {
    /// Returns a replica that the plan has not tried in this round, of the priority level that was drawn if it has one,
    /// else of another.
    pub(super) fn least_loaded_replica(
        &self,
        info: &RoutingInfo,
        cursor: &mut RoundRobinCursor<'_>,
    ) -> Option<Selection<'s, E>> {
        let keys = info.keys();
        let mut replicas = keys.iter().map(RoutingKey::replicas);
        let replicas = replicas.find(|replicas| !replicas.is_empty())?;
        let lowest = keys.iter().map(|key| key.token).min()?;
        let sample = P2cSample {
            first: replica_start(lowest, cursor.replica_start()),
            second: cursor.rng.usize(..),
        };
        let mut levels = failover_order(self.snapshot.levels(), cursor.rng);
        levels.find_map(|level| match keys {
            [_] => self.replica_of_key(&level.usable, replicas, &sample),
            keys => self.replica_of_most(&level.usable, keys, &sample),
        })
    }

    /// Returns a replica of one key.
    fn replica_of_key(
        &self,
        set: &'s HealthySet<E>,
        replicas: &[IpAddr],
        sample: &P2cSample,
    ) -> Option<Selection<'s, E>> {
        let replicas = replicas.iter().filter_map(|ip| set.find(*ip));
        let replicas = replicas.map(|(_, candidate)| &candidate.node);
        let replicas = replicas.filter(|node| self.is_untried(node));
        let mut untried = [None; MAX_REPLICAS];
        let mut count = 0;
        for (slot, node) in untried.iter_mut().zip(replicas) {
            *slot = Some(node);
            count += 1;
        }
        let at = |position: usize| untried.get(position).copied().flatten();
        let first = sample.first.checked_rem(count)?;
        let second = || {
            // One of the others, in the cyclic order that begins after the first.
            let distance = 1 + sample.second.checked_rem(count - 1)?;
            at((first + distance) % count)
        };
        Some(self.less_loaded(at(first)?, second))
    }

    /// Returns the node that is a replica of most of the keys; of several, the least loaded.
    fn replica_of_most(
        &self,
        set: &'s HealthySet<E>,
        keys: &[RoutingKey],
        sample: &P2cSample,
    ) -> Option<Selection<'s, E>> {
        let mut counts = vec![0_usize; set.candidates().len()];
        for ip in keys.iter().flat_map(RoutingKey::replicas) {
            if let Some((position, _)) = set.find(*ip)
                && let Some(count) = counts.get_mut(position)
            {
                *count += 1;
            }
        }
        let replicas = set.nodes().zip(counts);
        let replicas = replicas.filter(|(node, count)| *count > 0 && self.is_untried(node));
        let ranked =
            replicas.map(|(node, count)| ((count, Reverse(self.compared_load(node))), node));
        let mut ranked: Vec<_> = ranked.collect();
        let best = ranked.iter().map(|(rank, _)| *rank).max()?;
        ranked.retain(|(rank, _)| *rank == best);
        let position = sample.first.checked_rem(ranked.len())?;
        ranked.get(position).map(|(_, node)| Selection::of(node))
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
