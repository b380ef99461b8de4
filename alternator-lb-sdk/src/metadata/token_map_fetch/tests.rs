use super::*;
use crate::metadata::token_map_budget::TokenMapBudget;
use alternator_lb_core::routing::Token;
use serde_json::{Map, json};
use std::net::IpAddr;
use std::sync::Mutex;
use std::time::Duration;

const NOW: Duration = Duration::from_secs(1);

/// A server whose tables have these rows, in pages of two.
#[derive(Default)]
struct Server {
    tables: HashMap<&'static str, Vec<Value>>,
    /// The rows of each node about itself and about its peers. The nodes respond in turn.
    nodes: Vec<(Value, Vec<Value>)>,
    refused_table: Option<&'static str>,
    queried: Mutex<Vec<String>>,
}

const PAGE: usize = 2;

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
        let start = body["ExclusiveStartKey"]["at"].as_u64().unwrap_or_default() as usize;
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
        self.respond(input)
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

fn table(name: &str, number: u8) -> Value {
    row(&[
        ("keyspace_name", format!("alternator_{name}")),
        ("table_name", name.to_owned()),
        ("id", id(number)),
    ])
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

/// The maps of the table `t` and of these indexes of it, fetched and published.
async fn fetch_all(
    server: &Server,
    indexes: &[&str],
) -> Result<Vec<Option<Arc<FetchedMap>>>, InternalError> {
    let maps = TableMaps::default();
    maps.add(None);
    for index in indexes {
        maps.add(Some(index));
    }
    let sources = maps.all();
    let outcome = fetch_token_maps(server, "t", &sources, Addresses::default()).await?;
    let budget = TokenMapBudget::default();
    outcome.publish(&maps, NOW, |map| budget.share(map).ok());
    let has_id = outcome.table_id.is_some();
    assert!(!maps.are_of_another_table(&id(1)));
    assert_eq!(has_id, maps.are_of_another_table(&id(99)));
    Ok(sources
        .iter()
        .map(|source| source.fetched.load_full())
        .collect())
}

fn replica(fetched: &Option<Arc<FetchedMap>>, token: i64) -> String {
    let fetched = fetched.as_ref().expect("a map");
    let replicas = fetched.map.replicas(Token::new(token)).iter();
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
        .with("system_schema.tables", [table("t", 1), table("u", 9)])
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
    assert!(Arc::ptr_eq(&base.map, &local.map));
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
        .with("system_schema.tables", [table("t", 1)])
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
        .with("system_schema.tables", [table("t", 1)])
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
            .with("system_schema.tables", [table("t", 1)])
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
    assert_eq!(server.queries_of("system.peers"), ADDRESS_ROUNDS);
}

#[tokio::test]
async fn refused_and_missing_tables_are_reported() {
    for refused_table in ["system_schema.tables", "system.tablets", "system.peers"] {
        let server = Server {
            refused_table: Some(refused_table),
            ..Server::default()
        };
        let server = server
            .with("system_schema.tables", [table("t", 1)])
            .with("system.tablets", [tablet(1, 0, 1)])
            .with_nodes(2);
        let result = fetch_all(&server, &[]).await;
        assert!(
            matches!(result, Err(InternalError::Refused(_))),
            "{refused_table}"
        );
    }
    let result = fetch_all(&Server::default(), &[]).await;
    assert!(matches!(result, Err(InternalError::NotFound)));
    let gone = Server::default().with("system_schema.tables", []);
    assert!(fetch_all(&gone, &[]).await.unwrap()[0].is_none());
}

/// Responds the same to every query.
struct FixedResponse(Value);

impl MetadataClient for FixedResponse {
    async fn call(&self, _: &'static str, _: &Value) -> Result<Value, InternalError> {
        Ok(self.0.clone())
    }
}

#[tokio::test]
async fn malformed_responses_are_unsupported() {
    for malformed in [json!({}), json!([]), json!({"Items": 7}), Value::Null] {
        let maps = TableMaps::default();
        maps.add(None);
        let server = FixedResponse(malformed);
        let result = fetch_token_maps(&server, "t", &maps.all(), Addresses::default()).await;
        assert!(matches!(result, Err(InternalError::Unsupported(_))));
    }
}
