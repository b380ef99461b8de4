//! When token maps are fetched, by refreshes whose server is a stand-in.

use super::*;
use crate::internal::client::InternalError;
use crate::metadata::MetadataNeeds;
use alternator_lb_core::clock::Clock;
use alternator_lb_core::observe::Observer;
use serde_json::{Value, json};
use std::collections::HashMap;
use std::sync::atomic::Ordering;

const fn seconds(n: u64) -> Duration {
    Duration::from_secs(n)
}

const HOST: &str = "5e3d8f6c-0000-4000-8000-000000000001";

/// A server with one table of these tablets, all on one node.
#[derive(Clone, Debug)]
struct Tablets {
    count: usize,
    are_moving: bool,
    lists_its_node: bool,
    table_id: &'static str,
    is_missing: bool,
    /// Its response to all reads of its own tables.
    error: Option<fn() -> InternalError>,
    credentials: Credentials,
    requests: Arc<Mutex<Vec<String>>>,
}

impl Tablets {
    fn new() -> Self {
        Self {
            count: 1,
            are_moving: false,
            lists_its_node: true,
            table_id: HOST,
            is_missing: false,
            error: None,
            credentials: Credentials::for_tests(),
            requests: Arc::default(),
        }
    }

    fn tablet(&self, number: usize) -> Value {
        let replicas = if number % 2 == 1 { "" } else { HOST };
        let mut row = row(&[("last_token", &number.to_string()), ("replicas", replicas)]);
        if self.are_moving {
            row["stage"] = json!({"S": "streaming"});
            row["new_replicas"] = json!({"S": HOST.replace("01", "02")});
        }
        row
    }

    /// Returns whether the maps, or the schema, were fetched since the last call.
    fn fetched(&self) -> (bool, bool) {
        let requests = std::mem::take(&mut *self.requests.lock().unwrap());
        let has = |name: &str| requests.iter().any(|request| request == name);
        (has("system.tablets"), has("t"))
    }
}

fn row(columns: &[(&str, &str)]) -> Value {
    let columns = columns.iter();
    columns
        .map(|(name, value)| ((*name).to_owned(), json!({"S": value})))
        .collect()
}

impl MetadataClient for Tablets {
    async fn call(&self, operation: &'static str, input: &Value) -> Result<Value, InternalError> {
        let table = input["TableName"].as_str().unwrap();
        let table = table.strip_prefix(".scylla.alternator.").unwrap_or(table);
        self.requests.lock().unwrap().push(table.to_owned());
        if operation == "DescribeTable" && self.is_missing {
            return Err(InternalError::NotFound);
        }
        if operation == "DescribeTable" {
            let schema = json!([{"AttributeName": "pk", "KeyType": "HASH"}]);
            return Ok(json!({"Table": {"KeySchema": schema, "TableId": self.table_id}}));
        }
        if let Some(error) = self.error {
            return Err(error());
        }
        let rows = match table {
            "system.tablets" => (0..self.count).map(|number| self.tablet(number)).collect(),
            "system.local" if self.lists_its_node => {
                vec![row(&[("host_id", HOST), ("rpc_address", "10.0.0.1")])]
            }
            _ => Vec::new(),
        };
        Ok(json!({"Items": rows}))
    }

    fn credentials(&self) -> Credentials {
        self.credentials
    }
}

const MAPS: MetadataNeeds = MetadataNeeds::MAPS;

/// A cache with a table whose map is used.
fn cache() -> (Arc<MetadataCache>, Arc<TableMetadata>) {
    let cache = MetadataCache::new(
        Clock::new(),
        Arc::new(Observer::silent()),
        &HashMap::new(),
        MAPS,
    );
    let cache = Arc::new(cache);
    let table = cache.table("t", MAPS, cache.now());
    assert!(table.token_map(None).is_none());
    (cache, table)
}

fn acquire(cache: &Arc<MetadataCache>, table: &Arc<TableMetadata>) -> Option<TableRefresh> {
    TableRefresh::acquire(cache, table, cache.now())
}

/// Refreshes a table. Returns whether its maps, or its schema, were fetched.
async fn refresh(
    cache: &Arc<MetadataCache>,
    table: &Arc<TableMetadata>,
    server: &Tablets,
) -> (bool, bool) {
    let refresh = acquire(cache, table).unwrap();
    refresh.run(server.clone(), &TaskSlots::new()).await;
    server.fetched()
}

/// Returns whether the maps are stale after this pause, ±50 %, and not before.
fn pauses(cache: &MetadataCache, table: &TableMetadata, pause: u64) -> bool {
    let is_due = |factor| {
        let time = cache.now() + seconds(pause).mul_f64(factor);
        table.maps_schedule.is_due(time)
    };
    !is_due(0.49) && is_due(1.51)
}

#[tokio::test(start_paused = true)]
async fn age_of_maps_is_short_while_tablets_move_and_long_for_large_maps() {
    let moving = Tablets {
        are_moving: true,
        ..Tablets::new()
    };
    let incomplete = Tablets {
        lists_its_node: false,
        ..Tablets::new()
    };
    let large = Tablets {
        count: 25_000,
        ..Tablets::new()
    };
    for (server, pause) in [
        (Tablets::new(), 600),
        (moving, 15),
        (incomplete, 60),
        (large, 1_800),
    ] {
        let (cache, table) = cache();
        assert_eq!(refresh(&cache, &table, &server).await, (true, true));
        assert!(table.token_map(None).is_some());
        assert!(pauses(&cache, &table, pause), "{pause}");
    }
}

#[tokio::test(start_paused = true)]
async fn incomplete_maps_are_fetched_again_less_and_less_often() {
    let (cache, table) = cache();
    let mut server = Tablets::new();
    server.lists_its_node = false;
    for pause in [60, 120, 240, 480, 600, 600] {
        refresh(&cache, &table, &server).await;
        assert!(pauses(&cache, &table, pause), "{pause}");
        advance(seconds(pause).mul_f64(1.51)).await;
    }
    server.lists_its_node = true;
    // The addresses were read some minutes ago.
    refresh(&cache, &table, &server).await;
    assert!(pauses(&cache, &table, 600));
}

#[tokio::test(start_paused = true)]
async fn malformed_and_missing_maps_are_fetched_again_in_seconds() {
    let error: fn() -> InternalError = || InternalError::Unsupported("the start key".to_owned());
    for (count, error) in [(1, Some(error)), (0, None)] {
        let (cache, table) = cache();
        let mut server = Tablets::new();
        (server.count, server.error) = (count, error);
        for pause in [2, 4, 8] {
            refresh(&cache, &table, &server).await;
            assert!(pauses(&cache, &table, pause), "{pause}");
            advance(seconds(pause).mul_f64(1.51)).await;
        }
        (server.count, server.error) = (1, None);
        refresh(&cache, &table, &server).await;
        assert!(table.token_map(None).is_some());
        assert!(pauses(&cache, &table, 600));
    }
}

#[tokio::test(start_paused = true)]
async fn table_over_a_limit_has_no_map_says_so_once_and_is_read_at_its_ordinary_age() {
    let mut cache = MetadataCache::new(
        Clock::new(),
        Arc::new(Observer::silent()),
        &HashMap::new(),
        MAPS,
    );
    cache.token_map_budget.max_bytes = 0;
    let cache = Arc::new(cache);
    let [over, within] = ["t", "t2"].map(|name| cache.table(name, MAPS, cache.now()));
    for table in [&over, &within] {
        assert!(table.token_map(None).is_none());
    }
    let server = Tablets::new();
    for warns in [true, false] {
        let has_warned = over.has_warned_of_size.load(Ordering::Relaxed);
        over.maps_schedule.refresh_now();
        assert!(refresh(&cache, &over, &server).await.0);
        let warned = over.has_warned_of_size.load(Ordering::Relaxed) != has_warned;
        assert_eq!(warned, warns);
        assert!(over.token_map(None).is_none());
        assert!(pauses(&cache, &over, 600));
    }
    assert!(!within.has_warned_of_size.load(Ordering::Relaxed));
}

#[tokio::test(start_paused = true)]
async fn refused_maps_wait_for_minutes_and_unreachable_ones_for_seconds() {
    let (cache, table) = cache();
    let mut server = Tablets::new();
    server.error = Some(|| InternalError::Unreachable("no node".into()));
    refresh(&cache, &table, &server).await;
    assert!(pauses(&cache, &table, 10));
    advance(seconds(16)).await;
    server.error = Some(|| InternalError::Refused("no SELECT".to_owned()));
    refresh(&cache, &table, &server).await;
    assert!(pauses(&cache, &table, 300));
}

#[tokio::test(start_paused = true)]
async fn refusal_to_one_role_stops_only_that_role() {
    let (cache, table) = cache();
    let tasks = BackgroundTasks::new();
    let strong = Tablets::new();
    let mut weak = Tablets::new();
    weak.error = Some(|| InternalError::Refused("no SELECT".to_owned()));
    refresh(&cache, &table, &weak).await;
    let is_due_for = |server: &Tablets| {
        let credentials = server.credentials;
        // Without means, so that nothing is spawned.
        cache.refresh_if_due(&table, &tasks, || credentials, || None);
        table.maps_refusal.load().is_none()
    };
    weak.fetched();
    assert!(!is_due_for(&weak));
    let other = cache.table("t2", MAPS, cache.now());
    assert!(other.token_map(None).is_none());
    let (maps, _) = refresh(&cache, &other, &weak).await;
    assert!(!maps, "it would be refused as well");
    assert!(pauses(&cache, &other, 300));
    assert!(is_due_for(&strong));
    advance(NO_CLIENT).await;
    assert_eq!(refresh(&cache, &table, &strong).await, (true, false));
    assert!(table.token_map(None).is_some());
    assert!(!is_due_for(&weak) || table.maps_refusal.load().is_none());
}

#[tokio::test(start_paused = true)]
async fn maps_that_are_wanted_together_wait_for_a_random_time() {
    let (cache, _) = cache();
    let tables: Vec<_> = (0..40)
        .map(|number| cache.table(&number.to_string(), MAPS, cache.now()))
        .collect();
    let server = Tablets::new();
    let slots = TaskSlots::new();
    let started = cache.now();
    let fetching = tables.iter().map(|table| {
        assert!(table.token_map(None).is_none());
        acquire(&cache, table).unwrap()
    });
    let fetching: Vec<TableRefresh> = fetching.collect();
    let fetched_at = fetching
        .into_iter()
        .zip(&tables)
        .map(async |(refresh, table)| {
            refresh.run(server.clone(), &slots).await;
            assert!(table.token_map(None).is_some());
            (cache.now() - started).as_millis()
        });
    let mut waits = futures_util::future::join_all(fetched_at).await;
    waits.sort_unstable();
    assert!(waits[39] <= 10_000 && waits[39] > 8_000, "{waits:?}");
    assert!((3_000..7_000).contains(&waits[20]), "{waits:?}");
    assert_eq!(cache.maps_wanted(), 0);
}

#[tokio::test(start_paused = true)]
async fn maps_are_fetched_without_the_schema_when_only_they_are_stale() {
    let (cache, table) = cache();
    let server = Tablets::new();
    refresh(&cache, &table, &server).await;
    assert!(!table.is_due(cache.now()));
    advance(seconds(900)).await;
    assert_eq!(refresh(&cache, &table, &server).await, (true, false));
    table.token_map(Some("new index"));
    assert_eq!(refresh(&cache, &table, &server).await, (true, false));
    table.schema_schedule.refresh_now();
    assert_eq!(refresh(&cache, &table, &server).await, (false, true));
}

#[tokio::test(start_paused = true)]
async fn maps_of_another_table_with_the_same_name_are_fetched_again() {
    let (cache, table) = cache();
    let mut server = Tablets::new();
    refresh(&cache, &table, &server).await;
    for (id, fetches_maps) in [(HOST, false), ("another", true)] {
        server.table_id = id;
        table.schema_schedule.refresh_now();
        let fetched = refresh(&cache, &table, &server).await;
        assert_eq!(fetched, (fetches_maps, true), "{id}");
    }
}

#[tokio::test(start_paused = true)]
async fn dropped_refresh_is_due_again() {
    let (cache, table) = cache();
    let dropped = acquire(&cache, &table).unwrap();
    assert!(acquire(&cache, &table).is_none());
    drop(dropped);
    let server = Tablets::new();
    assert_eq!(refresh(&cache, &table, &server).await, (true, true));
    assert!(!table.is_due(cache.now()));
}

#[tokio::test(start_paused = true)]
async fn refresh_that_never_ends_is_taken_over_and_has_no_effect() {
    let (cache, table) = cache();
    let stuck = acquire(&cache, &table).unwrap();
    advance(MAPS_EXPIRY).await;
    let server = Tablets::new();
    assert_eq!(refresh(&cache, &table, &server).await, (true, true));
    stuck.run(server.clone(), &TaskSlots::new()).await;
    assert_eq!(server.fetched(), (false, false));
    assert!(!table.is_due(cache.now()));
}

#[tokio::test(start_paused = true)]
async fn replaced_table_is_fetched_anew_and_the_refresh_under_way_dropped() {
    let (cache, table) = cache();
    let server = Tablets::new();
    let mut old = acquire(&cache, &table).unwrap();
    table.replace();
    let (schema, maps) = (old.schema.unwrap(), old.maps.as_ref().unwrap().0);
    old.refresh_schema(&server, schema).await;
    old.refresh_maps(&server, maps).await;
    drop(old);
    assert!(table.schema().is_none() && table.token_map(None).is_none());
    server.fetched();
    assert_eq!(refresh(&cache, &table, &server).await, (true, true));
    assert!(table.schema().is_some() && table.token_map(None).is_some());
}

#[tokio::test(start_paused = true)]
async fn without_a_client_the_refresh_is_postponed() {
    let (cache, table) = cache();
    let tasks = BackgroundTasks::new();
    let attempts = Mutex::new(0);
    let refresh = || {
        cache.refresh_if_due(&table, &tasks, Credentials::for_tests, || {
            *attempts.lock().unwrap() += 1;
            None
        });
        *attempts.lock().unwrap()
    };
    assert_eq!([refresh(), refresh()], [1, 1]);
    advance(NO_CLIENT).await;
    assert_eq!(refresh(), 2);
}

#[tokio::test(start_paused = true)]
async fn maps_wait_for_a_schema() {
    let (cache, table) = cache();
    let mut server = Tablets::new();
    server.is_missing = true;
    assert_eq!(refresh(&cache, &table, &server).await, (false, true));
    assert!(table.maps_schedule.is_due(cache.now()) && !table.is_due(cache.now()));
    advance(SchemaOutcome::Missing.pause().mul_f64(1.51)).await;
    server.is_missing = false;
    assert_eq!(refresh(&cache, &table, &server).await, (true, true));
}
