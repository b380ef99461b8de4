//! Datacenters without replicas of a table, as the responses of their nodes tell.

use super::Cluster;
use crate::operation::table_exclusions::OperationTable;
use crate::request;
use crate::transport::sdk_endpoint::SdkNode;
use alternator_lb_core::health::Outcome;
use alternator_lb_core::observe::Event;
use alternator_lb_core::routing::{Attempt, Exclusion};
use aws_smithy_runtime_api::client::interceptors::context::FinalizerInterceptorContextRef;
use aws_smithy_types::config_bag::ConfigBag;
use std::sync::Arc;

impl Cluster {
    /// Learns from the outcome of an attempt whether the datacenter of its node holds replicas of its table.
    pub(crate) fn note_replicas(
        &self,
        context: &FinalizerInterceptorContextRef<'_>,
        outcome: Outcome,
        config: &mut ConfigBag,
    ) {
        let table = config.load::<OperationTable>();
        let is_refused = matches!(outcome, Outcome::NoReplicas | Outcome::NoLiveReplica);
        if !is_refused && table.is_none() {
            return;
        }
        let Some(plan) = request::plan(config) else {
            return;
        };
        let Some(node) = plan.current().map(Attempt::node) else {
            return;
        };
        if is_refused {
            let exclusion = match outcome {
                Outcome::NoReplicas => self.exclude(table, node),
                // Transactions in two datacenters do not exclude each other, and one replica may just be down.
                _ if plan.prefers_primary() => None,
                _ => self.exclude(None, node),
            };
            if let (Some(exclusion), Some(plan)) = (exclusion, request::plan_mut(config)) {
                plan.exclude(exclusion);
            }
        } else if let Some(table) = table
            && matches!(context.output_or_error(), Some(Ok(_)))
        {
            self.table_exclusions.served(table, node);
        }
    }

    /// Excludes the datacenter of a node for a table, if it is named, and for the operation under way.
    fn exclude(&self, table: Option<&OperationTable>, node: &SdkNode) -> Option<Arc<Exclusion>> {
        let (snapshot, now) = (self.router.snapshot(), self.now());
        let topology = snapshot.topology();
        let (exclusion, is_first) = self.table_exclusions.exclude(table, node, topology, now)?;
        if let Some(table) = table.filter(|_| is_first) {
            let datacenter = Exclusion::datacenter(topology, node);
            self.observer.emit(Event::NoReplicas {
                table: table.name().to_owned(),
                datacenter: datacenter.map(str::to_owned),
                node: node.url().to_string(),
            });
        }
        Some(exclusion)
    }
}
