//! Routes a request by the key in its body, as far as it takes no other request.

use crate::cluster::Cluster;
use crate::operation::item_operation::ItemOperation;
use crate::operation::json_input;
use crate::transport::sdk_endpoint::SdkPlan;
use aws_smithy_runtime_api::client::orchestrator::HttpRequest;

/// Returns the plan of a request whose key has nodes that it should go to. `None` where keys do not matter, which costs
/// one look, and where the partition key of the table is not known.
pub(super) fn plan(cluster: &Cluster, operation: &str, request: &HttpRequest) -> Option<SdkPlan> {
    if !cluster.key_routing.is_used() {
        return None;
    }
    let input = json_input::parse(operation, request.body().bytes()?)?;
    let operation = ItemOperation::from_input(&input)?;
    let key_routing = &cluster.key_routing;
    let info = key_routing.explain(&operation, &cluster.metadata, |_, _, _| {});
    info.map(SdkPlan::preferring)
}
