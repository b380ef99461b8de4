//! The plugin's additions to a request, from the selection of its node to the end of its operation.
//!
//! The [interceptor](interceptor) has one hook for each step, in the order of the steps. Knows the cluster, and the
//! folders `operation`, `retry`, `auth`, `compression` and `transport`, each of which implements one of the steps.

mod active_interceptor;
pub(crate) mod endpoint_override;
pub(crate) mod interceptor;
pub(crate) mod minimal_headers;
pub(crate) mod options;
pub(crate) mod resolver;
pub(crate) mod user_agent;

pub use options::{OperationExt, OperationOptions};

use crate::config::ClusterConfig;
use crate::transport::sdk_endpoint::SdkPlan;
use active_interceptor::ActiveInterceptor;
use alternator_lb_core::routing::OperationKind;
use aws_smithy_runtime_api::client::endpoint::EndpointResolverParams;
use aws_smithy_runtime_api::client::orchestrator::Metadata;
use aws_smithy_types::config_bag::ConfigBag;

/// Returns the plan of an operation, which the parameters of its endpoint resolution carry: none before it was pinned,
/// given routing info, or [begun](begin_plan).
pub(crate) fn plan(config: &ConfigBag) -> Option<&SdkPlan> {
    config.load::<EndpointResolverParams>()?.get_property()
}

/// Returns the plan of an operation, to be changed.
pub(crate) fn plan_mut(config: &mut ConfigBag) -> Option<&mut SdkPlan> {
    config
        .get_mut_from_interceptor_state::<EndpointResolverParams>()?
        .get_property_mut()
}

/// Gives the plan of an operation the operation's kind. An operation that has no plan yet may go to any node.
pub(crate) fn begin_plan(config: &mut ConfigBag) {
    let metadata = config.load::<Metadata>();
    let kind = metadata.and_then(|metadata| OperationKind::named(metadata.name()));
    plan_or_default(config, |plan| plan.set_operation(kind));
}

/// Changes the plan of an operation that begins, which may have none yet.
pub(crate) fn plan_or_default(config: &mut ConfigBag, change: impl FnOnce(&mut SdkPlan)) {
    let Some(params) = config.get_mut_from_interceptor_state::<EndpointResolverParams>() else {
        return;
    };
    match params.get_property_mut::<SdkPlan>() {
        Some(plan) => change(plan),
        None => {
            let mut plan = SdkPlan::default();
            change(&mut plan);
            params.set_property(plan);
        }
    }
}

/// Returns whether a request of an operation may be sent unsigned: where signatures are not required, or its connection
/// shows a client certificate, as that of the cluster's own HTTP client does.
pub(crate) fn may_be_unsigned(cluster: &ClusterConfig, config: &ConfigBag) -> bool {
    let is_certified =
        || cluster.has_client_certificate() && ActiveInterceptor::has_decorator(config);
    !cluster.auth.forbids_unsigned() || is_certified()
}

/// Returns whether the operation is [pinned](endpoint_override::pin) to a node.
pub(crate) fn is_pinned(config: &ConfigBag) -> bool {
    plan(config).is_some_and(SdkPlan::is_pinned)
}
