use super::*;
use crate::metadata::FetchedMap;
use alternator_lb_core::routing::Token;
use std::net::IpAddr;
use tokio::time::advance;

const MAPS: MetadataNeeds = MetadataNeeds::MAPS;

fn cache(keys: &HashMap<String, String>, token_maps: bool) -> MetadataCache {
    let needs = MetadataNeeds { token_maps, ..MAPS };
    MetadataCache::new(Clock::new(), Arc::new(Observer::silent()), keys, needs)
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
    let table = cache.table(table, MAPS, cache.now());
    assert!(table.token_map(None).is_none());
    let shared = cache.share_map(map(token)).ok();
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
    let a = cache.table("a", MAPS, now);
    assert!(Arc::ptr_eq(&a, &cache.table("a", MAPS, now)));
    assert!(Arc::ptr_eq(&a, &cache.find("a").unwrap()));
    assert!(!Arc::ptr_eq(&a, &cache.table("b", MAPS, now)));
}

#[tokio::test]
async fn least_recently_used_tables_are_evicted_and_named_ones_are_kept() {
    let keys = HashMap::from([("named".to_owned(), "pk".to_owned())]);
    let cache = cache(&keys, false);
    for number in 0..3 * MAX_TABLES {
        let now = Duration::from_secs(number as u64);
        cache.table("used", MAPS, now);
        cache.table(&number.to_string(), MAPS, now);
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
    cache.token_map_budget.max_bytes = map(1).bytes() + 1;
    advance(UNUSED).await;
    assert!(set_map(&cache, "a", 1));
    assert!(!set_map(&cache, "b", 2));
    assert!(set_map(&cache, "c", 1), "it takes no more");
    let a = cache.table("a", MAPS, cache.now());
    assert!(a.token_map(None).is_some());
    advance(UNUSED).await;
    assert!(set_map(&cache, "d", 3));
    assert!(a.token_map(None).is_none() && a.maps_schedule.is_due(cache.now()));
}

/// Returns whether the maps of a table become stale within a minute when the nodes of this generation are listed, and
/// fetches them then.
async fn become_stale(
    cache: &MetadataCache,
    table: &TableMetadata,
    generation: u64,
    nodes: &[u8],
) -> bool {
    let minute = Duration::from_secs(60);
    let addresses = || nodes.iter().map(|node| IpAddr::from([10, 0, 0, *node]));
    cache.observe_generation(generation, addresses);
    let is_due = |time| table.maps_schedule.is_due(cache.now() + time);
    assert!(!table.schema_schedule.is_due(cache.now() + minute));
    let becomes_due = is_due(minute);
    advance(minute).await;
    for schedule in [&table.schema_schedule, &table.maps_schedule] {
        if let Some(refresh) = schedule.try_acquire(cache.now(), minute) {
            schedule.finish(refresh, cache.now() + UNUSED);
        }
    }
    becomes_due
}

#[tokio::test(start_paused = true)]
async fn node_that_joins_makes_all_maps_stale_within_a_minute_and_others_do_not() {
    let cache = cache_with_maps();
    let table = cache.table("t", MAPS, cache.now());
    for schedule in [&table.schema_schedule, &table.maps_schedule] {
        let refresh = schedule.try_acquire(cache.now(), UNUSED).unwrap();
        schedule.finish(refresh, cache.now() + 100 * UNUSED);
    }
    for (generation, nodes, is_changed, reason) in [
        (1, &[1, 2, 3][..], false, "the first list"),
        (3, &[1, 3], false, "a node leaves"),
        (2, &[1, 2, 3, 9], false, "an older list"),
        (4, &[1, 2, 3], false, "it returns"),
        (5, &[1, 2, 3, 4], true, "a node joins"),
        (5, &[1, 2, 3, 4, 5], false, "the same list"),
        (6, &[4, 5, 6], true, "all others leave"),
    ] {
        let becomes_stale = become_stale(&cache, &table, generation, nodes).await;
        assert_eq!(becomes_stale, is_changed, "{reason}");
    }
}

#[tokio::test(start_paused = true)]
async fn maps_of_many_tables_are_spread_over_the_minute_after_a_join() {
    let cache = cache_with_maps();
    let tables: Vec<_> = (0..600)
        .map(|number| cache.table(&number.to_string(), MAPS, cache.now()))
        .collect();
    for table in &tables {
        let refresh = table
            .maps_schedule
            .try_acquire(cache.now(), UNUSED)
            .unwrap();
        table.maps_schedule.finish(refresh, cache.now() + UNUSED);
    }
    advance(Duration::from_secs(30)).await;
    for nodes in [1, 2] {
        cache.observe_generation(nodes.into(), || {
            (1..=nodes).map(|node| IpAddr::from([10, 0, 0, node]))
        });
    }
    for (seconds, expected) in [(0, 0..30), (30, 200..400), (60, 600..601)] {
        let time = cache.now() + Duration::from_secs(seconds);
        let due = tables
            .iter()
            .filter(|table| table.maps_schedule.is_due(time))
            .count();
        assert!(expected.contains(&due), "{due} after {seconds} s");
    }
}

#[tokio::test]
async fn table_of_which_more_is_needed_is_fetched_anew_with_its_named_key() {
    let keys = HashMap::from([("t".to_owned(), "pk".to_owned())]);
    let cache = cache(&keys, false);
    let now = cache.now();
    let table = cache.table("t", MetadataNeeds::default(), now);
    assert!(!table.is_due(now), "its key is named");
    let widened = cache.table("t", MAPS, now);
    assert!(widened.is_due(now) && widened.schema().is_some());
    for needs in [MAPS, MetadataNeeds::default()] {
        assert!(Arc::ptr_eq(&widened, &cache.table("t", needs, now)));
    }
}
