//! The tables of which a datacenter holds no replicas.
//!
//! A datacenter that was added later holds none of the older tables unless their replication is extended. Its nodes are
//! listed and healthy, and answer each operation on such a table with a server error at once. They are left for that
//! table, as long as the scope chain has other nodes.

use super::item_operation::ItemOperation;
use crate::request;
use crate::transport::sdk_endpoint::{SdkEndpoint, SdkNode};
use alternator_lb_core::routing::{EndpointState, Exclusion};
use alternator_lb_core::topology::Topology;
use arc_swap::ArcSwap;
use aws_sdk_dynamodb::operation::scan::ScanInput;
use aws_smithy_runtime_api::client::interceptors::context::Input;
use aws_smithy_types::config_bag::{ConfigBag, Storable, StoreReplace};
use std::collections::HashMap;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

/// The excluded nodes of each table.
#[derive(Debug, Default)]
pub(crate) struct TableExclusions {
    /// True once any node had no replicas. Until then no operation keeps the name of its table, which the SDK drops
    /// before there is a response.
    are_needed: AtomicBool,
    tables: ArcSwap<HashMap<Box<str>, Arc<Exclusion>>>,
}

/// The number of tables that are remembered. An operation on another table costs a retry.
const MAX_TABLES: usize = 1_000;

/// The name of an operation's table.
#[derive(Debug)]
pub(crate) struct OperationTable(Box<str>);

impl Storable for OperationTable {
    type Storer = StoreReplace<Self>;
}

impl OperationTable {
    pub(crate) fn name(&self) -> &str {
        &self.0
    }
}

impl TableExclusions {
    /// Gives an operation that begins the exclusion of its table, if there is one.
    pub(crate) fn operation_begins(
        &self,
        input: &Input,
        now: impl FnOnce() -> Duration,
        config: &mut ConfigBag,
    ) {
        if !self.are_needed.load(Ordering::Relaxed) {
            return;
        }
        let Some(table) = table(input) else {
            return;
        };
        let state = config.interceptor_state();
        state.store_put(OperationTable(table.into()));
        if let Some(exclusion) = self.tables.load().get(table)
            && !exclusion.begins_trial(now())
        {
            request::plan_or_default(config, |plan| plan.exclude(Arc::clone(exclusion)));
        }
    }

    /// Returns the exclusion of the table of an operation, if there is one.
    pub(crate) fn find(&self, input: &Input) -> Option<Arc<Exclusion>> {
        self.tables.load().get(table(input)?).cloned()
    }

    /// Excludes the datacenter of a node that has refused an operation for want of replicas: for its table, if that is
    /// known. Returns the exclusion, and whether it is the first of the table. Excludes nothing if no other node is
    /// left.
    pub(crate) fn exclude(
        &self,
        table: Option<&OperationTable>,
        node: &SdkNode,
        topology: &Topology<EndpointState<SdkEndpoint>>,
        now: Duration,
    ) -> Option<(Arc<Exclusion>, bool)> {
        self.are_needed.store(true, Ordering::Relaxed);
        let former = table.and_then(|table| self.tables.load().get(table.name()).cloned());
        let exclusion = Exclusion::of_datacenter(topology, node, former.as_deref(), now);
        if !exclusion.leaves_nodes(topology) {
            return None;
        }
        let exclusion = Arc::new(exclusion);
        if let Some(OperationTable(table)) = table {
            self.tables.rcu(|tables| {
                let mut tables = HashMap::clone(tables);
                if tables.len() < MAX_TABLES || tables.contains_key(table) {
                    tables.insert(table.clone(), Arc::clone(&exclusion));
                }
                tables
            });
        }
        Some((exclusion, table.is_some() && former.is_none()))
    }

    /// Ends the exclusion of a table if an excluded node has served an operation on it.
    pub(crate) fn served(&self, table: &OperationTable, node: &SdkNode) {
        let exclusion = self.tables.load().get(table.name()).cloned();
        if exclusion.is_some_and(|exclusion| exclusion.contains(node)) {
            self.tables.rcu(|tables| {
                let mut tables = HashMap::clone(tables);
                tables.remove(table.name());
                tables
            });
        }
    }
}

/// Returns the one table of an operation on items.
fn table(input: &Input) -> Option<&str> {
    if let Some(scan) = input.downcast_ref::<ScanInput>() {
        return scan.table_name.as_deref();
    }
    let (mut table, mut count) = (None, 0);
    ItemOperation::from_input(input)?.for_each_source(|source| {
        table = Some(source.table);
        count += 1;
    });
    table.filter(|_| count == 1)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::request::plan;
    use alternator_lb_core::topology::{Host, Locality, NodeUrl, Scheme};
    use aws_sdk_dynamodb::operation::batch_get_item::BatchGetItemInput;
    use aws_sdk_dynamodb::operation::get_item::GetItemInput;
    use aws_sdk_dynamodb::types::KeysAndAttributes;
    use aws_smithy_runtime_api::client::endpoint::EndpointResolverParams;

    const NOW: Duration = Duration::from_secs(1);

    /// A node in each of two datacenters.
    fn topology() -> Topology<EndpointState<SdkEndpoint>> {
        let url = |last| NodeUrl::new(Scheme::Http, Host::Ip([127, 0, 0, last].into()), 8000);
        let levels = [vec![url(1)], vec![url(2)]];
        let localities = ["dc1", "dc2"].map(|name| Locality::Datacenter(name.into()));
        let attach = |url: &NodeUrl| EndpointState::new(SdkEndpoint::new(url));
        let empty = Topology::new(&[], attach);
        empty.refreshed_with_local(&levels, &levels[0], localities, attach)
    }

    fn get(table: &str) -> Input {
        let input = GetItemInput::builder().table_name(table);
        let key = aws_sdk_dynamodb::types::AttributeValue::S("1".to_owned());
        Input::erase(input.key("pk", key).build().unwrap())
    }

    fn begin(exclusions: &TableExclusions, input: &Input, now: Duration) -> ConfigBag {
        let mut config = ConfigBag::base();
        let params = EndpointResolverParams::new(());
        config.interceptor_state().store_put(params);
        exclusions.operation_begins(input, || now, &mut config);
        config
    }

    #[test]
    fn operations_keep_the_names_of_their_tables_only_when_they_are_needed() {
        let (exclusions, topology) = (TableExclusions::default(), topology());
        let name = |config: &ConfigBag| {
            let table = config.load::<OperationTable>();
            table.map(|table| table.name().to_owned())
        };
        assert_eq!(name(&begin(&exclusions, &get("t"), NOW)), None);
        let node = &topology.nodes()[0];
        let (_, is_first) = exclusions.exclude(None, node, &topology, NOW).unwrap();
        assert!(!is_first, "of no table that is known");
        assert_eq!(
            name(&begin(&exclusions, &get("t"), NOW)).as_deref(),
            Some("t")
        );

        let keys = KeysAndAttributes::builder()
            .set_keys(Some(Vec::new()))
            .build();
        let keys = keys.unwrap();
        let batch = BatchGetItemInput::builder().request_items("t", keys.clone());
        let batch_of_two = batch.clone().request_items("u", keys);
        let batch = Input::erase(batch.build().unwrap());
        assert_eq!(name(&begin(&exclusions, &batch, NOW)).as_deref(), Some("t"));
        let batch = Input::erase(batch_of_two.build().unwrap());
        assert_eq!(name(&begin(&exclusions, &batch, NOW)), None);
    }

    #[test]
    fn exclusion_of_a_table_ends_when_an_excluded_node_serves_it() {
        let (exclusions, topology) = (TableExclusions::default(), topology());
        let table = OperationTable("t".into());
        let (node, other) = (&topology.nodes()[0], &topology.nodes()[1]);
        let exclude = |table| {
            let excluded = exclusions.exclude(Some(table), node, &topology, NOW);
            excluded.map(|(_, is_first)| is_first)
        };
        let has_plan = |table: &str, now| plan(&begin(&exclusions, &get(table), now)).is_some();
        assert_eq!(exclude(&table), Some(true));
        assert_eq!(exclude(&table), Some(false), "said once");
        assert!(has_plan("t", NOW) && !has_plan("u", NOW));
        exclusions.served(&table, other);
        assert!(has_plan("t", NOW));
        let later = NOW + alternator_lb_core::routing::TRIAL_INTERVAL;
        assert!(
            !has_plan("t", later) && has_plan("t", later),
            "one operation tries"
        );
        exclusions.served(&table, node);
        assert!(!has_plan("t", NOW));
        assert_eq!(exclude(&table), Some(true));
    }

    #[test]
    fn nothing_is_excluded_if_no_other_node_is_left() {
        let (exclusions, topology) = (TableExclusions::default(), topology());
        let table = OperationTable("t".into());
        let exclude = |index: usize| {
            let node = &topology.nodes()[index];
            exclusions
                .exclude(Some(&table), node, &topology, NOW)
                .is_some()
        };
        assert!(exclude(0));
        assert!(!exclude(1), "the other one is excluded already");
    }

    #[test]
    fn number_of_remembered_tables_is_bounded() {
        let (exclusions, topology) = (TableExclusions::default(), topology());
        for number in 0..MAX_TABLES + 10 {
            let table = OperationTable(number.to_string().into());
            exclusions.exclude(Some(&table), &topology.nodes()[0], &topology, NOW);
        }
        assert_eq!(exclusions.tables.load().len(), MAX_TABLES);
    }
}
