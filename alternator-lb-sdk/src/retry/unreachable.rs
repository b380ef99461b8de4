//! The error of an operation none of whose nodes could be reached.

use crate::route_error::RouteError;
use crate::transport::sdk_endpoint::SdkPlan;
use alternator_lb_core::discovery::RefreshError;
use aws_smithy_runtime_api::box_error::BoxError;
use aws_smithy_runtime_api::client::interceptors::context::{Error, Output};
use aws_smithy_runtime_api::client::orchestrator::OrchestratorError;
use aws_smithy_runtime_api::client::result::ConnectorError;
use std::sync::Arc;

/// Wraps the error of an operation whose last attempt could not connect into a [`RouteError`]: the SDK's error says
/// which connection failed, not which nodes were tried. The kind of the error stays the same. Returns the [`RouteError`].
pub(crate) fn explain(
    result: &mut Result<Output, OrchestratorError<Error>>,
    plan: &SdkPlan,
    discovery: Option<RefreshError>,
) -> Option<RouteError> {
    let Err(error) = result else {
        return None;
    };
    let explained: fn(BoxError) -> _ = match error.as_connector_error() {
        _ if error.is_timeout_error() => OrchestratorError::timeout,
        Some(error) if error.is_timeout() => {
            |error| OrchestratorError::connector(ConnectorError::timeout(error).never_connected())
        }
        Some(_) => {
            |error| OrchestratorError::connector(ConnectorError::io(error).never_connected())
        }
        None => return None,
    };
    let source = std::mem::replace(error, OrchestratorError::other("being replaced"));
    let mut tried: Vec<String> = Vec::new();
    for node in plan.tried().map(|node| node.url().as_str()) {
        if !tried.iter().any(|known| known == node) {
            tried.push(node.to_owned());
        }
    }
    let route_error = RouteError::Unreachable {
        tried,
        discovery,
        source: Arc::new(source),
    };
    *error = explained(route_error.clone().into());
    Some(route_error)
}
