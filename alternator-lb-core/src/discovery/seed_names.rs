//! The addresses of the names among the seeds.

use super::error::NodeFailure;
use super::{AllowedAddresses, DiscoveryClient, QueryError};
use crate::clock::Clock;
use crate::topology::{Host, NodeUrl, Scheme};
use futures_util::future::join_all;
use std::collections::{HashMap, HashSet};
use std::io;
use std::net::IpAddr;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;
use tokio::time::{sleep, timeout};

/// How soon names are looked up again when known nodes or seeds fail: the time to live of the records that
/// orchestrators serve for sets of pods.
const LOOK_UP_INTERVAL: Duration = Duration::from_secs(30);

/// The same while no node responds at all: the cluster may be coming back at other addresses.
const FAILING_LOOK_UP_INTERVAL: Duration = Duration::from_secs(1);

/// How long a look-up may take: long enough for a resolver to query a second name server.
pub(super) const LOOK_UP_TIMEOUT: Duration = Duration::from_secs(3);

/// The names that were looked up.
///
/// Over `http` a name stands for all of its addresses, each of them a seed as long as the name has it. Over `https` it
/// stays as it is: TLS verifies the name, and the connector looks it up.
#[derive(Debug)]
pub(super) struct SeedNames {
    names: Mutex<HashMap<NodeUrl, ResolvedName>>,
    allowed_addresses: AllowedAddresses,
}

#[derive(Debug, Default)]
struct ResolvedName {
    /// The result of the last look-up that succeeded.
    addresses: HashSet<IpAddr>,
    looked_up: Duration,
}

/// Why names may be looked up again. A name without any address is looked up every time.
#[derive(Debug, Default)]
pub(super) struct LookUpReasons {
    /// True if the last refresh failed.
    pub(super) is_failing: bool,
    /// True if known nodes fail.
    pub(super) has_failure_hint: bool,
    /// The nodes and seeds that did not respond to the last refresh. Their own names are looked up.
    pub(super) unresponsive: HashSet<NodeUrl>,
}

impl SeedNames {
    /// No names so far, of whose addresses those count that are allowed.
    pub(super) fn new(allowed_addresses: AllowedAddresses) -> Self {
        Self {
            names: Mutex::default(),
            allowed_addresses,
        }
    }

    /// Returns the seeds with the addresses of names in their place, without duplicates, and the look-ups that failed.
    pub(super) async fn resolve(
        &self,
        seeds: &[NodeUrl],
        client: &dyn DiscoveryClient,
        reasons: &LookUpReasons,
        clock: Clock,
    ) -> (Vec<NodeUrl>, Vec<NodeFailure>) {
        let now = clock.now();
        let due: Vec<&NodeUrl> = {
            let names = self.names();
            let is_due = |seed: &NodeUrl| {
                let name = names.get(seed);
                name.is_none_or(|name| name.is_due(seed, reasons, now))
            };
            seeds.iter().filter(|seed| is_due(seed)).collect()
        };
        let (failures, _) = self.look_up(due, client, now).await;
        (self.resolved(seeds), failures)
    }

    /// Waits until a look-up shows that a name has other addresses. Looks names up only as long as they are wanted: no
    /// node has responded.
    pub(super) async fn changed(
        &self,
        seeds: &[NodeUrl],
        client: &dyn DiscoveryClient,
        clock: Clock,
        is_wanted: impl Fn() -> bool,
    ) {
        loop {
            sleep(FAILING_LOOK_UP_INTERVAL).await;
            if !is_wanted() {
                return std::future::pending().await;
            }
            let (_, is_changed) = self
                .look_up(seeds.iter().collect(), client, clock.now())
                .await;
            if is_changed && is_wanted() {
                return;
            }
        }
    }

    /// Returns the seeds with the addresses of names in their place, as of the last look-ups.
    pub(super) fn resolved(&self, seeds: &[NodeUrl]) -> Vec<NodeUrl> {
        let names = self.names();
        let resolved = seeds.iter().flat_map(|seed| match names.get(seed) {
            Some(name) => name.addresses.iter().map(|&ip| seed.at(ip)).collect(),
            None => vec![seed.clone()],
        });
        let mut seen = HashSet::new();
        let resolved = resolved.filter(|seed| seen.insert(seed.clone()));
        resolved.collect()
    }

    /// Looks up those of the seeds that are names. Returns the failures, and whether any addresses changed.
    async fn look_up(
        &self,
        seeds: Vec<&NodeUrl>,
        client: &dyn DiscoveryClient,
        now: Duration,
    ) -> (Vec<NodeFailure>, bool) {
        let seeds = seeds.into_iter();
        let names = seeds.filter_map(|seed| Some((seed, name_of(seed)?)));
        let look_ups = names.map(async |(seed, name)| {
            let addresses = look_up(client, name, &self.allowed_addresses);
            (seed, addresses.await)
        });
        let results = join_all(look_ups).await;

        let mut names = self.names();
        let (mut failures, mut is_changed) = (Vec::new(), false);
        for (seed, result) in results {
            let name = names.entry(seed.clone()).or_default();
            name.looked_up = now;
            match result {
                Ok(addresses) => {
                    is_changed |= name.addresses != addresses;
                    name.addresses = addresses;
                }
                Err(error) => {
                    failures.push((seed.clone(), Arc::new(QueryError::Unresolved(error))))
                }
            }
        }
        (failures, is_changed)
    }

    fn names(&self) -> MutexGuard<'_, HashMap<NodeUrl, ResolvedName>> {
        // Nothing that holds the lock can panic.
        self.names.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl ResolvedName {
    /// Returns whether the name of a seed is looked up again.
    fn is_due(&self, seed: &NodeUrl, reasons: &LookUpReasons, now: Duration) -> bool {
        let is_silent = |ip: &IpAddr| reasons.unresponsive.contains(&seed.at(*ip));
        let age = now.saturating_sub(self.looked_up);
        if self.addresses.is_empty() {
            true
        } else if reasons.is_failing {
            age >= FAILING_LOOK_UP_INTERVAL
        } else if reasons.has_failure_hint || self.addresses.iter().any(is_silent) {
            age >= LOOK_UP_INTERVAL
        } else {
            false
        }
    }
}

/// Returns the name if a seed stands for its addresses.
fn name_of(seed: &NodeUrl) -> Option<&str> {
    match seed.host() {
        Host::Name(name) if seed.scheme() == Scheme::Http => Some(name),
        Host::Name(_) | Host::Ip(_) => None,
    }
}

async fn look_up(
    client: &dyn DiscoveryClient,
    name: &str,
    allowed: &AllowedAddresses,
) -> io::Result<HashSet<IpAddr>> {
    let addresses = timeout(LOOK_UP_TIMEOUT, client.look_up(name)).await??;
    let addresses = addresses.into_iter().map(|ip| ip.to_canonical());
    let addresses = addresses.filter(|ip| allowed.allows_seed(*ip));
    let addresses: HashSet<IpAddr> = addresses.collect();
    match addresses.is_empty() {
        true => {
            let error = "the name has no address that is allowed";
            Err(io::Error::new(io::ErrorKind::NotFound, error))
        }
        false => Ok(addresses),
    }
}
