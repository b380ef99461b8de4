//! The context of an operation's error: its attempts, and the nodes that could not be reached.
//!
//! The SDK's error says what failed last, not where. The kind of the error stays the same, and all that it was made of
//! stays in the chain of its sources:
//!
//! ```text
//! SdkError ─▶ ConnectorError of the same kind ─▶ RouteError ─▶ AttemptError ─▶ TlsError ─▶ the SDK's own error
//!                                                │                             └─ if it is one of TLS
//!                                                └─ if no node was reached
//! ```
//!
//! The error of a server has the type of its operation, and cannot be wrapped: its response gets the attempts.

use super::policy;
use crate::cluster::Cluster;
use crate::history::{AttemptError, AttemptHistory};
use crate::request;
use crate::route_error::RouteError;
use crate::transport::sdk_endpoint::SdkPlan;
use alternator_lb_core::health::Outcome;
use alternator_lb_core::routing::NextStep;
use aws_smithy_runtime_api::box_error::BoxError;
use aws_smithy_runtime_api::client::interceptors::context::{
    Error, FinalizerInterceptorContextMut,
};
use aws_smithy_runtime_api::client::orchestrator::{Metadata, OrchestratorError};
use aws_smithy_runtime_api::client::result::ConnectorError;
use aws_smithy_runtime_api::client::runtime_components::RuntimeComponents;
use aws_smithy_types::config_bag::ConfigBag;
use std::sync::Arc;

/// Completes the record of an operation that ends, if there is one, and adds it to its error.
pub(crate) fn complete(
    context: &mut FinalizerInterceptorContextMut<'_>,
    components: &RuntimeComponents,
    config: &ConfigBag,
    cluster: &Cluster,
) {
    let Some(plan) = request::plan(config).filter(|plan| plan.is_logged()) else {
        return;
    };
    if !matches!(context.output_or_error(), Some(Err(_))) {
        plan.complete_log(NextStep::Completed);
        return;
    }
    plan.complete_log(policy::last_step(context.inner(), components, config));
    let Some(log) = plan.attempt_log().filter(|log| !log.records().is_empty()) else {
        return;
    };
    let operation = config.load::<Metadata>().map(Metadata::name);
    let history = AttemptHistory::new(operation.unwrap_or_default(), log);
    if let Some(response) = context.response_mut() {
        response.add_extension(history.clone());
    }
    if let Some(Err(error)) = context.output_or_error_mut()
        && let Some(explained) = of_same_kind(error, plan)
    {
        let source = std::mem::replace(error, OrchestratorError::other("being replaced"));
        *error = explained(with_context(history, source, plan, cluster));
    }
}

/// Adds the attempts to an error, and the nodes to one that says that none was reached.
fn with_context(
    history: AttemptHistory,
    source: OrchestratorError<Error>,
    plan: &SdkPlan,
    cluster: &Cluster,
) -> BoxError {
    let is_unreachable = is_unreachable(&source, plan);
    let source = with_attempts(history, source, plan);
    match is_unreachable {
        false => source.into(),
        true => unreachable(cluster, plan, source).into(),
    }
}

/// Adds the attempts to an error, and what it says of TLS with the node of the last attempt.
#[cfg_attr(
    not(feature = "default-https-client"),
    expect(
        unused_variables,
        reason = "the errors of other HTTP clients are unknown"
    )
)]
fn with_attempts(
    history: AttemptHistory,
    source: OrchestratorError<Error>,
    plan: &SdkPlan,
) -> AttemptError {
    #[cfg(feature = "default-https-client")]
    if source.is_connector_error()
        && let Some(node) = plan.tried().last()
    {
        use crate::tls::{TlsError, TlsProblem};

        let has_responded = node.responses() > 0;
        if let Some(problem) = TlsProblem::of(node.url().scheme(), has_responded, &source) {
            let error = TlsError::new(node.url(), problem, Arc::new(source));
            return AttemptError::of_tls(history, error);
        }
    }
    AttemptError::new(history, source)
}

/// Adds the attempts to an error of the HTTP client. The kind of the error stays.
pub(crate) fn of_connector_error(
    error: ConnectorError,
    operation: &str,
    plan: &SdkPlan,
    cluster: &Cluster,
) -> ConnectorError {
    let log = plan.attempt_log().filter(|log| !log.records().is_empty());
    let Some(log) = log else {
        return error;
    };
    let make = connector_like(&error, plan);
    let history = AttemptHistory::new(operation, log);
    let source = OrchestratorError::connector(error);
    make(with_context(history, source, plan, cluster))
}

/// Returns whether the last attempt failed since it could not connect.
fn is_unreachable(error: &OrchestratorError<Error>, plan: &SdkPlan) -> bool {
    let is_of_transport = error.is_connector_error() || error.is_timeout_error();
    is_of_transport && plan.last_outcome().is_some_and(Outcome::was_not_sent)
}

fn unreachable(cluster: &Cluster, plan: &SdkPlan, source: AttemptError) -> RouteError {
    let mut tried: Vec<String> = Vec::new();
    for node in plan.tried().map(|node| node.url().as_str()) {
        if !tried.iter().any(|known| known == node) {
            tried.push(node.to_owned());
        }
    }
    let error = RouteError::Unreachable {
        tried,
        discovery: cluster.discovery.last_error(),
        source: Arc::new(source),
    };
    cluster.record_route_error(&error);
    error
}

/// Makes an error of a source.
type MakeError = Box<dyn FnOnce(BoxError) -> OrchestratorError<Error>>;

/// Returns how to make an error of the kind of this one; none if it is the error of a server.
fn of_same_kind(error: &OrchestratorError<Error>, plan: &SdkPlan) -> Option<MakeError> {
    if error.is_operation_error() {
        return None;
    }
    let make: MakeError = if error.is_timeout_error() {
        Box::new(OrchestratorError::timeout)
    } else if error.is_response_error() {
        Box::new(OrchestratorError::response)
    } else if let Some(connector) = error.as_connector_error() {
        let make = connector_like(connector, plan);
        Box::new(move |source| OrchestratorError::connector(make(source)))
    } else {
        // The error of an interceptor, or any other: the SDK reports both alike.
        Box::new(OrchestratorError::other)
    };
    Some(make)
}

/// Returns how to make an error of the kind and with the connection of this one.
fn connector_like(
    error: &ConnectorError,
    plan: &SdkPlan,
) -> impl FnOnce(BoxError) -> ConnectorError + use<> {
    let make = connector_of_same_kind(error);
    let connection = error.connection_metadata().cloned();
    let never_connected = plan.last_outcome().is_some_and(Outcome::was_not_sent);
    move |source| {
        let error = make(source);
        match connection {
            Some(connection) => error.with_connection(connection),
            None if never_connected => error.never_connected(),
            None => error,
        }
    }
}

fn connector_of_same_kind(
    error: &ConnectorError,
) -> impl FnOnce(BoxError) -> ConnectorError + use<> {
    let (is_timeout, is_user, is_io) = (error.is_timeout(), error.is_user(), error.is_io());
    let kind = error.as_other();
    move |source| match () {
        () if is_timeout => ConnectorError::timeout(source),
        () if is_user => ConnectorError::user(source),
        () if is_io => ConnectorError::io(source),
        () => ConnectorError::other(source, kind),
    }
}
