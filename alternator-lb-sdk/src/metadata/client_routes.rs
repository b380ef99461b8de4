//! `system.client_routes`: where nodes behind PrivateLink can be reached.
//!
//! The table names nodes by their host ids, and `/localnodes` by their addresses. The tables `system.local` and
//! `system.peers` of the node that is asked have both.

use super::MetadataClient;
use super::fetch_client::{FetchClient, FetchError};
use super::refusals::Refusals;
use super::server_tables::{
    Addresses, NodeName, RowReader, ServerQuery, ServerTable, grants, parsed, text, uuid,
};
use crate::internal::client::{Credentials, InternalError};
use alternator_lb_core::clock::Clock;
use alternator_lb_core::discovery::{ClientRoute, RouteTable};
use alternator_lb_core::observe::with_causes;
use aws_smithy_runtime_api::box_error::BoxError;
use futures_util::future::BoxFuture;
use serde_json::Value;
use std::collections::HashMap;

/// Sends operations to one node.
pub(crate) trait NodeClient: Send + Sync {
    fn call_node<'a>(
        &'a self,
        operation: &'static str,
        input: &'a Value,
    ) -> BoxFuture<'a, Result<Value, InternalError>>;
}

/// Reads the routes by these connections. Those of an earlier one go before those of a later one.
pub(crate) async fn read(
    node: &impl NodeClient,
    connection_ids: &[String],
    clock: Clock,
) -> Result<RouteTable, BoxError> {
    let refusals = Refusals::default();
    let client = FetchClient {
        client: &OneNode(node),
        refusals: &refusals,
        clock,
    };
    match read_with(&client, connection_ids).await {
        Ok(table) => Ok(table),
        Err(FetchError::NotFound) => Ok(RouteTable::default()),
        Err(error @ FetchError::Refused { .. }) => {
            let needed = [
                ServerTable::ClientRoutes,
                ServerTable::Local,
                ServerTable::Peers,
            ];
            let text = "let the client's role read the table, or send a first operation where requests are signed";
            Err(format!("{error}; {text}: {}", grants(&needed)).into())
        }
        Err(error @ (FetchError::Unreachable(_) | FetchError::Unsupported(_))) => {
            Err(with_causes(&error).into())
        }
    }
}

async fn read_with(
    client: &FetchClient<'_, impl MetadataClient>,
    connection_ids: &[String],
) -> Result<RouteTable, FetchError> {
    let mut routes = Routes::default();
    for connection in connection_ids {
        let key = [("connection_id", connection.as_str())];
        let query = ServerQuery::new(ServerTable::ClientRoutes, &key, &Routes::COLUMNS);
        routes = query.read(client, routes).await?;
    }
    if routes.0.is_empty() {
        let query = ServerQuery::new(ServerTable::ClientRoutes, &[], &["connection_id"]);
        let AnyRow(is_filled) = query.read(client, AnyRow(false)).await?;
        return Ok(RouteTable {
            is_filled,
            ..RouteTable::default()
        });
    }
    let local = ServerQuery::new(
        ServerTable::Local,
        &[("key", "local")],
        &Addresses::OF_LOCAL,
    );
    let addresses = local.read(client, Addresses::default()).await?;
    let peers = ServerQuery::new(ServerTable::Peers, &[], &Addresses::OF_PEERS);
    let addresses = peers.read(client, addresses).await?;
    let routes = routes.0.into_iter();
    let routes = routes.filter_map(|(host, route)| Some((addresses.find(host)?, route)));
    Ok(RouteTable {
        is_filled: true,
        routes: routes.collect(),
    })
}

/// Rows of `system.client_routes`. The first row of a host counts.
#[derive(Debug, Default)]
struct Routes(HashMap<NodeName, ClientRoute>);

/// True if there is any row.
#[derive(Debug)]
struct AnyRow(bool);

/// The number of routes that are kept: more than a list of nodes may have.
const MAX_ROUTES: usize = 10_000;

impl Routes {
    const COLUMNS: [&'static str; 4] = [
        "host_id",
        "address",
        "alternator_port",
        "alternator_https_port",
    ];
}

impl RowReader for Routes {
    fn read(&mut self, row: &Value) {
        let host = text(row, "host_id").and_then(uuid).map(NodeName::Host);
        let address = text(row, "address").filter(|address| !address.is_empty());
        if let (Some(host), Some(address)) = (host, address)
            && !self.is_full()
        {
            self.0.entry(host).or_insert_with(|| ClientRoute {
                host: address.to_owned(),
                http_port: parsed(row, "alternator_port"),
                https_port: parsed(row, "alternator_https_port"),
            });
        }
    }

    fn is_full(&self) -> bool {
        self.0.len() >= MAX_ROUTES
    }
}

impl RowReader for AnyRow {
    fn read(&mut self, _: &Value) {
        self.0 = true;
    }

    fn is_full(&self) -> bool {
        self.0
    }
}

struct OneNode<'a, N>(&'a N);

impl<N: NodeClient> MetadataClient for OneNode<'_, N> {
    async fn call(&self, operation: &'static str, input: &Value) -> Result<Value, InternalError> {
        self.0.call_node(operation, input).await
    }

    fn credentials(&self) -> Credentials {
        Credentials::NONE
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    /// Responds to each table with these rows, or as if there were no such table.
    struct Tables(HashMap<&'static str, Value>);

    impl NodeClient for Tables {
        fn call_node<'a>(
            &'a self,
            operation: &'static str,
            input: &'a Value,
        ) -> BoxFuture<'a, Result<Value, InternalError>> {
            let name = input["TableName"].as_str().unwrap();
            let name = name.strip_prefix(".scylla.alternator.").unwrap();
            let rows = self.0.get(name).cloned().ok_or(InternalError::NotFound);
            let wanted = input.pointer("/ExpressionAttributeValues/:k0").cloned();
            Box::pin(async move {
                let mut rows = rows?;
                if let (true, Some(wanted)) = (name == "system.client_routes", wanted) {
                    assert_eq!(operation, "Query");
                    let rows = rows.as_array_mut().unwrap();
                    rows.retain(|row| row["connection_id"] == wanted);
                }
                Ok(json!({ "Items": rows }))
            })
        }
    }

    const HOSTS: [&str; 2] = [
        "ce7f075e-25e4-4cc0-985e-8cbc87ee0521",
        "a30cb019-509b-4874-9ec5-d26041016796",
    ];

    fn row(connection: &str, host: usize, port: u16) -> Value {
        json!({
            "connection_id": {"S": connection},
            "host_id": {"S": HOSTS[host]},
            "address": {"S": "vpce.example"},
            "alternator_port": {"S": port.to_string()},
        })
    }

    fn tables(routes: Value) -> Tables {
        let local = json!([{"host_id": {"S": HOSTS[0]}, "rpc_address": {"S": "10.0.0.1"}}]);
        let peers = json!([{"host_id": {"S": HOSTS[1]}, "rpc_address": {"S": "10.0.0.2"}}]);
        Tables(HashMap::from([
            ("system.client_routes", routes),
            ("system.local", local),
            ("system.peers", peers),
        ]))
    }

    /// Returns whether the table is filled, and the port of each listed node.
    async fn ports(tables: &Tables, connections: &[&str]) -> (bool, Vec<(String, Option<u16>)>) {
        let connections: Vec<_> = connections.iter().map(|&id| id.to_owned()).collect();
        let table = read(tables, &connections, Clock::new()).await.unwrap();
        let ports = table.routes.iter();
        let mut ports: Vec<_> = ports
            .map(|(address, route)| (address.to_string(), route.http_port))
            .collect();
        ports.sort();
        (table.is_filled, ports)
    }

    #[tokio::test]
    async fn routes_by_ones_own_connections_have_the_listed_addresses() {
        let tables = tables(json!([
            row("other", 0, 1),
            row("second", 0, 2),
            row("second", 1, 3),
            row("first", 0, 4),
            {"connection_id": {"S": "first"}, "host_id": {"S": "no id"}, "address": {"S": "x"}},
        ]));
        let port = |last: u8, port| (format!("10.0.0.{last}"), Some(port));
        let both = ports(&tables, &["first", "second"]).await;
        assert_eq!(both, (true, vec![port(1, 4), port(2, 3)]));
        assert_eq!(ports(&tables, &["first"]).await, (true, vec![port(1, 4)]));
        assert_eq!(ports(&tables, &["unknown"]).await, (true, vec![]));
    }

    #[tokio::test]
    async fn route_has_the_ports_of_both_schemes_as_far_as_the_row_has_them() {
        let mut both = row("first", 0, 8000);
        both["alternator_https_port"] = json!({"S": "8043"});
        let mut https = row("first", 1, 8000);
        https.as_object_mut().unwrap().remove("alternator_port");
        https["alternator_https_port"] = json!({"S": "8044"});
        let tables = tables(json!([both, https]));
        let connections = ["first".to_owned()];
        let table = read(&tables, &connections, Clock::new());
        let table = table.await.unwrap();
        let ports = |last: u8| {
            let route = &table.routes[&[10, 0, 0, last].into()];
            (route.http_port, route.https_port)
        };
        assert_eq!(ports(1), (Some(8000), Some(8043)));
        assert_eq!(ports(2), (None, Some(8044)));
    }

    #[tokio::test]
    async fn empty_or_missing_table_is_not_filled() {
        assert_eq!(ports(&tables(json!([])), &["first"]).await, (false, vec![]));
        let old = Tables(HashMap::new());
        assert_eq!(ports(&old, &["first"]).await, (false, vec![]));
    }
}
