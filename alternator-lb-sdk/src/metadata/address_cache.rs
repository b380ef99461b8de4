//! The addresses of nodes, which the refreshes of all tables share.

use super::server_tables::Addresses;
use std::cmp::Ordering;
use std::sync::{Mutex, PoisonError};
use std::time::Duration;

/// Addresses of one generation of the topology, believed for some time. Used by refreshes only, hence a lock.
#[derive(Debug, Default)]
pub(super) struct AddressCache(Mutex<Entry>);

#[derive(Debug, Default)]
struct Entry {
    addresses: Addresses,
    generation: u64,
    valid_until: Duration,
}

/// A node that comes back at another address is known by the old one to other nodes for some seconds, in which its new
/// one is listed already.
pub(super) const VALIDITY: Duration = Duration::from_secs(60);

impl AddressCache {
    /// The addresses that are believed; none after a change of the topology.
    pub(super) fn get(&self, now: Duration, generation: u64) -> Addresses {
        let entry = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        match entry.generation == generation && entry.valid_until > now {
            true => entry.addresses.clone(),
            false => Addresses::default(),
        }
    }

    /// Stores addresses that were fetched in this generation.
    pub(super) fn set(&self, addresses: &Addresses, now: Duration, generation: u64) {
        let mut entry = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let valid_until = match generation.cmp(&entry.generation) {
            Ordering::Less => return,
            // Some of the addresses are as old as they were.
            Ordering::Equal if entry.valid_until > now => entry.valid_until,
            Ordering::Equal | Ordering::Greater => now + VALIDITY,
        };
        *entry = Entry {
            addresses: addresses.clone(),
            generation,
            valid_until,
        };
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    const NOW: Duration = Duration::from_secs(1);

    fn addresses() -> Addresses {
        let mut addresses = Addresses::default();
        addresses.read(&json!({"peer": {"S": "10.0.0.1"}, "rpc_address": {"S": "10.0.0.1"}}));
        addresses
    }

    #[test]
    fn addresses_are_believed_for_a_minute_from_the_first_of_them_on() {
        let cache = AddressCache::default();
        cache.set(&addresses(), NOW, 0);
        let later = NOW + VALIDITY / 2;
        assert_eq!(cache.get(later, 0), addresses());
        cache.set(&addresses(), later, 0);
        assert_eq!(cache.get(NOW + VALIDITY, 0), Addresses::default());
    }

    #[test]
    fn addresses_of_another_generation_are_not_believed() {
        let cache = AddressCache::default();
        cache.set(&addresses(), NOW, 0);
        assert_eq!(cache.get(NOW, 1), Addresses::default());
        cache.set(&addresses(), NOW, 1);
        cache.set(&Addresses::default(), NOW, 0);
        assert_eq!(cache.get(NOW, 1), addresses());
    }
}
