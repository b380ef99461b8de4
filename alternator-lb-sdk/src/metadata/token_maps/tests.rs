use super::reading::{Ask, read};
use super::*;
use crate::metadata::server_tables::Question;
use serde_json::{Value, json};
use tokio::time::advance;

const TABLE: Source<'_> = Source {
    table: "t",
    index: None,
};

const fn seconds(n: u64) -> Duration {
    Duration::from_secs(n)
}

fn text(columns: &[(&str, &str)]) -> Value {
    let columns = columns.iter();
    columns
        .map(|(name, value)| ((*name).to_owned(), json!({"S": value})))
        .collect()
}

const HOST: &str = "5e3d8f6c-0000-4000-8000-000000000001";

/// A server with one table of so many tablets, all on one node.
struct Server {
    tablets: usize,
    stage: Option<&'static str>,
    knows_its_node: bool,
}

const WELL: Server = Server {
    tablets: 1,
    stage: None,
    knows_its_node: true,
};

impl Ask for Server {
    async fn ask(&self, question: &Question) -> Result<Value, CallError> {
        let table = question.body()["TableName"].as_str().unwrap();
        let rows = match table.strip_prefix(".scylla.alternator.").unwrap() {
            "system_schema.tables" => vec![text(&[("table_name", "t"), ("id", HOST)])],
            "system.tablets" => (0..self.tablets)
                .map(|tablet| self.tablet(tablet))
                .collect(),
            "system.local" if self.knows_its_node => {
                vec![text(&[("host_id", HOST), ("rpc_address", "10.0.0.1")])]
            }
            _ => Vec::new(),
        };
        Ok(json!({"Items": rows}))
    }
}

impl Server {
    fn tablet(&self, number: usize) -> Value {
        let last_token = number.to_string();
        let mut row = text(&[("last_token", &last_token), ("replicas", HOST)]);
        if number % 2 == 1 {
            row["replicas"] = json!({"S": ""});
        }
        if let Some(stage) = self.stage {
            row["stage"] = json!({"S": stage});
        }
        row
    }
}

fn maps() -> (Arc<TokenMaps>, Arc<TableMaps>) {
    let maps = TokenMaps::new(Clock::new());
    let table = maps.atlas.look_up("t", maps.clock.now()).unwrap();
    assert!(table.find(None).is_none());
    (maps, table)
}

/// After how long the next reading is due.
async fn pause_after(server: &Server) -> Duration {
    let (maps, table) = maps();
    let told = read(server, &table, Addresses::default()).await.unwrap();
    maps.learn(&table, &told) - maps.clock.now()
}

#[tokio::test(start_paused = true)]
async fn maps_are_read_again_after_a_while_that_is_short_when_things_move_and_long_when_they_are_large()
 {
    let moving = Server {
        stage: Some("streaming"),
        ..WELL
    };
    let incomplete = Server {
        knows_its_node: false,
        ..WELL
    };
    let large = Server {
        tablets: 25_000,
        ..WELL
    };
    for (server, pause) in [(WELL, 300), (moving, 15), (incomplete, 60), (large, 900)] {
        let expected = seconds(pause).mul_f64(0.8)..=seconds(pause).mul_f64(1.2);
        let pause = pause_after(&server).await;
        assert!(expected.contains(&pause), "{pause:?} {expected:?}");
    }
}

#[tokio::test(start_paused = true)]
async fn what_was_refused_is_not_asked_again_for_a_while_and_what_failed_soon() {
    let (maps, _) = maps();
    let refusal = || CallError::Refused("no SELECT".to_owned());
    let pause = maps.fail(&CallError::Unreachable("nobody".into())) - maps.clock.now();
    assert!((seconds(8)..=seconds(12)).contains(&pause));
    assert!(!maps.is_refused(maps.clock.now()));
    maps.fail(&refusal());
    assert!(maps.is_refused(maps.clock.now() + seconds(230)));
    assert!(!maps.is_refused(maps.clock.now() + seconds(370)));
}

#[tokio::test(start_paused = true)]
async fn a_reading_that_is_given_up_passes_its_turn_on() {
    let (maps, table) = maps();
    let now = maps.clock.now();
    assert!(table.turn().take(now, now + READING));
    drop(Reading {
        maps: Arc::clone(&maps),
        table: Arc::clone(&table),
        due: now + RETRY,
    });
    assert!(!table.turn().take(now, now + READING));
    advance(RETRY).await;
    let now = maps.clock.now();
    assert!(table.turn().take(now, now + READING));
}

#[tokio::test(start_paused = true)]
async fn whoever_cannot_ask_leaves_it_to_another() {
    let (maps, _) = maps();
    let errands = Errands::new();
    assert!(maps.find(TABLE, None, &errands, || None).is_none());
    let mut asked = false;
    maps.find(TABLE, None, &errands, || {
        asked = true;
        None
    });
    assert!(!asked, "it is not due yet");
    advance(RETRY).await;
    maps.find(TABLE, None, &errands, || {
        asked = true;
        None
    });
    assert!(asked);
}

#[tokio::test(start_paused = true)]
async fn addresses_are_asked_for_again_when_they_are_old() {
    let (maps, table) = maps();
    let told = read(&WELL, &table, Addresses::default()).await.unwrap();
    maps.remember(&told.addresses, 0);
    advance(BELIEVED / 2).await;
    assert_eq!(maps.addresses(), told.addresses);
    maps.remember(&told.addresses, 0);
    advance(BELIEVED / 2).await;
    assert_eq!(maps.addresses(), Addresses::default());
}

#[tokio::test(start_paused = true)]
async fn a_change_of_the_nodes_makes_all_maps_due_and_their_addresses_unknown() {
    let (maps, table) = maps();
    let now = maps.clock.now();
    assert!(table.turn().take(now, now + READING));
    let told = read(&WELL, &table, Addresses::default()).await.unwrap();
    table.turn().pass(maps.learn(&table, &told));
    maps.remember(&told.addresses, 0);
    assert_ne!(maps.addresses(), Addresses::default());
    advance(seconds(20)).await;
    maps.told_of_changes(|_| {})(&TopologyEvent::Recovered);
    advance(seconds(1)).await;
    let now = maps.clock.now();
    assert!(!table.turn().take(now, now), "that was another report");
    let changed = TopologyEvent::Changed {
        added: Vec::new(),
        removed: Vec::new(),
        nodes: 3,
        locality: String::new(),
    };
    maps.told_of_changes(|_| {})(&changed);
    maps.remember(&told.addresses, 0);
    assert_eq!(maps.addresses(), Addresses::default(), "also not late");
    advance(seconds(1)).await;
    let now = maps.clock.now();
    assert!(table.turn().take(now, now + READING));
}

#[tokio::test(start_paused = true)]
async fn the_map_of_another_table_with_the_same_name_is_read_again() {
    let (maps, table) = maps();
    let told = read(&WELL, &table, Addresses::default()).await.unwrap();
    let now = maps.clock.now();
    assert!(table.turn().take(now, now + READING));
    table.turn().pass(maps.learn(&table, &told));
    advance(seconds(20)).await;
    let errands = Errands::new();
    for (id, is_due) in [
        (None, false),
        (Some(HOST), false),
        (Some("another"), true),
        (Some("another"), false),
        (Some("a third"), true),
    ] {
        let mut asked = false;
        let known = maps.find(TABLE, id, &errands, || {
            asked = true;
            None
        });
        assert!(known.is_some());
        assert_eq!(asked, is_due, "{id:?}");
        // That it is tried again is not because of the id.
        let now = maps.clock.now();
        table.turn().take(now + RETRY, now + RETRY);
        table.turn().pass(now + INTERVAL);
        advance(seconds(20)).await;
    }
}
