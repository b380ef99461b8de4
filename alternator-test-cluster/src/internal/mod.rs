//! Tables named `.scylla.alternator.<keyspace>.<table>`, through which Alternator shows the server's own tables.
//!
//! They are handled without the engine. The tables here are those from which a client reads the replicas of partitions
//! and the isolation of writes. They have the columns for that, and some that complicate parsing: values of type BOOL,
//! which are no JSON booleans.

mod access;
mod cell;
mod definition;
mod placement_rows;
mod projection;
mod read;
mod row;
mod schema_rows;
mod selection;
mod system_rows;

use bytes::Bytes;
use hyper::HeaderMap;
use serde_json::Value;

use crate::api_error::ApiError;
use crate::auth;
use crate::cluster_state::ClusterState;
use crate::node_state::NodeState;
use crate::operation::Operation;

pub use access::InternalTables;
use definition::Definition;

/// The parts of a request that internal tables need.
#[derive(Debug)]
pub(crate) struct Request<'a> {
    pub(crate) operation: Operation,
    pub(crate) body: &'a [u8],
    pub(crate) headers: &'a HeaderMap,
}

/// Returns the response to a request for an internal table. `None` if it is for other tables.
pub(crate) fn respond(
    cluster: &ClusterState,
    node: &NodeState,
    request: &Request<'_>,
) -> Option<Result<Bytes, ApiError>> {
    if !mentions_prefix(request.body) {
        return None;
    }
    let body: Value = match serde_json::from_slice(request.body) {
        Ok(body) => body,
        Err(error) => return Some(Err(ApiError::not_json(error))),
    };
    let name = internal_name(&body)?;
    let response = respond_for_table(cluster, node, request, &body, name);
    Some(response.map(|response| Bytes::from(response.to_string())))
}

fn respond_for_table(
    cluster: &ClusterState,
    node: &NodeState,
    request: &Request<'_>,
    body: &Value,
    name: &str,
) -> Result<Value, ApiError> {
    let operation = request.operation;
    if operation == Operation::CreateTable {
        return Err(ApiError::validation(format!(
            "The prefix {PREFIX} is reserved for internal tables: cannot create {name}"
        )));
    }
    let definition = name.strip_prefix(PREFIX);
    let definition = definition.and_then(|name| Definition::named(name, cluster.version));
    let known = definition.filter(|_| cluster.internal_tables != InternalTables::Unknown);
    let Some(definition) = known else {
        return Err(not_found(format!(
            "Requested resource not found: Internal table {name} not found"
        )));
    };
    match operation {
        Operation::Query | Operation::Scan => {
            let read = read::Read::new(operation, body, definition, cluster.weighs_pages)?;
            let role = auth::claimed_role(request.headers);
            let role = role.as_deref();
            if cluster.internal_tables == InternalTables::Refused
                || !cluster.may_select(role, definition.name)
            {
                return Err(refused(role, definition));
            }
            let response = read.run(definition.rows(cluster, node));
            let bytes = response.to_string().len();
            let rows = response.get("Count").and_then(Value::as_u64);
            let recorder = &node.recorder;
            recorder.record_internal_read(definition.name, rows.unwrap_or_default(), bytes as u64);
            Ok(response)
        }
        Operation::BatchWriteItem
        | Operation::DeleteItem
        | Operation::PutItem
        | Operation::UpdateItem => Err(not_found(format!(
            "Table {name} is an internal table, and writing to it is forbidden by the \
             alternator_allow_system_table_write configuration"
        ))),
        _ => Err(not_found(format!(
            "Requested resource not found: Table: {name} not found"
        ))),
    }
}

/// The first internal table that a request names.
fn internal_name(body: &Value) -> Option<&str> {
    let named = body.get("TableName").and_then(Value::as_str).into_iter();
    let batched = body.get("RequestItems").and_then(Value::as_object);
    let batched = batched.into_iter().flat_map(|tables| tables.keys());
    let mut names = named.chain(batched.map(String::as_str));
    names.find(|name| name.starts_with(PREFIX))
}

fn not_found(message: String) -> ApiError {
    ApiError::bad_request("ResourceNotFoundException", message)
}

/// As where the role has no permission. All clients come from this machine.
fn refused(role: Option<&str>, definition: &Definition) -> ApiError {
    ApiError::bad_request(
        "AccessDeniedException",
        format!(
            "SELECT access on table {} is denied to role {}, client address 127.0.0.1",
            definition.name,
            role.unwrap_or("<anonymous>")
        ),
    )
}

fn mentions_prefix(body: &[u8]) -> bool {
    body.windows(PREFIX.len())
        .any(|window| window == PREFIX.as_bytes())
}

const PREFIX: &str = ".scylla.alternator.";
