//! A request on its way over the nodes.

use super::response_body::settling;
use super::signed_request::{self, AttemptInfo};
use super::{Balancer, RuntimeParts, admission, key_routing, refusal};
use crate::hedging;
use crate::retry::{attempt_end, connection_evidence, error_context, outcome};
use crate::route_error::RouteError;
use crate::transport::abort_handle::{AbortHandle, AbortSignals};
use crate::transport::sdk_endpoint::SdkPlan;
use alternator_lb_core::health::Outcome;
use alternator_lb_core::routing::{AttemptEnd, NextStep, OperationKind, RetryDecision};
use aws_smithy_runtime_api::client::connection::CaptureSmithyConnection;
use aws_smithy_runtime_api::client::orchestrator::{HttpRequest, HttpResponse};
use aws_smithy_runtime_api::client::result::ConnectorError;
use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::time::Duration;

/// One attempt of the SDK, which may be several at nodes that could not be connected.
///
/// Dropped before its end, as where the application drops its future or a timeout of the SDK's passes, it leaves its
/// plan to the next attempt of the operation, if there can be one. The drop says nothing about the node.
pub(super) struct RoutedRequest {
    balancer: Arc<Balancer>,
    runtime: Arc<RuntimeParts>,
    plan: SdkPlan,
    info: AttemptInfo,
    operation: Box<str>,
    capture: CaptureSmithyConnection,
    saved_header_bytes: u64,
    /// The attempts that the SDK does not know of.
    free_attempts: u32,
    /// True if no attempt follows that would need the plan.
    is_complete: bool,
}

impl RoutedRequest {
    /// Begins with the plan of the attempt before, or a new one. Prepares the headers.
    pub(super) fn begin(
        balancer: Arc<Balancer>,
        request: &mut HttpRequest,
        runtime: Arc<RuntimeParts>,
    ) -> Result<Self, RouteError> {
        let mut plan = balancer.endpoint.admit(&balancer.cluster, request)?;
        let info = AttemptInfo::of(request.headers());
        let operation: Box<str> = admission::operation(request).unwrap_or_default().into();
        let id = info.invocation_id.as_deref().filter(|_| info.is_retry);
        let former = id.and_then(|id| balancer.pending_retries.take(id));
        if !plan.is_pinned() {
            let by_key = || key_routing::plan(&balancer.cluster, &operation, request);
            plan = former.or_else(by_key).unwrap_or(plan);
        }
        plan.set_operation(OperationKind::named(&operation));
        let capture = request.extension::<CaptureSmithyConnection>().cloned();
        // What is for one node is signed for it, so that the HTTP client's own `host` is the right one.
        let host = (!plan.is_pinned()).then(|| balancer.endpoint.host());
        let saved_header_bytes = signed_request::prepare(&balancer, request, host)?;
        Ok(Self {
            balancer,
            runtime,
            plan,
            info,
            operation,
            capture: capture.unwrap_or_default(),
            saved_header_bytes,
            free_attempts: 0,
            is_complete: false,
        })
    }

    /// Selects the next node, and addresses the request to it.
    pub(super) fn select_node(&mut self, request: &mut HttpRequest) -> Result<(), ConnectorError> {
        let cluster = &self.balancer.cluster;
        cluster.advance(&mut self.plan).map_err(refusal)?;
        let Some(attempt) = self.plan.current() else {
            return Err(refusal(RouteError::NoNodes));
        };
        let node = attempt.node();
        let uri = request.uri_mut().set_endpoint(node.url().as_str());
        uri.map_err(|error| ConnectorError::user(error.into()))?;
        node.record_saved_header_bytes(self.saved_header_bytes);
        let endpoint = node.extension();
        // An attempt that is aborted must be followed by another one.
        if self.info.has_attempt_left && !self.plan.is_pinned() {
            request.add_extension(AbortHandle::new(AbortSignals {
                ejected: Some(Arc::clone(&endpoint.ejected)),
                generations: Some(Arc::clone(&endpoint.generations)),
            }));
        }
        #[cfg(feature = "compression")]
        crate::compression::negotiate_by_settings(&cluster.compression, request);
        connection_evidence::mark(&self.capture);
        request.add_extension(self.capture.clone());
        let sleep = || self.runtime.sleep.clone();
        hedging::begin(cluster, &self.plan, request, sleep);
        self.plan.mark_sent();
        Ok(())
    }

    /// Passes a response on, which ends the attempt when its body ends. It may be that of a hedged read's second
    /// request.
    pub(super) fn respond(mut self, response: HttpResponse) -> HttpResponse {
        hedging::adopt(&self.balancer.cluster, &response, &mut self.plan);
        settling(self, response)
    }

    /// Records the outcome of an attempt without a response. Returns whether the request goes to another node now;
    /// `has_spare` says whether there is a copy of it.
    pub(super) fn record_error(&mut self, error: &ConnectorError, has_spare: bool) -> bool {
        let cluster = Arc::clone(&self.balancer.cluster);
        let now = cluster.now();
        let age = self.plan.age(now);
        let outcome = outcome::of_connector_error(error, &self.capture);
        self.settle(
            outcome,
            attempt_end::of_connector_error(error, outcome),
            now,
        );
        let target = cluster.router.retry_target(&self.plan, now).after(age);
        let decision = RetryDecision::new(outcome, target, self.free_attempts);
        // The SDK has to agree to repeat what was sent, and it is the one that can wait.
        let goes_on = has_spare
            && outcome.was_not_sent()
            && decision.is_free()
            && decision.max_wait == Duration::ZERO;
        if goes_on {
            self.free_attempts += 1;
            self.plan.log_free();
            let spared = &cluster.counts.retries_spared;
            spared.fetch_add(1, Ordering::Relaxed);
        }
        goes_on
    }

    /// Returns the error with which the SDK's attempt ends, with the nodes that were tried.
    pub(super) fn explain(mut self, error: ConnectorError) -> ConnectorError {
        if !self.info.has_attempt_left {
            self.is_complete = true;
            self.plan.complete_log(NextStep::RetriesUsedUp);
        }
        let cluster = &self.balancer.cluster;
        error_context::of_connector_error(error, &self.operation, &self.plan, cluster)
    }

    /// Records the end of the attempt under way.
    pub(super) fn settle(&mut self, outcome: Outcome, end: AttemptEnd, now: Duration) {
        let status = end.status;
        if self.plan.is_logged() || outcome != Outcome::Responded {
            let time_source = &self.runtime.time_source;
            self.plan.log_end(end, now, || time_source.now());
        }
        let cluster = &self.balancer.cluster;
        if outcome == Outcome::Responded {
            hedging::record(cluster, &self.plan, now);
        }
        cluster.settle(&mut self.plan, outcome, status, now);
        self.plan.end_attempt();
    }

    /// Notes that the SDK makes no other attempt.
    pub(super) fn complete(&mut self) {
        self.is_complete = true;
        self.plan.complete_log(NextStep::Completed);
    }

    pub(super) fn now(&self) -> Duration {
        self.balancer.cluster.now()
    }

    /// Returns the URL of the node that the attempt is at.
    pub(super) fn node(&self) -> String {
        let node = self
            .plan
            .current()
            .map(|attempt| attempt.node().url().as_str());
        node.unwrap_or_default().to_owned()
    }
}

impl Drop for RoutedRequest {
    fn drop(&mut self) {
        if !self.is_complete
            && self.info.has_attempt_left
            && let Some(id) = self.info.invocation_id.take()
        {
            let mut plan = std::mem::take(&mut self.plan);
            plan.end_attempt();
            self.balancer.pending_retries.put(id, plan);
        }
    }
}
