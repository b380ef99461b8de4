//! The error of an operation none of whose nodes could be reached.

use crate::route_error::RouteError;
use crate::transport::sdk_endpoint::SdkPlan;
use alternator_lb_core::discovery::RefreshError;
use aws_smithy_runtime_api::client::interceptors::context::{Error, Output};
use aws_smithy_runtime_api::client::orchestrator::OrchestratorError;
use aws_smithy_runtime_api::client::result::ConnectorError;
use std::sync::Arc;

/// Wraps the error of an operation whose last attempt could not connect into a [`RouteError`]: the SDK's error says
/// which connection failed, not which nodes were tried. The kind of the error stays the same.
pub(crate) fn explain(
    result: &mut Result<Output, OrchestratorError<Error>>,
    plan: &SdkPlan,
    discovery: Option<RefreshError>,
) {
    let Err(error) = result else {
        return;
    };
    let timed_out = error.is_timeout_error();
    let connector_timed_out = error
        .as_connector_error()
        .is_some_and(ConnectorError::is_timeout);
    if !timed_out && !error.is_connector_error() {
        return;
    }
    let source = std::mem::replace(error, OrchestratorError::other("being replaced"));
    let mut tried: Vec<String> = Vec::new();
    for node in plan.tried().map(|node| node.url().as_str()) {
        if !tried.iter().any(|known| known == node) {
            tried.push(node.to_owned());
        }
    }
    let explained = RouteError::Unreachable {
        tried,
        discovery,
        source: Arc::new(source),
    };
    *error = match (timed_out, connector_timed_out) {
        (true, _) => OrchestratorError::timeout(explained.into()),
        (false, true) => OrchestratorError::connector(
            ConnectorError::timeout(explained.into()).never_connected(),
        ),
        (false, false) => {
            OrchestratorError::connector(ConnectorError::io(explained.into()).never_connected())
        }
    };
}
