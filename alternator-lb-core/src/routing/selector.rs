//! The selection of one node.

use super::bounded_load::LoadBound;
use super::endpoint::Turn;
use super::healthy_set::{Candidate, HealthySet};
use super::policy::{Algorithm, RoundRobinCursor};
use super::priority::failover_order;
use super::rendezvous::{highest_weight, plurality};
use super::selection::Selection;
use super::{
    Endpoint, OperationKind, Plan, Preference, Reason, RoutingInfo, RoutingKey, RoutingSnapshot,
    Token,
};
use crate::health::ProbePermit;
use std::net::IpAddr;
use std::sync::Arc;
use std::time::Duration;

/// Selects a node by the snapshot, the plan, the turns of round robin and the time.
#[derive(Debug)]
pub(super) struct Selector<'s, 'p, 'r, E> {
    pub(super) snapshot: &'s RoutingSnapshot<E>,
    pub(super) plan: &'p Plan<E>,
    pub(super) cursor: &'p mut RoundRobinCursor<'r>,
    pub(super) now: Duration,
}

impl<'s, E> Selector<'s, '_, '_, E> {
    /// Selects a node that the plan has not tried in this round.
    pub(super) fn select(&mut self) -> Option<Selection<'s, E>> {
        let Some(info) = self.plan.routing_info() else {
            return self.any();
        };
        match info.preference() {
            Preference::Primary | Preference::BoundedPrimary => self.primary(info),
            Preference::LeastLoaded => self.least_loaded_replica(info).or_else(|| self.any()),
        }
    }

    /// Selects the primary node of the operation's keys, the same for all clients.
    ///
    /// Of two nodes that coordinate transactions on the same partition at a time, one loses and tries again after a
    /// while; of writes that are coordinated by two nodes, the later one may get the older timestamp. So all operations
    /// with [`Preference::Primary`] go to the first node of their key as long as it is usable, then all to the second.
    /// The order is that of rendezvous hashing over all nodes of the datacenter, replicas or not: clients read the maps
    /// of replicas at different times. A coordinator that is no replica costs a hop, and two coordinators cost the
    /// operation. Nothing that only this process knows enters into it, neither the round-robin position nor the load,
    /// except for [`Preference::BoundedPrimary`], where a node beyond its [`LoadBound`] is left to the other keys.
    fn primary(&self, info: &RoutingInfo) -> Option<Selection<'s, E>> {
        let is_first_attempt = self.plan.is_first_attempt() && !self.plan.has_exclusion();
        // For a first attempt no node is read but the selected one.
        let is_untried = |node: &Endpoint<E>| is_first_attempt || self.plan.is_untried(node);
        let mut sets = self.snapshot.candidates_for(self.plan);
        let primary = sets.find_map(|set| {
            let first = primary_of(set, info, is_untried)?;
            let node = match info.preference() {
                Preference::BoundedPrimary => self.within_bound(set, info, first, is_untried),
                Preference::Primary | Preference::LeastLoaded => first,
            };
            let reason = match Arc::ptr_eq(node, first) {
                true => Reason::PrimaryNode,
                false => Reason::NextPrimaryNode,
            };
            Some(Selection::new(node, reason))
        });
        primary.or_else(|| self.fallback())
    }

    /// Returns the `first` node, or, if that exceeds the bound of load, the first that does not.
    fn within_bound(
        &self,
        set: &'s HealthySet<E>,
        info: &RoutingInfo,
        first: &'s Arc<Endpoint<E>>,
        is_untried: impl Fn(&Endpoint<E>) -> bool,
    ) -> &'s Arc<Endpoint<E>> {
        let kind = self.plan.operation_by_load();
        if LoadBound::admits_by_itself(first, kind, self.now) {
            return first;
        }
        let bound = LoadBound::of(set, kind, self.now);
        let has_room =
            |node: &Endpoint<E>| !bound.is_exceeded_by(node, self.now) && is_untried(node);
        primary_of(set, info, has_room).unwrap_or(first)
    }

    /// Selects any node: the next in turn of a priority level that is drawn by its share.
    fn any(&mut self) -> Option<Selection<'s, E>> {
        if !self.snapshot.has_usable() {
            return self.fallback();
        }
        let (start, second_start) = (self.cursor.node_start(), self.cursor.rng.usize(..));
        let mut levels = failover_order(&self.snapshot.levels, self.cursor.rng);
        levels.find_map(|(priority, level)| {
            let mut in_turn = level.usable.iter_from(start).enumerate();
            let (skipped, first) = in_turn.find(|(_, node)| self.plan.is_untried(node))?;
            let second = || {
                // One of the others with equal chances: a slow node cedes many turns, and evenly to all others.
                let count = level.usable.candidates.len();
                let distance = 1 + second_start.checked_rem(count - 1)?;
                let mut others = level.usable.iter_from(start % count + skipped + distance);
                others.find(|other| other.id() != first.id() && self.plan.is_untried(other))
            };
            let node = self.less_loaded(first, second);
            let reason = match Arc::ptr_eq(node, first) {
                true => Reason::RoundRobin,
                false => Reason::LessLoaded,
            };
            Some(Selection::new(node, reason).of_priority(priority))
        })
    }

    /// Selects the ejected node that is most likely to have recovered, if no node is usable.
    fn fallback(&self) -> Option<Selection<'s, E>> {
        if self.snapshot.usable_for(self.plan).next().is_some() {
            return None;
        }
        let mut ejected = self.snapshot.ejected_in_scope();
        let node = ejected.find(|node| self.plan.is_untried(node))?;
        Some(Selection::new(node, Reason::Fallback))
    }

    /// Selects the node that is next in turn, or the second if that is less loaded: then the first cedes its turn.
    fn less_loaded(
        &self,
        first: &'s Arc<Endpoint<E>>,
        second: impl FnOnce() -> Option<&'s Arc<Endpoint<E>>>,
    ) -> &'s Arc<Endpoint<E>> {
        let kind = self.plan.operation_by_load();
        if !self.may_yield(first, kind) {
            return first;
        }
        let Some(second) = second() else {
            return first;
        };
        match first.turn_beside(second, kind, self.now) {
            Turn::Kept => first,
            Turn::Ceded { is_owed } => {
                if is_owed && !self.cursor.is_read_only {
                    first.load_stats().cede_turn_to(second.load_stats());
                }
                second
            }
        }
    }

    /// Returns whether a node that is next in turn may be more loaded than another one, as the algorithm sees it. Looks
    /// at this node alone, since most nodes that are next in turn are idle and fast.
    fn may_yield(&self, node: &Endpoint<E>, kind: Option<OperationKind>) -> bool {
        match self.cursor.algorithm {
            Algorithm::PowerOfTwoChoices => {
                node.load(self.now) > 0 || node.load_stats().may_be_slow(kind)
            }
            Algorithm::RoundRobin | Algorithm::Random => false,
        }
    }

    /// Selects the less loaded one of two of these nodes: the one in turn from `start` on, and a `second` one.
    fn less_loaded_of(
        &self,
        count: usize,
        at: impl Fn(usize) -> Option<&'s Arc<Endpoint<E>>>,
        (start, second): (usize, usize),
    ) -> Option<&'s Arc<Endpoint<E>>> {
        let first = start.checked_rem(count)?;
        let second = || {
            // One of the others, in the cyclic order that begins after the first.
            let distance = 1 + second.checked_rem(count - 1)?;
            at((first + distance) % count)
        };
        Some(self.less_loaded(at(first)?, second))
    }

    /// Returns a replica that the plan has not tried in this round, of the priority level that was drawn if it has one,
    /// else of another.
    ///
    /// A replica responds without another hop inside the cluster. All replicas of the partition do, so there is still a
    /// choice, made as among all nodes: round robin, and of two replicas the one with less load. Requests for a hot key
    /// then spread over its replicas, and a slow replica receives what it can carry.
    fn least_loaded_replica(&mut self, info: &RoutingInfo) -> Option<Selection<'s, E>> {
        let keys = info.keys();
        let mut replicas = keys.iter().map(RoutingKey::replicas);
        let replicas = replicas.find(|replicas| !replicas.is_empty())?;
        let lowest = keys.iter().map(|key| key.token).min()?;
        let start = replica_start(lowest, self.cursor.replica_start());
        let second = self.cursor.rng.usize(..);
        let mut levels = failover_order(&self.snapshot.levels, self.cursor.rng);
        levels.find_map(|(priority, level)| {
            let node = match keys {
                [_] => self.replica_of_key(&level.usable, replicas, (start, second)),
                keys => self.replica_of_most(&level.usable, keys, (start, second)),
            }?;
            Some(Selection::new(node, Reason::Replica).of_priority(priority))
        })
    }

    /// Returns a replica of one key, the less loaded one of two.
    fn replica_of_key(
        &self,
        set: &'s HealthySet<E>,
        replicas: &[IpAddr],
        choices: (usize, usize),
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
        self.less_loaded_of(count, at, choices)
    }

    /// Returns the node that is a replica of most of the keys; of several, the less loaded one of two.
    fn replica_of_most(
        &self,
        set: &'s HealthySet<E>,
        keys: &[RoutingKey],
        choices: (usize, usize),
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
        let mut ranked: Vec<_> = replicas.collect();
        let most = ranked.iter().map(|(_, count)| *count).max()?;
        ranked.retain(|(_, count)| *count == most);
        let at = |position: usize| ranked.get(position).map(|(node, _)| *node);
        self.less_loaded_of(ranked.len(), at, choices)
    }
}

/// The most replicas of a key that are considered in one scope: more than the replication factors of all datacenters
/// together.
const MAX_REPLICAS: usize = 16;

/// Returns where round robin over the replicas of a key starts. Not in step for all keys: an application whose
/// operations come in threes, such as a user, its session and its cart, would always meet the same of three replicas.
#[inline]
fn replica_start(token: Token, start: usize) -> usize {
    let token = token.value().cast_unsigned();
    // The upper half is as good as the whole, and works on 32-bit platforms too.
    start.wrapping_add((token >> 32) as usize)
}

/// Returns the primary node of the operation's keys among the eligible nodes.
fn primary_of<'s, E>(
    set: &'s HealthySet<E>,
    info: &RoutingInfo,
    is_eligible: impl Fn(&Endpoint<E>) -> bool,
) -> Option<&'s Arc<Endpoint<E>>> {
    let primary = |token| {
        let candidates = set.candidates.iter().enumerate();
        let hash = |(_, candidate): &(usize, &'s Candidate<E>)| &candidate.hash;
        highest_weight(token, candidates, hash, |(_, it)| is_eligible(&it.node))
    };
    if let [key] = info.keys() {
        return primary(key.token).map(|(_, primary)| &primary.node);
    }
    let tokens = info.keys().iter().map(|key| key.token);
    let votes = tokens.filter_map(|token| Some((token, primary(token)?.0)));
    let position = plurality(votes, &set.candidates, |candidate| &candidate.hash)?;
    set.candidates.get(position).map(|primary| &primary.node)
}

/// Returns an ejected node that is due for a probe, with the permit, if it ranks above the usable primary node of the
/// (first) key.
///
/// A request with another key would only make the node a second coordinator for that key. Some request has to probe it,
/// though: there may be none but those with a primary node.
pub(super) fn acquire_primary_permit<'s, E>(
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
    let weight = |candidate: &'s Candidate<E>| candidate.hash.weight(key.token);
    let usable = snapshot.usable_local.candidates.iter();
    let primary_weight = usable.map(weight).max()?;
    // In panic mode it may be the primary node itself.
    let preferred = due
        .iter()
        .filter(|candidate| weight(candidate) >= primary_weight);
    let node = &preferred.max_by_key(|candidate| weight(candidate))?.node;
    Some((node, node.health().acquire_request_permit(now)?))
}

/// Returns whether an ejected node ranks above this one for the (first) key.
pub(super) fn is_moved_primary<E>(
    snapshot: &RoutingSnapshot<E>,
    info: &RoutingInfo,
    node: &Endpoint<E>,
) -> bool {
    let mut ejected = snapshot.ejected_local.candidates().iter().peekable();
    let Some(key) = info.keys().first().filter(|_| ejected.peek().is_some()) else {
        return false;
    };
    let hash = snapshot.hash_of(node);
    let weight = hash.weight(key.token);
    ejected.any(|candidate| {
        candidate.node.id() != node.id() && candidate.hash.weight(key.token) > weight
    })
}
