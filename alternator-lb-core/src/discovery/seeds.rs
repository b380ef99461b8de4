//! The seeds, and the addresses of the names among them.

use super::{DiscoveryClient, QueryError};
use crate::topology::{Host, NodeUrl, Scheme};
use futures_util::future::join_all;
use std::collections::{HashMap, HashSet};
use std::io;
use std::net::IpAddr;
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Duration;
use tokio::time::timeout;

/// How soon names are looked up again when known nodes fail: the time to live of the records that orchestrators serve
/// for sets of pods.
const LOOK_UP_INTERVAL: Duration = Duration::from_secs(30);

/// How long a look-up may take: long enough for a resolver to query a second name server.
pub(super) const LOOK_UP_TIMEOUT: Duration = Duration::from_secs(3);

/// The addresses that the application configured.
///
/// Over `http` a name stands for all of its addresses, each of them a seed. Over `https` it stays as it is: TLS
/// verifies the name, and the connector looks it up.
#[derive(Debug)]
pub(super) struct Seeds {
    configured: Vec<NodeUrl>,
    names: Mutex<HashMap<NodeUrl, ResolvedName>>,
}

#[derive(Clone, Debug, Default)]
struct ResolvedName {
    /// The result of the last look-up that succeeded.
    addresses: Vec<IpAddr>,
    looked_up: Duration,
}

impl Seeds {
    pub(super) fn new(configured: Vec<NodeUrl>) -> Self {
        Self {
            configured,
            names: Mutex::default(),
        }
    }

    pub(super) fn configured(&self) -> &[NodeUrl] {
        &self.configured
    }

    /// Returns the addresses to query, and the look-ups that failed. Known names are looked up again only with a
    /// `failure_hint`: known nodes fail. A name without any address is looked up every time.
    pub(super) async fn resolve(
        &self,
        client: &dyn DiscoveryClient,
        failure_hint: bool,
        now: Duration,
    ) -> (Vec<NodeUrl>, Vec<(NodeUrl, QueryError)>) {
        let due: Vec<_> = self
            .configured
            .iter()
            .filter(|seed| is_looked_up(seed) && self.is_due(seed, failure_hint, now))
            .map(|seed| look_up(client, seed))
            .collect();
        let mut failures = Vec::new();
        for (seed, result) in join_all(due).await {
            let mut names = self.names();
            let name = names.entry(seed.clone()).or_default();
            name.looked_up = now;
            match result {
                Ok(addresses) => name.addresses = addresses,
                Err(error) => failures.push((seed.clone(), QueryError::Unresolved(error))),
            }
        }
        (self.addresses(), failures)
    }

    fn is_due(&self, seed: &NodeUrl, failure_hint: bool, now: Duration) -> bool {
        match self.names().get(seed) {
            Some(name) if !name.addresses.is_empty() => {
                failure_hint && now >= name.looked_up + LOOK_UP_INTERVAL
            }
            Some(_) | None => true,
        }
    }

    /// All seeds, with the addresses of names in their place, without duplicates.
    fn addresses(&self) -> Vec<NodeUrl> {
        let names = self.names();
        let mut seeds: Vec<NodeUrl> = Vec::new();
        let mut seen = HashSet::new();
        for seed in &self.configured {
            let addresses = names.get(seed).map(|name| name.addresses.as_slice());
            match is_looked_up(seed) {
                true => seeds.extend(addresses.unwrap_or_default().iter().map(|&ip| seed.at(ip))),
                false => seeds.push(seed.clone()),
            }
        }
        seeds.retain(|seed| seen.insert(seed.clone()));
        seeds
    }

    fn names(&self) -> MutexGuard<'_, HashMap<NodeUrl, ResolvedName>> {
        // Nothing that holds the lock can panic.
        self.names.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

fn is_looked_up(seed: &NodeUrl) -> bool {
    seed.scheme() == Scheme::Http && seed.ip().is_none()
}

async fn look_up<'a>(
    client: &dyn DiscoveryClient,
    seed: &'a NodeUrl,
) -> (&'a NodeUrl, io::Result<Vec<IpAddr>>) {
    let Host::Name(name) = seed.host() else {
        return (seed, Ok(Vec::new()));
    };
    let result = match timeout(LOOK_UP_TIMEOUT, client.look_up(name)).await {
        Ok(Ok(addresses)) if addresses.is_empty() => Err(io::Error::new(
            io::ErrorKind::NotFound,
            "the name has no address",
        )),
        Ok(result) => result,
        Err(_elapsed) => Err(io::ErrorKind::TimedOut.into()),
    };
    (seed, result)
}
