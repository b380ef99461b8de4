//! The Grafana dashboard.

use crate::query::Query;
use serde_json::Value;

const DASHBOARD: &str = include_str!("../../grafana/dashboard.json");

/// Returns the queries of all panels, and those of the variables.
pub(crate) fn queries() -> Vec<Query> {
    let dashboard: Value = serde_json::from_str(DASHBOARD).unwrap();
    let mut queries = Vec::new();
    collect(&dashboard, &mut queries);
    assert!(queries.len() > 15, "{}", queries.len());
    queries
}

fn collect(value: &Value, queries: &mut Vec<Query>) {
    let text = |name: &str| value.get(name).and_then(Value::as_str);
    if let Some(expression) = text("expr") {
        queries.push(Query::parse(expression, text("legendFormat").unwrap()));
    }
    if let Some(definition) = text("definition") {
        queries.push(of_variable(definition));
    }
    match value {
        Value::Array(values) => values.iter().for_each(|value| collect(value, queries)),
        Value::Object(fields) => fields.values().for_each(|value| collect(value, queries)),
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) => {}
    }
}

/// Converts `label_values(metric, label)`, which is Grafana's own.
fn of_variable(definition: &str) -> Query {
    let arguments = definition.strip_prefix("label_values(").unwrap();
    let (metric, label) = arguments
        .strip_suffix(')')
        .unwrap()
        .split_once(", ")
        .unwrap();
    Query::parse(&format!("count by ({label}) ({metric})"), "")
}
