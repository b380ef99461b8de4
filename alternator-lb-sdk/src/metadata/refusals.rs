//! The requests that roles may not make.

use super::server_tables::ServerTable;
use crate::internal::client::Credentials;
use alternator_lb_core::clock::millis;
use alternator_lb_core::jitter::with_default_jitter;
use alternator_lb_core::metadata_schedule::REFUSAL_AGE;
use arc_swap::ArcSwap;
use std::collections::HashMap;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

/// A request that a role may make or not.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub(super) enum Permission {
    /// Describing this table.
    DescribeTable(Arc<str>),
    /// Listing the tags of this table.
    ListTags(Arc<str>),
    /// Reading one of the server's own tables.
    Select(ServerTable),
}

/// The requests that were refused, each to some credentials. They are not made again for some minutes, while other
/// credentials make theirs: the clients of a cluster may have different roles.
#[derive(Debug, Default)]
pub(super) struct Refusals {
    /// The time until which each refusal is believed.
    refused: ArcSwap<HashMap<(Permission, Credentials), Duration>>,
    /// The latest of these times, in milliseconds.
    latest: AtomicU64,
}

/// The number of refusals that are kept. Credentials are told apart by their providers, and a program that makes a
/// provider for each operation gets past this number; its refusals are then forgotten.
const MAX_REFUSALS: usize = 1_000;

/// The number of credentials to which a request is refused before it counts as refused to all.
const MAX_CREDENTIALS: usize = 16;

impl Refusals {
    /// Returns whether any refusal is believed. Costs one load.
    pub(super) fn any(&self, now: Duration) -> bool {
        millis(now) < self.latest.load(Ordering::Relaxed)
    }

    /// Returns until when a request is not to be made with these credentials, if it was refused.
    pub(super) fn until(
        &self,
        permission: &Permission,
        credentials: Credentials,
        now: Duration,
    ) -> Option<Duration> {
        if !self.any(now) {
            return None;
        }
        let refused = self.refused.load();
        let own = refused.get(&(permission.clone(), credentials));
        let own = own.copied().filter(|until| *until > now);
        own.or_else(|| {
            let others = refused.iter();
            let others = others.filter(|((other, _), until)| other == permission && **until > now);
            let earliest = others.clone().map(|(_, until)| *until).min();
            earliest.filter(|_| others.count() >= MAX_CREDENTIALS)
        })
    }

    /// Records a refusal. Returns until when it is believed, and whether it is the first one since these credentials
    /// were permitted.
    pub(super) fn record(
        &self,
        permission: &Permission,
        credentials: Credentials,
        now: Duration,
    ) -> (Duration, bool) {
        let until = now + with_default_jitter(REFUSAL_AGE);
        let key = (permission.clone(), credentials);
        let before = self.refused.rcu(|refused| {
            let mut refused = HashMap::clone(refused);
            if refused.len() >= MAX_REFUSALS {
                refused.clear();
            }
            refused.insert(key.clone(), until);
            refused
        });
        self.latest.fetch_max(millis(until), Ordering::Relaxed);
        (until, !before.contains_key(&key))
    }

    /// Records that a request was answered.
    pub(super) fn forget(&self, permission: &Permission, credentials: Credentials) {
        let key = (permission.clone(), credentials);
        if self.refused.load().contains_key(&key) {
            self.refused.rcu(|refused| {
                let mut refused = HashMap::clone(refused);
                refused.remove(&key);
                refused
            });
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const NOW: Duration = Duration::from_secs(1);
    const TABLETS: Permission = Permission::Select(ServerTable::Tablets);

    #[test]
    fn refusal_is_that_of_one_request_with_one_set_of_credentials() {
        let refusals = Refusals::default();
        let [weak, strong] = [Credentials::for_tests(), Credentials::for_tests()];
        assert!(!refusals.any(NOW));
        let (until, is_first) = refusals.record(&TABLETS, weak, NOW);
        assert!(is_first && refusals.any(NOW));
        assert_eq!(refusals.until(&TABLETS, weak, NOW), Some(until));
        assert_eq!(refusals.until(&TABLETS, strong, NOW), None);
        let peers = Permission::Select(ServerTable::Peers);
        assert_eq!(refusals.until(&peers, weak, NOW), None);
    }

    #[test]
    fn refusal_is_believed_for_minutes_and_reported_once() {
        let refusals = Refusals::default();
        let role = Credentials::for_tests();
        let (until, _) = refusals.record(&TABLETS, role, NOW);
        assert!(
            (4 * 60..=6 * 60 + 1).contains(&until.as_secs()),
            "{until:?}"
        );
        assert_eq!(refusals.until(&TABLETS, role, until), None);
        assert!(!refusals.any(until));
        assert!(!refusals.record(&TABLETS, role, until).1);
        refusals.forget(&TABLETS, role);
        assert_eq!(refusals.until(&TABLETS, role, until), None);
        assert!(refusals.record(&TABLETS, role, until).1);
    }

    #[test]
    fn request_that_is_refused_to_many_credentials_is_refused_to_all() {
        let refusals = Refusals::default();
        for _ in 0..MAX_CREDENTIALS {
            let another = Credentials::for_tests();
            assert_eq!(refusals.until(&TABLETS, another, NOW), None);
            refusals.record(&TABLETS, another, NOW);
        }
        let another = Credentials::for_tests();
        assert!(refusals.until(&TABLETS, another, NOW).is_some());
    }
}
