//! The names of DynamoDB's operations, in code and in IAM policies.

use std::collections::BTreeMap;

/// An operation of the application.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Operation {
    pub(super) name: String,
    pub(super) support: Support,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Support {
    Supported,
    /// With the advice for applications that use it.
    Unsupported(&'static str),
    Unknown,
}

/// Parses a list of names, separated by whitespace, commas and quotes: `GetItem`, `get_item`, `getItem`,
/// `GetItemCommand`, `dynamodb:GetItem`. The rest of a line after `#` is a comment.
pub(super) fn parse(text: &str) -> Vec<Operation> {
    let lines = text
        .lines()
        .map(|line| line.split('#').next().unwrap_or_default());
    let is_separator = |letter: char| {
        letter.is_whitespace() || matches!(letter, ',' | ';' | '"' | '\'' | '[' | ']')
    };
    let names = lines.flat_map(|line| line.split(is_separator));
    let mut operations = BTreeMap::new();
    for written in names.filter(|name| !name.is_empty()) {
        let Operation { name, support } = find(written);
        operations.insert(name, support);
    }
    let operations = operations.into_iter();
    operations
        .map(|(name, support)| Operation { name, support })
        .collect()
}

fn find(written: &str) -> Operation {
    let name = written.rsplit([':', '.']).next().unwrap_or(written);
    let name = normalized(name.trim_end_matches(['(', ')']));
    let name = name.strip_suffix("command").unwrap_or(&name);
    let is_it = |known: &&str| normalized(known) == name;
    if let Some(known) = SUPPORTED.iter().find(|known| is_it(known)) {
        return Operation {
            name: (*known).to_owned(),
            support: Support::Supported,
        };
    }
    for (instead, operations) in UNSUPPORTED {
        if let Some(known) = operations.iter().find(|known| is_it(known)) {
            return Operation {
                name: (*known).to_owned(),
                support: Support::Unsupported(instead),
            };
        }
    }
    Operation {
        name: written.to_owned(),
        support: Support::Unknown,
    }
}

/// Returns a name in lower case, without underscores and dashes.
fn normalized(name: &str) -> String {
    let letters = name.chars().filter(|letter| !matches!(letter, '_' | '-'));
    letters.map(|letter| letter.to_ascii_lowercase()).collect()
}

/// The operations of ScyllaDB 2026.3.
pub(super) const SUPPORTED: [&str; 24] = [
    "CreateTable",
    "DescribeTable",
    "DeleteTable",
    "UpdateTable",
    "ListTables",
    "PutItem",
    "GetItem",
    "UpdateItem",
    "DeleteItem",
    "Query",
    "Scan",
    "BatchGetItem",
    "BatchWriteItem",
    "DescribeEndpoints",
    "TagResource",
    "UntagResource",
    "ListTagsOfResource",
    "UpdateTimeToLive",
    "DescribeTimeToLive",
    "ListStreams",
    "DescribeStream",
    "GetShardIterator",
    "GetRecords",
    "DescribeContinuousBackups",
];

/// All other operations of DynamoDB, by the advice for applications that use them. IAM policies name the checks of
/// transactions and the statements of PartiQL.
pub(super) const UNSUPPORTED: [(&str, &[&str]); 9] = [
    ("see ScyllaDB's own vector search", &["SearchVectors"]),
    (
        "write items one by one with conditions, or keep what belongs together in one item",
        &["TransactWriteItems", "ConditionCheckItem"],
    ),
    (
        "use BatchGetItem with consistent reads, which is no transaction",
        &["TransactGetItems"],
    ),
    (
        "use the operations for items: PartiQL is not supported",
        &[
            "BatchExecuteStatement",
            "ExecuteStatement",
            "ExecuteTransaction",
            "PartiQLDelete",
            "PartiQLInsert",
            "PartiQLSelect",
            "PartiQLUpdate",
        ],
    ),
    (
        "back up with ScyllaDB Manager or `nodetool snapshot`",
        &[
            "CreateBackup",
            "DeleteBackup",
            "DescribeBackup",
            "ListBackups",
            "RestoreTableFromBackup",
            "RestoreTableToPointInTime",
            "UpdateContinuousBackups",
        ],
    ),
    (
        "export and import with Scan and BatchWriteItem, or ScyllaDB Migrator",
        &[
            "DescribeExport",
            "DescribeImport",
            "ExportTableToPointInTime",
            "ImportTable",
            "ListExports",
            "ListImports",
        ],
    ),
    (
        "add a datacenter to the cluster instead of global tables",
        &[
            "CreateGlobalTable",
            "DescribeGlobalTable",
            "DescribeGlobalTableSettings",
            "DescribeTableReplicaAutoScaling",
            "ListGlobalTables",
            "UpdateGlobalTable",
            "UpdateGlobalTableSettings",
            "UpdateTableReplicaAutoScaling",
        ],
    ),
    (
        "grant permissions to roles in CQL",
        &[
            "DeleteResourcePolicy",
            "GetResourcePolicy",
            "PutResourcePolicy",
        ],
    ),
    (
        "use ScyllaDB Monitoring, and DynamoDB Streams for changes",
        &[
            "DescribeContributorInsights",
            "DescribeKinesisStreamingDestination",
            "DescribeLimits",
            "DisableKinesisStreamingDestination",
            "EnableKinesisStreamingDestination",
            "ListContributorInsights",
            "UpdateContributorInsights",
            "UpdateKinesisStreamingDestination",
        ],
    ),
];

#[cfg(test)]
mod tests {
    use super::*;
    use crate::connection::{Meter, MeteredClient, PlainClient, http_client};
    use alternator_test_cluster::TestCluster;
    use serde_json::json;
    use std::sync::Arc;
    use std::time::Duration;

    #[test]
    fn names_are_found_in_every_spelling() {
        for written in [
            "GetItem",
            "get_item",
            "getItem",
            "get-item",
            "GetItemCommand",
            "dynamodb:GetItem",
            "client.get_item()",
        ] {
            let found = parse(written);
            assert_eq!(found.len(), 1, "{written}");
            let operation = &found[0];
            assert_eq!(operation.name, "GetItem", "{written}");
            assert_eq!(operation.support, Support::Supported);
        }
    }

    #[test]
    fn policies_and_comments_are_read() {
        let text =
            "\"dynamodb:Query\", \"dynamodb:*\" # GetItem\n['PutItem'];\n\ntransact_write_items";
        let names: Vec<_> = parse(text)
            .into_iter()
            .map(|operation| operation.name)
            .collect();
        assert_eq!(
            names,
            ["PutItem", "Query", "TransactWriteItems", "dynamodb:*"]
        );
    }

    /// The reason for which the server has no such operation. `None` if it has.
    async fn refusal(client: &PlainClient, node: &str, operation: &str) -> Option<String> {
        let response = client.operate(node, operation, &json!({})).await.unwrap();
        let is_unknown = response.body.contains("UnknownOperationException");
        is_unknown.then_some(response.body)
    }

    #[tokio::test]
    async fn operations_are_those_of_the_server() {
        let cluster = TestCluster::builder().nodes(1).start().unwrap();
        let meter = Arc::new(Meter::default());
        meter.allow(100);
        let http_client = MeteredClient::new(http_client(None, None).unwrap(), meter);
        let client = PlainClient::new(http_client, Duration::from_secs(30));
        for name in SUPPORTED {
            let refusal = refusal(&client, &cluster.url(), name).await;
            assert_eq!(refusal, None, "{name}");
        }
        for name in UNSUPPORTED.iter().flat_map(|(_, names)| *names) {
            let refusal = refusal(&client, &cluster.url(), name).await;
            assert!(refusal.is_some(), "{name}");
        }
    }
}
