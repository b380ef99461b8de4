//! The addresses of the names among the seeds.

use super::error::NodeFailure;
use super::{DiscoveryClient, QueryError};
use crate::topology::{Host, NodeUrl, Scheme};
use futures_util::future::join_all;
use std::collections::{HashMap, HashSet};
use std::io;
use std::net::IpAddr;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;
use tokio::time::timeout;

/// How soon names are looked up again when known nodes fail: the time to live of the records that orchestrators serve
/// for sets of pods.
const LOOK_UP_INTERVAL: Duration = Duration::from_secs(30);

/// How long a look-up may take: long enough for a resolver to query a second name server.
pub(super) const LOOK_UP_TIMEOUT: Duration = Duration::from_secs(3);

/// The names that were looked up.
///
/// Over `http` a name stands for all of its addresses, each of them a seed. Over `https` it stays as it is: TLS
/// verifies the name, and the connector looks it up.
#[derive(Debug, Default)]
pub(super) struct SeedNames(Mutex<HashMap<NodeUrl, ResolvedName>>);

#[derive(Debug, Default)]
struct ResolvedName {
    /// The result of the last look-up that succeeded.
    addresses: Vec<IpAddr>,
    looked_up: Duration,
}

impl SeedNames {
    /// Returns the seeds with the addresses of names in their place, without duplicates, and the look-ups that failed.
    /// Known names are looked up again only with a `failure_hint`: known nodes fail. A name without any address is
    /// looked up every time.
    pub(super) async fn resolve(
        &self,
        seeds: &[NodeUrl],
        client: &dyn DiscoveryClient,
        failure_hint: bool,
        now: Duration,
    ) -> (Vec<NodeUrl>, Vec<NodeFailure>) {
        // Nothing that holds the lock can panic.
        let names = || self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let is_due = |seed: &NodeUrl| {
            names().get(seed).is_none_or(|name| {
                let is_old = now >= name.looked_up + LOOK_UP_INTERVAL;
                name.addresses.is_empty() || (failure_hint && is_old)
            })
        };
        let due = seeds.iter().filter(|seed| is_due(seed));
        let due = due.filter_map(|seed| Some((seed, name_of(seed)?)));
        let look_ups = due.map(async |(seed, name)| (seed, look_up(client, name).await));
        let results = join_all(look_ups).await;

        let mut names = names();
        let mut failures = Vec::new();
        for (seed, result) in results {
            let name = names.entry(seed.clone()).or_default();
            name.looked_up = now;
            match result {
                Ok(addresses) => name.addresses = addresses,
                Err(error) => {
                    failures.push((seed.clone(), Arc::new(QueryError::Unresolved(error))))
                }
            }
        }
        let resolved = seeds.iter().flat_map(|seed| match names.get(seed) {
            Some(name) => name.addresses.iter().map(|&ip| seed.at(ip)).collect(),
            None => vec![seed.clone()],
        });
        let mut seen = HashSet::new();
        let resolved = resolved.filter(|seed| seen.insert(seed.clone()));
        (resolved.collect(), failures)
    }
}

/// Returns the name if a seed stands for its addresses.
fn name_of(seed: &NodeUrl) -> Option<&str> {
    match seed.host() {
        Host::Name(name) if seed.scheme() == Scheme::Http => Some(name),
        Host::Name(_) | Host::Ip(_) => None,
    }
}

async fn look_up(client: &dyn DiscoveryClient, name: &str) -> io::Result<Vec<IpAddr>> {
    let addresses = timeout(LOOK_UP_TIMEOUT, client.look_up(name)).await??;
    if addresses.is_empty() {
        let error = "the name has no address";
        return Err(io::Error::new(io::ErrorKind::NotFound, error));
    }
    Ok(addresses)
}
