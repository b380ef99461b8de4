//! The seeds, with the names among them looked up.

use super::{Ask, AskError};
use crate::topology::{Host, NodeUrl, Scheme};
use std::io;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;
use tokio::time::timeout;

/// How soon names are looked up again when known nodes fail: the time to live of the records that orchestrators serve
/// for sets of pods.
const LOOK_UP_AGAIN: Duration = Duration::from_secs(30);

/// How long a name server is waited for: what resolvers wait before they ask the next.
const LOOK_UP_TIMEOUT: Duration = Duration::from_secs(5);

/// The addresses that the user gave.
///
/// Over `http` a name stands for all of its addresses, each of them a seed. Over `https` it stays as it is: TLS verifies
/// the name, and the connector looks it up.
#[derive(Debug)]
pub(super) struct Seeds {
    given: Vec<NodeUrl>,
    resolved: Mutex<Option<Resolved>>,
}

#[derive(Clone, Debug)]
struct Resolved {
    seeds: Vec<NodeUrl>,
    at: Duration,
    /// Whether a name failed: it is looked up again the next time, whenever that is.
    incomplete: bool,
}

impl Seeds {
    pub(super) fn new(given: Vec<NodeUrl>) -> Self {
        Self {
            given,
            resolved: Mutex::new(None),
        }
    }

    pub(super) fn given(&self) -> &[NodeUrl] {
        &self.given
    }

    /// The addresses to ask, and what went wrong in finding them. `trouble` says that known nodes fail, which is the
    /// reason to look names up again.
    pub(super) async fn resolve(
        &self,
        ask: &dyn Ask,
        trouble: bool,
        now: Duration,
    ) -> (Vec<NodeUrl>, Vec<(NodeUrl, AskError)>) {
        if !self.given.iter().any(is_looked_up) {
            return (self.given.clone(), Vec::new());
        }
        if let Some(known) = &*self.resolved()
            && !known.incomplete
            && !(trouble && now >= known.at + LOOK_UP_AGAIN)
        {
            return (known.seeds.clone(), Vec::new());
        }
        let (seeds, failures) = self.look_up(ask).await;
        *self.resolved() = Some(Resolved {
            seeds: seeds.clone(),
            at: now,
            incomplete: !failures.is_empty(),
        });
        (seeds, failures)
    }

    async fn look_up(&self, ask: &dyn Ask) -> (Vec<NodeUrl>, Vec<(NodeUrl, AskError)>) {
        let mut seeds = Vec::new();
        let mut failures = Vec::new();
        for seed in &self.given {
            match seed.host() {
                Host::Name(name) if is_looked_up(seed) => match addresses(ask, name).await {
                    Ok(found) => seeds.extend(found.into_iter().map(|ip| seed.at(ip))),
                    Err(error) => failures.push((seed.clone(), AskError::Unresolved(error))),
                },
                Host::Name(_) | Host::Ip(_) => seeds.push(seed.clone()),
            }
        }
        let mut seen = std::collections::HashSet::new();
        seeds.retain(|seed| seen.insert(seed.clone()));
        (seeds, failures)
    }

    fn resolved(&self) -> MutexGuard<'_, Option<Resolved>> {
        // Nothing that holds the lock can panic.
        self.resolved.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

fn is_looked_up(seed: &NodeUrl) -> bool {
    seed.scheme() == Scheme::Http && seed.ip().is_none()
}

async fn addresses(ask: &dyn Ask, name: &Arc<str>) -> io::Result<Vec<std::net::IpAddr>> {
    let found = timeout(LOOK_UP_TIMEOUT, ask.look_up(name))
        .await
        .map_err(|_elapsed| io::Error::from(io::ErrorKind::TimedOut))??;
    match found.is_empty() {
        true => Err(io::Error::new(
            io::ErrorKind::NotFound,
            "the name has no address",
        )),
        false => Ok(found),
    }
}
