use super::*;
use crate::metadata::FetchedMap;
use alternator_lb_core::routing::Token;
use std::net::IpAddr;
use tokio::time::advance;

fn cache(keys: &HashMap<String, String>, token_maps: bool) -> MetadataCache {
    let needs = MetadataNeeds {
        token_maps,
        ..MetadataNeeds::default()
    };
    MetadataCache::new(Clock::new(), keys, needs)
}

fn cache_with_maps() -> MetadataCache {
    cache(&HashMap::new(), true)
}

/// Three ranges: before the token, the token, and after it.
fn map(token: i64) -> TokenMap {
    let none: &[IpAddr] = &[];
    let one: &[IpAddr] = &[[10, 0, 0, 1].into()];
    TokenMap::of_tablets([(Token::new(token - 1), none), (Token::new(token), one)]).unwrap()
}

/// Fetches a map of this table. Returns whether it is kept.
fn set_map(cache: &MetadataCache, table: &str, token: i64) -> bool {
    let table = cache.table(table, cache.now());
    assert!(table.token_map(None).is_none());
    let shared = cache.share_map(map(token));
    if let Some(map) = shared.clone() {
        let fetched_at = cache.now();
        let fetched = FetchedMap { map, fetched_at };
        table.maps.all()[0].fetched.store(Some(Arc::new(fetched)));
    }
    shared.is_some()
}

#[tokio::test]
async fn table_is_the_same_for_all_operations() {
    let cache = cache(&HashMap::new(), false);
    let now = cache.now();
    assert!(cache.find("a").is_none());
    let a = cache.table("a", now);
    assert!(Arc::ptr_eq(&a, &cache.table("a", now)));
    assert!(Arc::ptr_eq(&a, &cache.find("a").unwrap()));
    assert!(!Arc::ptr_eq(&a, &cache.table("b", now)));
}

#[tokio::test]
async fn least_recently_used_tables_are_evicted_and_named_ones_are_kept() {
    let keys = HashMap::from([("named".to_owned(), "pk".to_owned())]);
    let cache = cache(&keys, false);
    for number in 0..3 * MAX_TABLES {
        let now = Duration::from_secs(number as u64);
        cache.table("used", now);
        cache.table(&number.to_string(), now);
    }
    let count: usize = cache.shards.iter().map(|shard| shard.load().len()).sum();
    assert!(count <= MAX_TABLES);
    assert!(cache.find("named").is_some() && cache.find("used").is_some());
    assert!(cache.find("0").is_none());
    assert!(cache.find(&(3 * MAX_TABLES - 1).to_string()).is_some());
}

#[tokio::test(start_paused = true)]
async fn maps_of_unused_tables_are_dropped_for_those_of_others() {
    let mut cache = cache_with_maps();
    cache.token_map_budget.max_ranges = 5;
    advance(UNUSED).await;
    assert!(set_map(&cache, "a", 1));
    assert!(!set_map(&cache, "b", 2));
    assert!(set_map(&cache, "c", 1), "it takes no more");
    let a = cache.table("a", cache.now());
    assert!(a.token_map(None).is_some());
    advance(UNUSED).await;
    assert!(set_map(&cache, "d", 3));
    assert!(a.token_map(None).is_none() && a.maps_schedule.is_due(cache.now()));
}

#[tokio::test(start_paused = true)]
async fn new_generation_makes_all_maps_stale_within_a_second() {
    let cache = cache_with_maps();
    let table = cache.table("t", cache.now());
    let second = Duration::from_secs(1);
    let fetch = || {
        for schedule in [&table.schema_schedule, &table.maps_schedule] {
            if let Some(refresh) = schedule.try_acquire(cache.now(), second) {
                schedule.finish(refresh, cache.now() + UNUSED);
            }
        }
    };
    fetch();
    for (generation, is_changed) in [(0, false), (2, true), (1, false), (2, false), (3, true)] {
        advance(20 * second).await;
        cache.observe_generation(generation);
        assert!(!table.schema_schedule.is_due(cache.now() + second));
        let is_due = table.maps_schedule.is_due(cache.now() + second);
        assert_eq!(is_due, is_changed, "{generation}");
        advance(second).await;
        fetch();
    }
}
