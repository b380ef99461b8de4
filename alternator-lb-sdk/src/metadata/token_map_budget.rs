//! The memory that token maps take.

use alternator_lb_core::routing::TokenMap;
use std::sync::{Arc, Mutex, PoisonError, Weak};

/// Shares equal maps, and limits the memory of all together. Used by refreshes only, hence a lock.
#[derive(Debug)]
pub(super) struct TokenMapBudget {
    maps: Mutex<Vec<Weak<TokenMap>>>,
    pub(super) max_bytes: usize,
}

/// The limit that keeps a table from having a map.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub(super) enum OverLimit {
    /// It has more ranges or replicas than a map can have.
    #[error("262,144 ranges or 1,048,576 replicas")]
    Ranges,
    /// The maps of other tables take all of the memory.
    #[error("50 MB for the maps of all tables")]
    Memory,
}

/// The memory of all maps, with their sets of replicas: that of some forty tables of 100,000 tablets. Equal maps, as
/// the tables of a cluster of vnodes have, count once.
const MAX_BYTES: usize = 50_000_000;

impl Default for TokenMapBudget {
    fn default() -> Self {
        Self {
            maps: Mutex::default(),
            max_bytes: MAX_BYTES,
        }
    }
}

impl TokenMapBudget {
    /// Returns the map, or an equal one that is in use, whose memory it shares.
    ///
    /// # Errors
    ///
    /// Returns the map if the budget has no room for it.
    pub(super) fn share(&self, map: TokenMap) -> Result<Arc<TokenMap>, TokenMap> {
        let mut maps = self.maps.lock().unwrap_or_else(PoisonError::into_inner);
        maps.retain(|map| map.strong_count() > 0);
        let used: Vec<Arc<TokenMap>> = maps.iter().filter_map(Weak::upgrade).collect();
        if let Some(equal) = used.iter().find(|used| ***used == map) {
            return Ok(Arc::clone(equal));
        }
        let bytes: usize = used.iter().map(|map| map.bytes()).sum();
        if bytes.saturating_add(map.bytes()) > self.max_bytes {
            return Err(map);
        }
        let map = Arc::new(map);
        maps.push(Arc::downgrade(&map));
        Ok(map)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use alternator_lb_core::routing::Token;
    use std::net::IpAddr;

    /// Ranges up to the tokens, each with a set of replicas of its own.
    fn map(tokens: impl IntoIterator<Item = u32>) -> TokenMap {
        let range = |token: u32| {
            (
                Token::new(token.into()),
                [IpAddr::from(token.to_be_bytes())],
            )
        };
        TokenMap::of_tablets(tokens.into_iter().map(range)).unwrap()
    }

    #[test]
    fn equal_maps_share_their_memory() {
        let budget = TokenMapBudget::default();
        let maps = [(); 2].map(|()| budget.share(map([5])).unwrap());
        assert!(Arc::ptr_eq(&maps[0], &maps[1]));
    }

    #[test]
    fn map_beyond_the_budget_is_refused_until_another_one_is_dropped() {
        let budget = TokenMapBudget {
            max_bytes: map([1]).bytes() + 1,
            ..TokenMapBudget::default()
        };
        let first = budget.share(map([1])).unwrap();
        assert_eq!(budget.share(map([2])), Err(map([2])));
        assert!(budget.share(map([1])).is_ok(), "it takes no more");
        drop(first);
        assert!(budget.share(map([2])).is_ok());
    }

    #[test]
    fn distinct_sets_of_replicas_count() {
        let budget = TokenMapBudget {
            max_bytes: MAX_BYTES / 100,
            ..TokenMapBudget::default()
        };
        let mut maps = Vec::new();
        while let Ok(map) = budget.share(map((0..1_000).map(|token| token + maps.len() as u32))) {
            maps.push(map);
        }
        // 12 bytes for a range, and at least those of an address for a set of its own.
        let ranges: usize = maps.iter().map(|map| map.range_count()).sum();
        assert!(
            ranges * (12 + size_of::<IpAddr>()) < budget.max_bytes,
            "{ranges}"
        );
    }
}
