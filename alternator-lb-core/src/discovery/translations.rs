//! The URLs of the listed nodes, as far as they are translated.

use super::address_translator::{
    Network, SharedAddressTranslator, TranslationError, UntranslatedNode,
};
use super::allowed_addresses::leads_to_own_host;
use super::{AllowedAddresses, SeedError, TopologyEvent, parse_seed};
use crate::topology::{Host, NodeUrl, Scheme};
use futures_util::FutureExt as _;
use futures_util::future::join_all;
use std::any::Any;
use std::collections::{BTreeMap, HashMap, HashSet};
use std::mem::{discriminant, take};
use std::net::IpAddr;
use std::panic::AssertUnwindSafe;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;
use tokio::time::timeout;

/// The longest time of the translator for one node: as long as a refresh waits for a response.
pub(super) const TRANSLATION_TIMEOUT: Duration = Duration::from_secs(2);

/// The pause after the first call for an address. It doubles with each further call.
const FIRST_PAUSE: Duration = Duration::from_secs(1);

/// The longest pause. A node that was down comes back to the list anew, and is translated at once.
const LONGEST_PAUSE: Duration = Duration::from_secs(30);

/// The number of failures that one refresh reports: the log is clear enough by then.
const MAX_EVENTS: usize = 64;

/// Calls the translator, and keeps what it returned, by listed address.
#[derive(Debug)]
pub(super) struct Translations {
    translator: SharedAddressTranslator,
    /// The first seed, whose scheme is that of every node.
    origin: NodeUrl,
    allowed_addresses: AllowedAddresses,
    state: Mutex<State>,
}

#[derive(Debug, Default)]
struct State {
    entries: HashMap<IpAddr, Translation>,
    /// The addresses that were listed since the last refresh that succeeded.
    listed: HashSet<IpAddr>,
    events: Vec<TopologyEvent>,
}

/// The translation of one address.
#[derive(Debug, Default)]
struct Translation {
    /// The URL of the last call that succeeded.
    url: Option<NodeUrl>,
    /// The error of the last call, if it failed.
    error: Option<Arc<TranslationError>>,
    /// The number of calls since the node has responded.
    calls: u32,
    /// The time before which it is not called again.
    next_call: Duration,
}

type Results = BTreeMap<IpAddr, Result<NodeUrl, TranslationError>>;

impl Translations {
    /// No translations so far. The scheme of the nodes is that of `origin`.
    pub(super) fn new(
        translator: SharedAddressTranslator,
        origin: NodeUrl,
        allowed_addresses: AllowedAddresses,
    ) -> Self {
        Self {
            translator,
            origin,
            allowed_addresses,
            state: Mutex::default(),
        }
    }

    /// Returns the URLs of listed nodes, and translates those that have none yet. A node without a URL is left out. Of
    /// calls at the same time each translates all addresses that have none.
    ///
    /// Dropping the future leaves the addresses untranslated.
    pub(super) async fn urls_of(
        &self,
        listed: &[IpAddr],
        network: Network<'_>,
        now: Duration,
    ) -> HashSet<NodeUrl> {
        let due = {
            let mut state = self.state();
            state.listed.extend(listed);
            let is_due = |address: &&IpAddr| match state.entries.get(address) {
                Some(entry) => entry.url.is_none() && entry.next_call <= now,
                None => true,
            };
            listed.iter().filter(is_due).copied().collect()
        };
        self.translate(due, network, now).await;
        let state = self.state();
        let urls = listed
            .iter()
            .filter_map(|address| state.entries.get(address)?.url.clone());
        urls.collect()
    }

    /// Translates the nodes at these `unhealthy` URLs anew, as far as their pause is over. Returns the URLs that have
    /// changed, each with the new one.
    pub(super) async fn renew(
        &self,
        unhealthy: &HashSet<NodeUrl>,
        network: Network<'_>,
        now: Duration,
    ) -> HashMap<NodeUrl, NodeUrl> {
        let due = {
            let mut state = self.state();
            let mut due = Vec::new();
            for (address, entry) in &mut state.entries {
                let Some(url) = &entry.url else {
                    continue;
                };
                if !unhealthy.contains(url) {
                    entry.calls = 0;
                } else if entry.next_call <= now {
                    due.push(*address);
                }
            }
            due
        };
        self.translate(due, network, now).await
    }

    /// Returns the addresses of all translated nodes by their URLs.
    pub(super) fn listed_addresses(&self) -> HashMap<NodeUrl, IpAddr> {
        let state = self.state();
        let entries = state.entries.iter();
        let entries = entries.filter_map(|(address, entry)| Some((entry.url.clone()?, *address)));
        entries.collect()
    }

    /// Returns the addresses that have no URL, each with the reason.
    pub(super) fn failures(&self) -> Vec<(IpAddr, Arc<TranslationError>)> {
        let state = self.state();
        let entries = state.entries.iter();
        let untranslated = entries.filter(|(_, entry)| entry.url.is_none());
        let failures = untranslated.filter_map(|(address, entry)| {
            let error = entry.error.as_ref()?;
            Some((*address, Arc::clone(error)))
        });
        let mut failures: Vec<_> = failures.collect();
        failures.sort_by_key(|(address, _)| *address);
        failures
    }

    /// Forgets the addresses that are neither listed any more nor those of `nodes`, once a refresh has succeeded.
    pub(super) fn retain<'n>(&self, nodes: impl Iterator<Item = &'n NodeUrl>) {
        let nodes: HashSet<&NodeUrl> = nodes.collect();
        let mut state = self.state();
        let listed = take(&mut state.listed);
        state.entries.retain(|address, entry| {
            listed.contains(address) || entry.url.as_ref().is_some_and(|url| nodes.contains(url))
        });
    }

    /// Returns the events since the last call.
    pub(super) fn take_events(&self) -> Vec<TopologyEvent> {
        take(&mut self.state().events)
    }

    /// Translates addresses. Returns the URLs that have changed, each with the new one.
    ///
    /// Where a new URL is that of another node, that one is translated anew as well: nodes that restart may exchange
    /// their ports.
    async fn translate(
        &self,
        due: Vec<IpAddr>,
        network: Network<'_>,
        now: Duration,
    ) -> HashMap<NodeUrl, NodeUrl> {
        if due.is_empty() {
            return HashMap::new();
        }
        let mut results = self.call_for(due, network).await;
        let holders = self.state().holders(&results);
        results.extend(self.call_for(holders, network).await);
        self.state().record(results, now)
    }

    async fn call_for(&self, addresses: Vec<IpAddr>, network: Network<'_>) -> Results {
        let calls = addresses.into_iter().map(async |address| {
            let node = UntranslatedNode::new(address, &self.origin, network);
            (address, self.call(&node).await)
        });
        join_all(calls).await.into_iter().collect()
    }

    /// Calls the translator for one node.
    async fn call(&self, node: &UntranslatedNode<'_>) -> Result<NodeUrl, TranslationError> {
        let call = async { self.translator.translator().translate_address(node).await };
        let call = AssertUnwindSafe(call).catch_unwind();
        let result = timeout(TRANSLATION_TIMEOUT, call).await;
        let result = result.map_err(|_elapsed| TranslationError::TimedOut(TRANSLATION_TIMEOUT))?;
        let result = result.map_err(|panic| TranslationError::Panicked(message_of(&*panic)))?;
        self.check(result.map_err(TranslationError::Failed)?, node)
    }

    /// Parses a URL, and checks that the node may have it.
    fn check(
        &self,
        text: String,
        node: &UntranslatedNode<'_>,
    ) -> Result<NodeUrl, TranslationError> {
        let url = match parse_seed(&text) {
            Ok(url) => url,
            Err(SeedError::Aws(_)) => return Err(TranslationError::Aws(text)),
            Err(_) => return Err(TranslationError::Invalid(text)),
        };
        if url.scheme() != self.origin.scheme() {
            return Err(TranslationError::Scheme(text));
        }
        let is_allowed = match url.host() {
            Host::Ip(ip) => self.allowed_addresses.allows_seed(*ip),
            // As with seeds: over `https` the certificate is checked.
            Host::Name(_) => url.scheme() == Scheme::Https || !self.allowed_addresses.are_limited(),
        };
        if !is_allowed {
            return Err(TranslationError::NotAllowed(text));
        }
        // A translator that returns the listed address does not vouch for it: it has no other.
        match url.ip() == Some(node.address()) && !self.may_be_listed(node) {
            true => Err(TranslationError::Listed(text)),
            false => Ok(url),
        }
    }

    /// Returns whether the node may be at its listed address, by the rules for lists without a translator.
    fn may_be_listed(&self, node: &UntranslatedNode<'_>) -> bool {
        let mut listed_by = node.network.nodes.iter();
        self.allowed_addresses.allows_node(node.address())
            && !listed_by.any(|by| leads_to_own_host(node.address(), by))
    }

    fn state(&self) -> MutexGuard<'_, State> {
        // Nothing that holds the lock can panic.
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl State {
    /// Returns the nodes that have a URL which the results give to another node.
    fn holders(&self, results: &Results) -> Vec<IpAddr> {
        let new: HashSet<&NodeUrl> = results.values().flatten().collect();
        let entries = self.entries.iter();
        let others = entries.filter(|(address, _)| !results.contains_key(address));
        let holders = others.filter(|(_, entry)| {
            let url = entry.url.as_ref();
            url.is_some_and(|url| new.contains(url))
        });
        holders.map(|(address, _)| *address).collect()
    }

    /// Records the results of calls. Returns the URLs that have changed, each with the new one.
    ///
    /// A node that keeps its URL goes before one that would get it, and of two that would get the same the one with the
    /// lower address.
    fn record(&mut self, results: Results, now: Duration) -> HashMap<NodeUrl, NodeUrl> {
        let entries = self.entries.iter();
        let others = entries.filter(|(address, _)| !results.contains_key(address));
        let mut taken: HashMap<NodeUrl, IpAddr> = others
            .filter_map(|(address, entry)| Some((entry.url.clone()?, *address)))
            .collect();
        let (moved, mut settled): (Results, Results) =
            results.into_iter().partition(|(address, result)| {
                let former = self
                    .entries
                    .get(address)
                    .and_then(|entry| entry.url.as_ref());
                result.as_ref().is_ok_and(|url| Some(url) != former)
            });
        for address in settled.keys() {
            let former = self
                .entries
                .get(address)
                .and_then(|entry| entry.url.clone());
            taken.extend(former.map(|url| (url, *address)));
        }
        for (address, result) in moved {
            let result = result.and_then(|url| match taken.get(&url) {
                Some(&other) => Err(TranslationError::Taken { url, other }),
                None => {
                    taken.insert(url.clone(), address);
                    Ok(url)
                }
            });
            settled.insert(address, result);
        }
        let mut renamed = HashMap::new();
        for (address, result) in settled {
            let entry = self.entries.entry(address).or_default();
            let former = entry.url.clone();
            let event = entry.record(address, result, now);
            self.events
                .extend(event.filter(|_| self.events.len() < MAX_EVENTS));
            // Its last URL may be that of another node by now.
            entry.url = entry
                .url
                .take()
                .filter(|url| taken.get(url).is_none_or(|holder| *holder == address));
            if let (Some(former), Some(url)) = (former, &entry.url)
                && former != *url
            {
                renamed.insert(former, url.clone());
            }
        }
        renamed
    }
}

impl Translation {
    /// Records the result of a call. Reports errors of the same kind in a row once.
    fn record(
        &mut self,
        address: IpAddr,
        result: Result<NodeUrl, TranslationError>,
        now: Duration,
    ) -> Option<TopologyEvent> {
        let pause = FIRST_PAUSE.saturating_mul(1 << self.calls.min(8));
        self.next_call = now + pause.min(LONGEST_PAUSE);
        self.calls = self.calls.saturating_add(1);
        let error = match result {
            Ok(url) => {
                self.url = Some(url);
                self.error = None;
                return None;
            }
            Err(error) => Arc::new(error),
        };
        let former = self.error.replace(Arc::clone(&error));
        let is_new = former.is_none_or(|former| discriminant(&*former) != discriminant(&*error));
        is_new.then(|| TopologyEvent::TranslationFailed {
            address,
            node: self.url.clone(),
            error,
        })
    }
}

/// Returns the message of a panic.
fn message_of(panic: &(dyn Any + Send)) -> String {
    let text = panic.downcast_ref::<&str>().map(|text| (*text).to_owned());
    let text = text.or_else(|| panic.downcast_ref::<String>().cloned());
    text.unwrap_or_else(|| "without a message".to_owned())
}

#[cfg(test)]
mod tests;
