//! Any replica of a key, the less busy one first.
//!
//! A node that holds the partition answers without another hop. All of its replicas do, so there is still a choice, and it
//! is made as among all nodes: in turn, and of two the one with fewer requests in flight. A key that everybody asks for
//! is then spread over its replicas, and one of them that is slow gets what it can carry.

use super::healthy_set::HealthySet;
use super::round_robin::RoundRobinCursor;
use super::routing_info::RoutingKey;
use super::selector::{Selection, Selector};
use super::{Endpoint, RoutingInfo, Token};
use std::cmp::Reverse;
use std::net::IpAddr;
use std::sync::Arc;

/// How many replicas of a key in one scope are looked at: more than replication factors, of all datacenters together.
const MOST_REPLICAS: usize = 16;

/// What tells the replicas of a pool apart.
struct P2cSample {
    /// Whose turn it is.
    first: usize,
    /// Who it is compared with.
    second: usize,
}

impl<'t, E> Selector<'t, '_, E> {
    /// A replica that the plan has not tried in this round, of the scope whose turn it is if it has one, else of another.
    pub(super) fn replica(
        &self,
        info: &RoutingInfo,
        starts: &mut RoundRobinCursor<'_>,
        rng: &mut fastrand::Rng,
    ) -> Option<Selection<'t, E>> {
        let replicas = match info.keys() {
            [key] => key.replicas(),
            keys => keys
                .iter()
                .find_map(RoutingKey::known_replicas)
                .unwrap_or_default(),
        };
        if replicas.is_empty() {
            return None;
        }
        let lowest = info.keys().iter().map(|key| key.token).min()?;
        let chances = P2cSample {
            first: start_for(lowest, starts.replicas_only(rng)),
            second: rng.usize(..),
        };
        let mut levels = self.table.levels_by_share(rng);
        levels.find_map(|level| match info.keys() {
            [_] => self.one_of(&level.usable, replicas, &chances),
            keys => self.one_of_most(&level.usable, keys, &chances),
        })
    }

    fn one_of(
        &self,
        pool: &'t HealthySet<E>,
        replicas: &[IpAddr],
        chances: &P2cSample,
    ) -> Option<Selection<'t, E>> {
        let mut free = [None; MOST_REPLICAS];
        let mut count = 0;
        let replicas = replicas.iter().filter_map(|ip| pool.find(*ip));
        let replicas = replicas.map(|(_, member)| &member.node);
        for (place, node) in free
            .iter_mut()
            .zip(replicas.filter(|node| self.is_free(node)))
        {
            *place = Some(node);
            count += 1;
        }
        let at = |place: usize| free.get(place).copied().flatten();
        let first = chances.first.checked_rem(count)?;
        let next = at(first)?;
        let another = || {
            // One of those after the first, going around.
            let distance = 1 + chances.second.checked_rem(count - 1)?;
            at((first + distance) % count)
        };
        Some(self.better_of_two(next, another))
    }

    /// The node that is a replica of most of the keys; of those alike in that, the one that is least busy.
    fn one_of_most(
        &self,
        pool: &'t HealthySet<E>,
        keys: &[RoutingKey],
        chances: &P2cSample,
    ) -> Option<Selection<'t, E>> {
        let mut counts = vec![0_usize; pool.members().len()];
        for ip in keys.iter().flat_map(RoutingKey::replicas) {
            if let Some((place, _)) = pool.find(*ip)
                && let Some(count) = counts.get_mut(place)
            {
                *count += 1;
            }
        }
        let replicas = pool.nodes().zip(counts);
        let replicas = replicas.filter(|(node, count)| *count > 0 && self.is_free(node));
        let mut best: Vec<&'t Arc<Endpoint<E>>> = Vec::new();
        let mut worth = None;
        for (node, count) in replicas {
            let load = match self.compares_load() {
                true => node.load(self.now),
                false => 0,
            };
            let other = Some((count, Reverse(load)));
            if other > worth {
                worth = other;
                best.clear();
            }
            if other == worth {
                best.push(node);
            }
        }
        let place = chances.first.checked_rem(best.len())?;
        best.get(place).copied().map(Selection::of)
    }
}

/// Where the turns of a key's replicas begin. Not in step for all keys: an application whose operations come in threes,
/// such as a user, its session and its cart, would always find the same of three replicas in turn.
fn start_for(token: Token, start: usize) -> usize {
    let token = token.value().cast_unsigned();
    // The upper half is as good as the whole, on platforms of 32 bits too.
    start.wrapping_add((token >> 32) as usize)
}
