use super::*;
use crate::internal::client::{Credentials, InternalError};
use crate::metadata::table_maps::TableMaps;
use crate::metadata::{MetadataCache, MetadataNeeds};
use alternator_lb_core::clock::Clock;
use alternator_lb_core::observe::Observer;
use alternator_lb_core::routing::Token;
use serde_json::{Map, Value, json};
use std::net::IpAddr;
use std::sync::Mutex;
use tokio::task::yield_now;

mod shared;

/// A server whose tables have these rows, in pages of two.
struct Server {
    tables: HashMap<&'static str, Vec<Value>>,
    /// The rows of each node about itself and about its peers. The nodes respond in turn.
    nodes: Vec<(Value, Vec<Value>)>,
    refused_table: Option<&'static str>,
    queried: Mutex<Vec<String>>,
    credentials: Credentials,
}

const PAGE: usize = 2;

impl Default for Server {
    fn default() -> Self {
        Self {
            tables: HashMap::new(),
            nodes: Vec::new(),
            refused_table: None,
            queried: Mutex::default(),
            credentials: Credentials::for_tests(),
        }
    }
}

impl Server {
    fn with(mut self, table: &'static str, rows: impl IntoIterator<Item = Value>) -> Self {
        self.tables.entry(table).or_default().extend(rows);
        self
    }

    /// Adds nodes, each of which knows all others.
    fn with_nodes(mut self, count: u8) -> Self {
        let node = |node: u8, own: &str| {
            let columns = [
                (own, format!("192.168.0.{node}")),
                ("host_id", host(node)),
                ("rpc_address", format!("10.0.0.{node}")),
                ("data_center", "dc1".to_owned()),
                ("key", "local".to_owned()),
            ];
            row(&columns)
        };
        for number in 1..=count {
            let others = (1..=count).filter(|other| *other != number);
            let others = others.map(|other| node(other, "peer")).collect();
            self.nodes.push((node(number, "broadcast_address"), others));
        }
        self
    }

    fn queries_of(&self, table: &str) -> usize {
        let queried = self.queried.lock().unwrap();
        queried.iter().filter(|queried| *queried == table).count()
    }

    fn rows(&self, table: &str) -> Option<Vec<Value>> {
        let times = self.queried.lock().unwrap().len();
        let node = self.nodes.get(times % self.nodes.len().max(1));
        match (table, node) {
            ("system.local", Some((itself, _))) => Some(vec![itself.clone()]),
            ("system.peers", Some((_, others))) => Some(others.clone()),
            _ => self.tables.get(table).cloned(),
        }
    }

    fn respond(&self, body: &Value) -> Result<Value, InternalError> {
        let table = body["TableName"].as_str().unwrap();
        let table = table.strip_prefix(".scylla.alternator.").unwrap();
        self.queried.lock().unwrap().push(table.to_owned());
        if self.refused_table == Some(table) {
            return Err(InternalError::Refused("no SELECT".to_owned()));
        }
        let rows = self.rows(table).ok_or(InternalError::NotFound)?;
        let conditions: Vec<(&str, &Value)> = (0..2)
            .filter_map(|number| {
                let names = &body["ExpressionAttributeNames"];
                let column = names[format!("#k{number}")].as_str()?;
                Some((
                    column,
                    &body["ExpressionAttributeValues"][format!(":k{number}")],
                ))
            })
            .collect();
        let is_selected = |row: &&Value| {
            conditions
                .iter()
                .all(|(column, value)| row[column] == **value)
        };
        let rows: Vec<&Value> = rows.iter().filter(is_selected).collect();
        let start = body["ExclusiveStartKey"]["at"]["S"].as_str();
        let start = start.map_or(0, |start| start.parse().unwrap());
        // The next page would come from another node, which has other rows.
        let size = if table == "system.peers" { 100 } else { PAGE };
        let page: Vec<&&Value> = rows.iter().skip(start).take(size).collect();
        let mut response = json!({"Items": page});
        if rows.len() > start + size {
            response["LastEvaluatedKey"] = json!({"at": start + size});
        }
        Ok(response)
    }
}

impl MetadataClient for Server {
    async fn call(&self, _: &'static str, input: &Value) -> Result<Value, InternalError> {
        yield_now().await;
        self.respond(input)
    }

    fn credentials(&self) -> Credentials {
        self.credentials
    }
}

fn row(columns: &[(&str, String)]) -> Value {
    let columns = columns.iter();
    let columns = columns.map(|(name, value)| ((*name).to_owned(), json!({"S": value})));
    Value::Object(columns.collect::<Map<_, _>>())
}

fn host(node: u8) -> String {
    format!("5e3d8f6c-0000-4000-8000-0000000000{node:02x}")
}

fn id(table: u8) -> String {
    format!("7a000000-0000-1000-8000-0000000000{table:02x}")
}

/// The replication of the keyspaces of these tables.
fn keyspaces<'a>(tables: &'a [&str], factor: u8) -> impl Iterator<Item = Value> + 'a {
    let keyspace = move |table: &&str| {
        row(&[
            ("keyspace_name", format!("alternator_{table}")),
            ("replication", format!("({{dc1 : {factor}}})")),
        ])
    };
    tables.iter().map(keyspace)
}

fn view(table: &str, name: &str, number: u8) -> Value {
    row(&[
        ("keyspace_name", format!("alternator_{table}")),
        ("view_name", name.to_owned()),
        ("id", id(number)),
    ])
}

fn tablet(table: u8, last_token: i64, node: u8) -> Value {
    row(&[
        ("table_id", id(table)),
        ("last_token", last_token.to_string()),
        ("replicas", format!("{}:1", host(node))),
    ])
}

fn vnode(table: &str, start: i64, end: i64, node: u8) -> Value {
    row(&[
        ("keyspace_name", format!("alternator_{table}")),
        ("table_name", "<ALL>".to_owned()),
        ("start_token", start.to_string()),
        ("end_token", end.to_string()),
        ("endpoint", format!("192.168.0.{node}")),
    ])
}

fn cache() -> Arc<MetadataCache> {
    let needs = MetadataNeeds::MAPS;
    Arc::new(MetadataCache::new(
        Clock::new(),
        Arc::new(Observer::silent()),
        &HashMap::new(),
        needs,
    ))
}

/// A cache that knows this many listed nodes.
fn cache_with_nodes(count: u8) -> Arc<MetadataCache> {
    let cache = cache();
    cache.observe_generation(1, || (1..=count).map(|node| [10, 0, 0, node].into()));
    cache
}

/// Fetches the maps of a table with the id 1, and of these indexes of it.
async fn fetch(
    cache: &Arc<MetadataCache>,
    server: &Server,
    table: &str,
    indexes: &[&str],
) -> Result<FetchOutcome, FetchError> {
    let maps = TableMaps::default();
    maps.add(None);
    for index in indexes {
        maps.add(Some(index));
    }
    fetch_token_maps(cache, server, (table, &id(1)), &maps.all()).await
}

/// The maps of the table `t` and of these indexes of it.
async fn fetch_all(
    server: &Server,
    indexes: &[&str],
) -> Result<Vec<Option<Arc<MapReading>>>, FetchError> {
    match fetch(&cache(), server, "t", indexes).await? {
        FetchOutcome::NoGain => panic!("no map was read"),
        FetchOutcome::Read(readings) => Ok(readings.into_iter().map(|(_, map)| map).collect()),
    }
}

fn replica(reading: &Option<Arc<MapReading>>, token: i64) -> String {
    let map = reading.as_ref().expect("a map").map.as_ref().unwrap();
    let replicas = map.replicas(Token::new(token)).iter();
    let replicas: Vec<String> = replicas.map(IpAddr::to_string).collect();
    replicas.join(" ")
}

#[tokio::test]
async fn tablets_of_a_table_and_its_indexes_are_read_page_by_page() {
    let tablets = [
        tablet(1, -100, 1),
        tablet(1, 0, 2),
        tablet(1, 100, 3),
        tablet(1, i64::MAX, 4),
        tablet(2, i64::MAX, 5),
        row(&[("table_id", id(3)), ("base_table", id(1))]),
    ];
    let server = Server::default()
        .with(
            "system_schema.views",
            [
                view("t", "t:global", 2),
                view("t", "t!:local", 3),
                view("t", "t:unused", 4),
            ],
        )
        .with("system.tablets", tablets)
        .with_nodes(5);
    let known = fetch_all(&server, &["global", "local", "missing"])
        .await
        .unwrap();
    let found = [-100, -99, 1, 101].map(|token| replica(&known[0], token));
    assert_eq!(found, ["10.0.0.1", "10.0.0.2", "10.0.0.3", "10.0.0.4"]);
    assert_eq!(replica(&known[1], 0), "10.0.0.5");
    let (base, local) = (known[0].as_ref().unwrap(), known[2].as_ref().unwrap());
    assert!(Arc::ptr_eq(base, local));
    assert!(known[3].is_none(), "there is no such index");
    assert_eq!(
        server.queries_of("system.tablets"),
        2 + 1 + 1,
        "those of the base are shared"
    );
    assert_eq!(server.queries_of("system.token_ring"), 0);
}

#[tokio::test]
async fn ring_of_a_keyspace_is_read_once() {
    let server = Server::default()
        .with("system_schema.views", [view("t", "t:i", 2)])
        .with("system.tablets", [])
        .with(
            "system.token_ring",
            [
                vnode("t", 0, 100, 1),
                vnode("t", 100, 0, 2),
                vnode("u", 5, 5, 3),
            ],
        )
        .with_nodes(3);
    let known = fetch_all(&server, &["i"]).await.unwrap();
    for known in &known {
        assert_eq!(
            [0, 1, 101].map(|token| replica(known, token)),
            ["10.0.0.2", "10.0.0.1", "10.0.0.2"]
        );
    }
    assert_eq!(server.queries_of("system.token_ring"), 1);
    assert_eq!(server.queries_of("system.tablets"), 1);
}

#[tokio::test]
async fn ring_is_read_where_the_server_has_no_tablets() {
    let server = Server::default()
        .with("system.token_ring", [vnode("t", 0, 0, 1)])
        .with_nodes(1);
    let known = fetch_all(&server, &[]).await.unwrap();
    assert_eq!(replica(&known[0], 7), "10.0.0.1");
}

#[tokio::test]
async fn address_that_a_node_does_not_list_is_read_from_another_node() {
    let placed = |nodes: u8| {
        let tablets = (1..=nodes).map(|node| tablet(1, i64::from(node), node));
        Server::default()
            .with("system.tablets", tablets)
            .with_nodes(nodes)
    };
    for nodes in 1..=6 {
        let server = placed(nodes);
        let known = fetch_all(&server, &[]).await.unwrap();
        for node in 1..=nodes {
            assert_eq!(
                replica(&known[0], i64::from(node)),
                format!("10.0.0.{node}")
            );
        }
    }
    let mut server = placed(3);
    server.tables.get_mut("system.tablets").unwrap()[2] = tablet(1, 3, 77);
    let known = fetch_all(&server, &[]).await.unwrap();
    assert_eq!(replica(&known[0], 1), "10.0.0.1");
    assert_eq!(replica(&known[0], 3), "", "its address is unknown");
    let summary = known[0].as_ref().unwrap().summary;
    assert!(summary.is_incomplete);
    // Two for all nodes, and four for the one that is missing.
    assert_eq!(server.queries_of("system.peers"), 2 + 4);
}

#[tokio::test]
async fn refused_and_missing_tables_are_reported() {
    for refused_table in ["system.tablets", "system.peers"] {
        let server = Server {
            refused_table: Some(refused_table),
            ..Server::default()
        };
        let server = server
            .with("system.tablets", [tablet(1, 0, 1)])
            .with_nodes(2);
        let result = fetch_all(&server, &[]).await;
        assert!(
            matches!(result, Err(FetchError::Refused { .. })),
            "{refused_table}"
        );
    }
    let result = fetch_all(&Server::default(), &[]).await;
    assert!(matches!(result, Err(FetchError::NotFound)));
    let empty = Server::default()
        .with("system.token_ring", [])
        .with_nodes(2);
    assert!(fetch_all(&empty, &[]).await.unwrap()[0].is_none());
}

/// Responds the same to every query.
struct FixedResponse(Value);

impl MetadataClient for FixedResponse {
    async fn call(&self, _: &'static str, _: &Value) -> Result<Value, InternalError> {
        Ok(self.0.clone())
    }

    fn credentials(&self) -> Credentials {
        Credentials::for_tests()
    }
}

#[tokio::test]
async fn malformed_responses_are_unsupported() {
    for malformed in [json!({}), json!([]), json!({"Items": 7}), Value::Null] {
        let (server, cache) = (FixedResponse(malformed), cache());
        let result = fetch_token_maps(&cache, &server, ("t", &id(1)), &[]).await;
        assert!(matches!(result, Err(FetchError::Unsupported(_))));
    }
}
