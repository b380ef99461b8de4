use super::*;
use crate::metadata::atlas::Atlas;
use crate::metadata::table_maps::Known;
use alternator_lb_core::routing::Token;
use serde_json::{Map, json};
use std::net::IpAddr;
use std::sync::Mutex;
use std::time::Duration;

const NOW: Duration = Duration::from_secs(1);

/// The server's tables, with the rows of each, shown two rows at a time.
#[derive(Default)]
struct Server {
    tables: HashMap<&'static str, Vec<Value>>,
    /// What the nodes know of themselves and of the others; they are asked in turn.
    nodes: Vec<(Value, Vec<Value>)>,
    refuses: Option<&'static str>,
    asked: Mutex<Vec<String>>,
}

const PAGE: usize = 2;

impl Server {
    fn with(mut self, table: &'static str, rows: impl IntoIterator<Item = Value>) -> Self {
        self.tables.entry(table).or_default().extend(rows);
        self
    }

    /// So many nodes, each of which knows all others.
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

    fn asked_for(&self, table: &str) -> usize {
        let asked = self.asked.lock().unwrap();
        asked.iter().filter(|asked| *asked == table).count()
    }

    fn rows(&self, table: &str) -> Option<Vec<Value>> {
        let times = self.asked.lock().unwrap().len();
        let node = self.nodes.get(times % self.nodes.len().max(1));
        match (table, node) {
            ("system.local", Some((itself, _))) => Some(vec![itself.clone()]),
            ("system.peers", Some((_, others))) => Some(others.clone()),
            _ => self.tables.get(table).cloned(),
        }
    }

    fn answer(&self, question: &Question) -> Result<Value, CallError> {
        let body = question.body();
        let table = body["TableName"].as_str().unwrap();
        let table = table.strip_prefix(".scylla.alternator.").unwrap();
        self.asked.lock().unwrap().push(table.to_owned());
        if self.refuses == Some(table) {
            return Err(CallError::Refused("no SELECT".to_owned()));
        }
        let rows = self.rows(table).ok_or(CallError::NotFound)?;
        let wanted: Vec<(&str, &Value)> = (0..2)
            .filter_map(|number| {
                let names = &body["ExpressionAttributeNames"];
                let column = names[format!("#k{number}")].as_str()?;
                Some((
                    column,
                    &body["ExpressionAttributeValues"][format!(":k{number}")],
                ))
            })
            .collect();
        let is_wanted = |row: &&Value| wanted.iter().all(|(column, value)| row[column] == **value);
        let rows: Vec<&Value> = rows.iter().filter(is_wanted).collect();
        let start = body["ExclusiveStartKey"]["at"].as_u64().unwrap_or_default() as usize;
        // The next page would come from another node, which has other rows.
        let size = if table == "system.peers" { 100 } else { PAGE };
        let page: Vec<&&Value> = rows.iter().skip(start).take(size).collect();
        let mut answer = json!({"Items": page});
        if rows.len() > start + size {
            answer["LastEvaluatedKey"] = json!({"at": start + size});
        }
        Ok(answer)
    }
}

impl Ask for Server {
    async fn ask(&self, question: &Question) -> Result<Value, CallError> {
        self.answer(question)
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

/// What is known of the table `t` and these indexes of it, once it was read.
async fn read_all(server: &Server, indexes: &[&str]) -> Result<Vec<Option<Arc<Known>>>, CallError> {
    let atlas = Atlas::default();
    let maps = atlas.look_up("t", NOW).unwrap();
    let sources: Vec<Option<&str>> = std::iter::once(None)
        .chain(indexes.iter().copied().map(Some))
        .collect();
    for index in &sources {
        assert!(maps.find(*index).is_none());
    }
    let told = read(server, &maps, Addresses::default()).await?;
    told.publish(&maps, NOW, |map| atlas.keep(map, NOW));
    let has_id = told.base.is_some();
    assert!(!maps.is_told_to_be(&id(1)));
    assert_eq!(has_id, maps.is_told_to_be(&id(99)));
    Ok(sources.iter().map(|index| maps.find(*index)).collect())
}

fn replica(known: &Option<Arc<Known>>, token: i64) -> String {
    let known = known.as_ref().expect("a map");
    let replicas = known.map.replicas(Token::new(token)).iter();
    let replicas: Vec<String> = replicas.map(IpAddr::to_string).collect();
    replicas.join(" ")
}

#[tokio::test]
async fn tablets_are_read_page_by_page_for_a_table_and_its_indexes() {
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
    let known = read_all(&server, &["global", "local", "missing"])
        .await
        .unwrap();
    let found = [-100, -99, 1, 101].map(|token| replica(&known[0], token));
    assert_eq!(found, ["10.0.0.1", "10.0.0.2", "10.0.0.3", "10.0.0.4"]);
    assert_eq!(replica(&known[1], 0), "10.0.0.5");
    let (base, local) = (known[0].as_ref().unwrap(), known[2].as_ref().unwrap());
    assert!(Arc::ptr_eq(&base.map, &local.map));
    assert!(known[3].is_none(), "there is no such index");
    assert_eq!(
        server.asked_for("system.tablets"),
        2 + 1 + 1,
        "the base's were read already"
    );
    assert_eq!(server.asked_for("system.token_ring"), 0);
}

#[tokio::test]
async fn the_ring_of_a_keyspace_is_read_once() {
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
    let known = read_all(&server, &["i"]).await.unwrap();
    for known in &known {
        assert_eq!(
            [0, 1, 101].map(|token| replica(known, token)),
            ["10.0.0.2", "10.0.0.1", "10.0.0.2"]
        );
    }
    assert_eq!(server.asked_for("system.token_ring"), 1);
    assert_eq!(server.asked_for("system.tablets"), 1);
}

#[tokio::test]
async fn servers_without_tablets_are_asked_for_their_ring() {
    let server = Server::default()
        .with("system_schema.tables", [table("t", 1)])
        .with("system.token_ring", [vnode("t", 0, 0, 1)])
        .with_nodes(1);
    let known = read_all(&server, &[]).await.unwrap();
    assert_eq!(replica(&known[0], 7), "10.0.0.1");
}

#[tokio::test]
async fn a_node_that_does_not_name_itself_is_found_by_asking_another() {
    let placed = |nodes: u8| {
        let tablets = (1..=nodes).map(|node| tablet(1, i64::from(node), node));
        Server::default()
            .with("system_schema.tables", [table("t", 1)])
            .with("system.tablets", tablets)
            .with_nodes(nodes)
    };
    for nodes in 1..=6 {
        let server = placed(nodes);
        let known = read_all(&server, &[]).await.unwrap();
        for node in 1..=nodes {
            assert_eq!(
                replica(&known[0], i64::from(node)),
                format!("10.0.0.{node}")
            );
        }
    }
    let mut server = placed(3);
    server.tables.get_mut("system.tablets").unwrap()[2] = tablet(1, 3, 77);
    let known = read_all(&server, &[]).await.unwrap();
    assert_eq!(replica(&known[0], 1), "10.0.0.1");
    assert_eq!(replica(&known[0], 3), "", "nobody knows that one");
    assert_eq!(server.asked_for("system.peers"), ROUNDS);
}

#[tokio::test]
async fn what_is_refused_or_missing_is_told() {
    for refuses in ["system_schema.tables", "system.tablets", "system.peers"] {
        let server = Server {
            refuses: Some(refuses),
            ..Server::default()
        };
        let server = server
            .with("system_schema.tables", [table("t", 1)])
            .with("system.tablets", [tablet(1, 0, 1)])
            .with_nodes(2);
        let result = read_all(&server, &[]).await;
        assert!(matches!(result, Err(CallError::Refused(_))), "{refuses}");
    }
    let result = read_all(&Server::default(), &[]).await;
    assert!(matches!(result, Err(CallError::NotFound)));
    let gone = Server::default().with("system_schema.tables", []);
    assert!(read_all(&gone, &[]).await.unwrap()[0].is_none());
}

/// Answers the same, whatever is asked.
struct Parrot(Value);

impl Ask for Parrot {
    async fn ask(&self, _: &Question) -> Result<Value, CallError> {
        Ok(self.0.clone())
    }
}

#[tokio::test]
async fn nonsense_is_not_understood() {
    for nonsense in [json!({}), json!([]), json!({"Items": 7}), Value::Null] {
        let maps = Atlas::default().look_up("t", NOW).unwrap();
        assert!(maps.find(None).is_none());
        let result = read(&Parrot(nonsense), &maps, Addresses::default()).await;
        assert!(matches!(result, Err(CallError::NotUnderstood(_))));
    }
}
