//! The memory that token maps take.

use alternator_lb_core::routing::TokenMap;
use std::sync::{Arc, Mutex, PoisonError, Weak};

/// Shares equal maps, and limits the number of ranges of all together. Used by refreshes only, hence a lock.
#[derive(Debug)]
pub(super) struct TokenMapBudget {
    maps: Mutex<Vec<Weak<TokenMap>>>,
    pub(super) max_ranges: usize,
}

/// The number of ranges of all maps, of which each takes 12 bytes: 50 MB, as sixteen maps of the largest size. Equal
/// maps, as the tables of a cluster of vnodes have, count once.
const MAX_RANGES: usize = 1 << 22;

impl Default for TokenMapBudget {
    fn default() -> Self {
        Self {
            maps: Mutex::default(),
            max_ranges: MAX_RANGES,
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
        let ranges: usize = used.iter().map(|map| map.range_count()).sum();
        if ranges + map.range_count() > self.max_ranges {
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

    /// Three ranges: before the token, the token, and after it.
    fn map(token: i64) -> TokenMap {
        let none: &[IpAddr] = &[];
        let one: &[IpAddr] = &[[10, 0, 0, 1].into()];
        TokenMap::of_tablets([(Token::new(token - 1), none), (Token::new(token), one)]).unwrap()
    }

    #[test]
    fn equal_maps_share_their_memory() {
        let budget = TokenMapBudget::default();
        let maps = [(); 2].map(|()| budget.share(map(5)).unwrap());
        assert!(Arc::ptr_eq(&maps[0], &maps[1]));
    }

    #[test]
    fn map_beyond_the_budget_is_refused_until_another_one_is_dropped() {
        let budget = TokenMapBudget {
            max_ranges: 5,
            ..TokenMapBudget::default()
        };
        let first = budget.share(map(1)).unwrap();
        assert_eq!(budget.share(map(2)), Err(map(2)));
        assert!(budget.share(map(1)).is_ok(), "it takes no more");
        drop(first);
        assert!(budget.share(map(2)).is_ok());
    }
}
