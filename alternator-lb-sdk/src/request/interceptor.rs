//! The one interceptor of an installation: the steps of an operation, in their order.

mod warnings;

use super::active_interceptor::{ActiveInterceptor, Step};
use super::minimal_headers::Replacements;
use super::{
    OperationOptions, begin_plan, endpoint_override, is_pinned, may_be_unsigned, minimal_headers,
    plan, plan_mut,
};
use crate::auth;
use crate::cluster::Cluster;
#[cfg(feature = "compression")]
use crate::compression;
use crate::hedging;
use crate::history::AttemptRecorder;
use crate::internal::installed_clients::ClientMeans;
use crate::retry::{attempt_end, connection_evidence, error_context, outcome, policy};
use crate::route_error::RouteError;
use crate::transport::AbortableHttpClient;
use crate::transport::abort_handle::{AbortSignals, TransportPresence};
use crate::transport::sdk_endpoint::SdkPlan;
use alternator_lb_core::health::Outcome;
use aws_smithy_runtime_api::box_error::BoxError;
use aws_smithy_runtime_api::client::connection::CaptureSmithyConnection;
use aws_smithy_runtime_api::client::interceptors::Intercept;
use aws_smithy_runtime_api::client::interceptors::context::{
    BeforeDeserializationInterceptorContextMut, BeforeSerializationInterceptorContextMut,
    BeforeSerializationInterceptorContextRef, BeforeTransmitInterceptorContextMut,
    BeforeTransmitInterceptorContextRef, FinalizerInterceptorContextMut,
    FinalizerInterceptorContextRef,
};
use aws_smithy_runtime_api::client::runtime_components::RuntimeComponents;
use aws_smithy_types::config_bag::ConfigBag;
use aws_smithy_types::timeout::TimeoutConfig;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, OnceLock};

/// The name that identifies an earlier installation.
pub(crate) const NAME: &str = "alternator-lb-sdk";

/// Prepares each attempt, and records its outcome.
#[derive(Debug)]
pub(crate) struct Interceptor {
    cluster: Arc<Cluster>,
    means: ClientMeans,
    /// Set where an HTTP client decorator is installed as well.
    pub(crate) transport: Option<TransportPresence>,
    /// True if the whole plugin is installed.
    pub(crate) is_complete: bool,
    /// True if the application has configured the stalled-stream protection.
    pub(crate) keeps_stall_protection: bool,
    /// True until the first operation if the application has configured no retries.
    pub(crate) checks_retries: AtomicBool,
    has_warned_of_endpoint: AtomicBool,
    has_warned_of_credentials: AtomicBool,
    /// The bytes that minimal headers save, once they have.
    saved_header_bytes: OnceLock<u64>,
}

impl Interceptor {
    pub(crate) fn new(cluster: Arc<Cluster>) -> Self {
        cluster.discovery.track_outcomes();
        Self {
            cluster,
            means: ClientMeans::default(),
            transport: None,
            is_complete: false,
            keeps_stall_protection: false,
            checks_retries: AtomicBool::new(false),
            has_warned_of_endpoint: AtomicBool::new(false),
            has_warned_of_credentials: AtomicBool::new(false),
            saved_header_bytes: OnceLock::new(),
        }
    }
}

impl Intercept for Interceptor {
    fn name(&self) -> &'static str {
        NAME
    }

    fn read_before_execution(
        &self,
        _: &BeforeSerializationInterceptorContextRef<'_>,
        config: &mut ConfigBag,
    ) -> Result<(), BoxError> {
        if ActiveInterceptor::register(self, config) {
            endpoint_override::note_client(&self.cluster, config, &self.has_warned_of_endpoint);
            self.check_retries(config);
        }
        Ok(())
    }

    fn modify_before_serialization(
        &self,
        context: &mut BeforeSerializationInterceptorContextMut<'_>,
        components: &RuntimeComponents,
        config: &mut ConfigBag,
    ) -> Result<(), BoxError> {
        if !ActiveInterceptor::begins(self, Step::Serialization, config) {
            return Ok(());
        }
        if !self.cluster.discovery.has_client()
            && let Some(http_client) = components.http_client()
        {
            let http_client = AbortableHttpClient::around(http_client).inner;
            self.cluster
                .adopt(&http_client, config.load::<TimeoutConfig>());
        }
        self.means.offer(&self.cluster, components, config);
        endpoint_override::pin(&self.cluster, config)?;
        let options = config.load::<OperationOptions>();
        let routing = options.map(|options| options.routing).unwrap_or_default();
        let is_minimal = options.and_then(|options| options.minimal_headers);
        let recorder = options.and_then(|options| options.recorder.clone());
        if self.is_complete {
            let http_client = components.http_client();
            let transport = self.transport.as_ref();
            let has_decorator = transport.is_some_and(|it| it.is_confirmed(http_client.as_ref()));
            ActiveInterceptor::set_has_decorator(config, has_decorator);
            let replacements = Replacements {
                stall_protection: has_decorator && !self.keeps_stall_protection,
            };
            if is_minimal.unwrap_or(self.cluster.config.minimal_headers) {
                minimal_headers::begin_operation(config, replacements);
            }
        }
        self.cluster
            .operation_begins(context.input(), routing, components, config);
        begin_plan(config);
        AttemptRecorder::begin(recorder, &self.cluster, components, config);
        Ok(())
    }

    #[cfg(feature = "compression")]
    fn modify_before_retry_loop(
        &self,
        context: &mut BeforeTransmitInterceptorContextMut<'_>,
        _: &RuntimeComponents,
        config: &mut ConfigBag,
    ) -> Result<(), BoxError> {
        if !ActiveInterceptor::begins(self, Step::RetryLoop, config) {
            return Ok(());
        }
        compression::compress_body(
            &self.cluster.compression,
            self.cluster.topology_generation(),
            context.request_mut(),
            config,
        );
        Ok(())
    }

    fn modify_before_signing(
        &self,
        context: &mut BeforeTransmitInterceptorContextMut<'_>,
        components: &RuntimeComponents,
        config: &mut ConfigBag,
    ) -> Result<(), BoxError> {
        if !ActiveInterceptor::begins(self, Step::Signing, config) {
            return Ok(());
        }
        let clock_skew = &self.cluster.clock_skew;
        if let Some(attempt) = plan(config).and_then(SdkPlan::current)
            && clock_skew.needs_correction(attempt.node(), config)
        {
            let node = Arc::clone(attempt.node());
            clock_skew.correct(&node, context, components, config)?;
        }
        // An aborted attempt must be followed by another: on another node if the node is ejected.
        let is_repeated = !is_pinned(config) && policy::repeats_broken_attempts(components);
        let is_abortable = is_repeated && policy::has_attempt_left(config);
        let may_go_on = is_abortable || (is_repeated && policy::has_free_attempt_left(config));
        let headers = context.request_mut().headers_mut();
        let settings = &self.cluster.config;
        if minimal_headers::begin_attempt(settings, headers, config, is_abortable)
            && let Some(attempt) = plan(config).and_then(SdkPlan::current)
        {
            let saved = || minimal_headers::saved_bytes(settings, config);
            let saved = *self.saved_header_bytes.get_or_init(saved);
            attempt.node().record_saved_header_bytes(saved);
        }
        #[cfg(feature = "compression")]
        compression::restore_plain_body(
            &self.cluster.compression,
            self.cluster.topology_generation(),
            context.request_mut(),
            config,
        );
        if let Some(transport) = &self.transport
            && let Some(attempt) = plan(config).and_then(SdkPlan::current)
        {
            let endpoint = attempt.node().extension();
            let signals = AbortSignals {
                ejected: is_abortable.then(|| Arc::clone(&endpoint.ejected)),
                generations: may_go_on.then(|| Arc::clone(&endpoint.generations)),
            };
            let has_decorator = ActiveInterceptor::has_decorator(config);
            if let Some(handle) = transport.handle(signals, has_decorator) {
                context.request_mut().add_extension(handle);
            }
            if has_decorator && let Some(plan) = plan(config) {
                let request = context.request_mut();
                hedging::begin(&self.cluster, plan, request, || components.sleep_impl());
            }
        }
        Ok(())
    }

    fn read_after_signing(
        &self,
        context: &BeforeTransmitInterceptorContextRef<'_>,
        _: &RuntimeComponents,
        config: &mut ConfigBag,
    ) -> Result<(), BoxError> {
        if !ActiveInterceptor::begins(self, Step::Signed, config) {
            return Ok(());
        }
        let is_unsigned = context.request().headers().get("authorization").is_none();
        if is_unsigned && !may_be_unsigned(&self.cluster.config, config) {
            return Err(RouteError::Unsigned.into());
        }
        Ok(())
    }

    #[cfg(feature = "compression")]
    fn modify_before_transmit(
        &self,
        context: &mut BeforeTransmitInterceptorContextMut<'_>,
        _: &RuntimeComponents,
        config: &mut ConfigBag,
    ) -> Result<(), BoxError> {
        if !ActiveInterceptor::begins(self, Step::Transmit, config) {
            return Ok(());
        }
        if self.transport.is_some() {
            compression::negotiate(&self.cluster.compression, context.request_mut(), config);
        }
        Ok(())
    }

    fn read_before_transmit(
        &self,
        context: &BeforeTransmitInterceptorContextRef<'_>,
        components: &RuntimeComponents,
        config: &mut ConfigBag,
    ) -> Result<(), BoxError> {
        if !ActiveInterceptor::begins(self, Step::Transmitted, config) {
            return Ok(());
        }
        auth::note_sent(context, components, config)?;
        if let Some(capture) = config.load::<CaptureSmithyConnection>() {
            connection_evidence::mark(capture);
        }
        if let Some(plan) = plan_mut(config) {
            plan.mark_sent();
        }
        Ok(())
    }

    fn modify_before_deserialization(
        &self,
        context: &mut BeforeDeserializationInterceptorContextMut<'_>,
        components: &RuntimeComponents,
        config: &mut ConfigBag,
    ) -> Result<(), BoxError> {
        if !ActiveInterceptor::begins(self, Step::Deserialization, config) {
            return Ok(());
        }
        if let Some(plan) = plan_mut(config) {
            hedging::adopt(&self.cluster, context.response(), plan);
        }
        let clock_skew = &self.cluster.clock_skew;
        if let Some(plan) = plan(config)
            && let Some(attempt) = plan.current()
            && clock_skew.needs_measurement(attempt.node(), context.response(), config)
        {
            let (node, age) = (Arc::clone(attempt.node()), plan.age(self.cluster.now()));
            clock_skew.measure(&node, age, context, components, config)?;
        }
        Ok(())
    }

    #[cfg_attr(
        not(feature = "compression"),
        expect(
            unused_variables,
            reason = "only compressed requests are refused and sent again"
        )
    )]
    fn modify_before_attempt_completion(
        &self,
        context: &mut FinalizerInterceptorContextMut<'_>,
        components: &RuntimeComponents,
        config: &mut ConfigBag,
    ) -> Result<(), BoxError> {
        if !ActiveInterceptor::begins(self, Step::AttemptCompletion, config) {
            return Ok(());
        }
        let node = |config: &ConfigBag| {
            let attempt = plan(config)?.current()?;
            Some(attempt.node().url().as_str().to_owned())
        };
        #[cfg(feature = "compression")]
        compression::detect_refusal(
            &self.cluster.compression,
            self.cluster.topology_generation(),
            context,
            config,
            policy::can_retry(components),
            node,
        );
        outcome::reject_foreign_response(context, || node(config));
        Ok(())
    }

    fn read_after_attempt(
        &self,
        context: &FinalizerInterceptorContextRef<'_>,
        components: &RuntimeComponents,
        config: &mut ConfigBag,
    ) -> Result<(), BoxError> {
        if !ActiveInterceptor::begins(self, Step::AttemptEnd, config) {
            return Ok(());
        }
        let now = self.cluster.now();
        let sent = plan(config).filter(|plan| plan.is_sent());
        let Some(age) = sent.map(|plan| plan.age(now)) else {
            // The attempt failed on this side, before it was sent to any node.
            self.warn_if_credentials_failed(context);
            attempt_end::log(plan_mut(config), context, Outcome::Neutral, now, components);
            return Ok(());
        };
        self.cluster.attempt_ended(context, config);
        let outcome = outcome::classify(context, config, age);
        if let Some(transport) = &self.transport
            && outcome != Outcome::Neutral
            && !ActiveInterceptor::has_decorator(config)
        {
            transport.report_if_removed(&self.cluster.observer);
        }
        self.cluster.note_replicas(context, outcome, config);
        let Some(plan) = plan_mut(config) else {
            return Ok(());
        };
        attempt_end::log(Some(plan), context, outcome, now, components);
        if outcome == Outcome::Responded {
            hedging::record(&self.cluster, plan, now);
        }
        let status = context.response().map(|it| it.status().as_u16());
        self.cluster.settle(plan, outcome, status, now);
        plan.end_attempt();
        let router = &self.cluster.router;
        let target = policy::target(router, plan, outcome, (age, now), components);
        let is_failed = matches!(context.output_or_error(), Some(Err(_)));
        let resend = &self.cluster.retry_quota.resend;
        let is_free = is_failed && policy::prepare(config, outcome, target, resend);
        if is_free {
            let counts = &self.cluster.counts;
            counts.retries_spared.fetch_add(1, Ordering::Relaxed);
        }
        if outcome == Outcome::Overloaded && !self.cluster.router.is_overloaded(now) {
            policy::exempt_from_rate_limit(config);
        }
        #[cfg(feature = "compression")]
        let is_free = match context.output_or_error() {
            Some(Err(error)) => policy::prepare_by_compression(config, error) || is_free,
            _ => is_free,
        };
        if is_free && let Some(plan) = super::plan(config) {
            plan.log_free();
        }
        Ok(())
    }

    fn modify_before_completion(
        &self,
        context: &mut FinalizerInterceptorContextMut<'_>,
        components: &RuntimeComponents,
        config: &mut ConfigBag,
    ) -> Result<(), BoxError> {
        if !ActiveInterceptor::begins(self, Step::Completion, config) {
            return Ok(());
        }
        #[cfg(feature = "compression")]
        compression::restore_error(context, config);
        error_context::complete(context, components, config, &self.cluster);
        Ok(())
    }
}
