//! The tables of the application.

use super::rows::{Rows, read};
use super::{CONCURRENCY, ClusterFacts, Collector, MAX_TABLES, Outcome, REQUESTS_PER_TABLE};
use crate::connection::NodeClient;
use alternator_lb_sdk::permissions::ServerTable;
use futures_util::StreamExt as _;
use futures_util::stream;

/// The tables, and how they were found.
#[derive(Debug, Default)]
pub(crate) struct TableList {
    /// ListTables. `None` also if the tables are arguments.
    pub(crate) listed: Outcome<()>,
    pub(crate) tables: Vec<TableFacts>,
    /// True if there are tables over the limit.
    pub(crate) are_omitted: bool,
}

/// The responses about a table.
#[derive(Debug, Default)]
pub(crate) struct TableFacts {
    pub(crate) name: String,
    pub(crate) description: Outcome<Description>,
    /// The value of its tag `system:write_isolation`.
    pub(crate) isolation_tag: Outcome<Option<String>>,
    /// The replication of its keyspace, as the server renders it.
    pub(crate) replication: Outcome<Option<String>>,
    /// The number of its tablets. `None` if it has vnodes.
    pub(crate) tablets: Outcome<Option<u64>>,
}

/// The parts of a table's description that other requests need.
#[derive(Clone, Debug)]
pub(crate) struct Description {
    arn: Option<String>,
    id: Option<String>,
}

/// The last token of every table: that of its last tablet.
const LAST_TOKEN: &str = "9223372036854775807";

impl TableFacts {
    /// The keyspace that the server keeps the table in.
    pub(crate) fn keyspace(&self) -> String {
        format!("alternator_{}", self.name)
    }

    async fn collect(&mut self, client: &NodeClient) {
        let description = client.sdk().describe_table().table_name(&self.name).send();
        let description = client.result(description).await;
        let description = description.map(|output| Description {
            arn: output
                .table
                .as_ref()
                .and_then(|table| table.table_arn.clone()),
            id: output.table.and_then(|table| table.table_id),
        });
        if let Ok(Description { arn: Some(arn), .. }) = &description {
            let tags = client
                .sdk()
                .list_tags_of_resource()
                .resource_arn(arn)
                .send();
            let tags = client.result(tags).await;
            let tag = tags.map(|output| {
                let mut tags = output.tags.unwrap_or_default().into_iter();
                tags.find(|tag| tag.key == "system:write_isolation")
                    .map(|tag| tag.value)
            });
            self.isolation_tag = Some(tag);
        }
        if let Ok(Description { id: Some(id), .. }) = &description {
            let key = [("table_id", id.as_str()), ("last_token", LAST_TOKEN)];
            let rows = read(client, ServerTable::Tablets.name(), &key, &["tablet_count"]).await;
            self.tablets = Some(rows.map(|rows| tablet_count(&rows)));
        }
        if description.is_ok() {
            let keyspace = self.keyspace();
            let key = [("keyspace_name", keyspace.as_str())];
            let rows = read(
                client,
                ServerTable::Keyspaces.name(),
                &key,
                &["replication"],
            )
            .await;
            let replication =
                |rows: &Rows| rows.iter().next()?.text("replication").map(str::to_owned);
            self.replication = Some(rows.map(|rows| replication(&rows)));
        }
        self.description = Some(description);
    }
}

impl ClusterFacts {
    /// Finds the tables, unless they are arguments.
    pub(super) async fn collect_table_list(
        &mut self,
        collector: &Collector<'_>,
        client: &NodeClient,
    ) {
        let mut names = collector.arguments.tables.clone();
        if names.is_empty() {
            let listing = client.sdk().list_tables().send();
            let listed = client.result(listing).await;
            self.tables.listed = Some(listed.as_ref().map(drop).map_err(Clone::clone));
            if let Ok(output) = listed {
                self.tables.are_omitted = output.last_evaluated_table_name.is_some();
                names = output.table_names.unwrap_or_default();
            }
            names.sort_unstable();
        }
        self.tables.are_omitted |= names.len() > MAX_TABLES;
        names.truncate(MAX_TABLES);
        let tables = names.into_iter().map(|name| TableFacts {
            name,
            ..TableFacts::default()
        });
        self.tables.tables = tables.collect();
    }

    pub(super) async fn collect_tables(&mut self, collector: &Collector<'_>, client: &NodeClient) {
        let tables = &mut self.tables.tables;
        collector.meter.allow(REQUESTS_PER_TABLE * tables.len());
        collector.progress.begin("tables");
        collector.progress.add(tables.len());
        let collecting = stream::iter(tables);
        collecting
            .for_each_concurrent(CONCURRENCY, |table| async {
                table.collect(client).await;
                collector.progress.advance();
            })
            .await;
    }
}

fn tablet_count(rows: &Rows) -> Option<u64> {
    let row = rows.iter().next()?;
    let count = row
        .text("tablet_count")
        .and_then(|count| count.parse().ok());
    // A tablet is there, whatever their number.
    Some(count.unwrap_or(1))
}
