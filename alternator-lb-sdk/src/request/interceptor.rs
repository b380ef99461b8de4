//! Learns what became of each attempt.

use super::endpoint_override as own_endpoint;
use super::minimal_headers::{Clock, Lean};
use crate::auth as signing;
use crate::auth::Skew;
use crate::cluster::{Auth, Cluster, SdkPlan};
#[cfg(feature = "compression")]
use crate::compression;
use crate::events;
use crate::operation::key_routing;
use crate::retry::outcome;
use crate::retry::outcome::TIME_TO_CONNECT;
use crate::retry::{connection_evidence as sent, policy as failover, unreachable};
use crate::route_error::RouteError;
use crate::transport::Transport;
use crate::transport::abort_handle as departure;
use crate::transport::abort_handle::Passage;
use alternator_lb_core::health::Outcome;
use alternator_lb_core::routing::RetryTarget;
use aws_credential_types::provider::error::CredentialsError;
use aws_runtime::auth::sigv4::SCHEME_ID;
use aws_smithy_runtime_api::box_error::BoxError;
use aws_smithy_runtime_api::client::connection::CaptureSmithyConnection;
use aws_smithy_runtime_api::client::endpoint::EndpointResolverParams;
use aws_smithy_runtime_api::client::interceptors::Intercept;
use aws_smithy_runtime_api::client::interceptors::context::{
    BeforeDeserializationInterceptorContextMut, BeforeSerializationInterceptorContextMut,
    BeforeSerializationInterceptorContextRef, BeforeTransmitInterceptorContextMut,
    BeforeTransmitInterceptorContextRef, FinalizerInterceptorContextMut,
    FinalizerInterceptorContextRef,
};
use aws_smithy_runtime_api::client::runtime_components::{
    GetIdentityResolver as _, RuntimeComponents,
};
use aws_smithy_types::config_bag::ConfigBag;
use aws_smithy_types::timeout::TimeoutConfig;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

/// By this an earlier installation is recognised.
pub(crate) const NAME: &str = "alternator-lb-sdk";

/// The one interceptor of an installation.
#[derive(Debug)]
pub(crate) struct Interceptor {
    cluster: Arc<Cluster>,
    /// Where requests are supposed to pass through a transport.
    passage: Option<Passage>,
    /// How requests are made, where the whole plugin is installed.
    lean: Option<Lean>,
    /// Whether the clock is right, where the plugin signs.
    skew: Option<Arc<Skew>>,
    warned_of_endpoint: AtomicBool,
    warned_of_credentials: AtomicBool,
}

impl Interceptor {
    pub(crate) fn new(cluster: Arc<Cluster>) -> Self {
        cluster.discovery().track_outcomes();
        Self {
            cluster,
            passage: None,
            lean: None,
            skew: None,
            warned_of_endpoint: AtomicBool::new(false),
            warned_of_credentials: AtomicBool::new(false),
        }
    }

    /// One that is installed together with a [`Transport`].
    pub(crate) fn with_transport(self) -> Self {
        Self {
            passage: Some(Passage::default()),
            ..self
        }
    }

    /// One that is installed together with everything else.
    pub(crate) fn with_lean(self, lean: Lean) -> Self {
        Self {
            lean: Some(lean),
            ..self
        }
    }

    /// One that is installed together with a signer.
    pub(crate) fn with_skew(self, skew: Arc<Skew>) -> Self {
        Self {
            skew: Some(skew),
            ..self
        }
    }

    /// Who should look after the clock in an operation.
    fn clock(&self, components: &RuntimeComponents, config: &ConfigBag) -> Clock {
        let is_signed =
            self.cluster.auth() != Auth::Never && components.identity_resolver(SCHEME_ID).is_some();
        let is_fast = || signing::is_fast(self.cluster.signs_fast(), config);
        match &self.skew {
            _ if !is_signed => Clock::Nobodys,
            Some(skew) if is_fast() && skew.is_noticed() => Clock::Both,
            Some(_) if is_fast() => Clock::Ours,
            Some(_) | None => Clock::TheSdks,
        }
    }

    /// What stands in for the SDK's look at the clock, in operations in which that is off.
    fn skew(&self, config: &ConfigBag) -> Option<&Skew> {
        let clock = config.load::<Clock>();
        let is_ours = matches!(clock, Some(Clock::Ours | Clock::Both));
        self.skew.as_deref().filter(|_| is_ours)
    }

    /// The provider that the application set is asked, and fails: to send unsigned requests is not what was asked for.
    fn note_credentials(&self, context: &FinalizerInterceptorContextRef<'_>) {
        let Some(Err(error)) = context.output_or_error() else {
            return;
        };
        if sent::chain(error).any(|error| error.is::<CredentialsError>())
            && !self.warned_of_credentials.swap(true, Ordering::Relaxed)
        {
            events::credentials_failed();
        }
    }
}

/// The plan of the operation, once its first node was picked.
fn plan(config: &mut ConfigBag) -> Option<&mut SdkPlan> {
    config
        .get_mut_from_interceptor_state::<EndpointResolverParams>()?
        .get_property_mut()
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
        own_endpoint::note_client(&self.cluster, config, &self.warned_of_endpoint);
        Ok(())
    }

    fn modify_before_serialization(
        &self,
        context: &mut BeforeSerializationInterceptorContextMut<'_>,
        components: &RuntimeComponents,
        config: &mut ConfigBag,
    ) -> Result<(), BoxError> {
        if !self.cluster.discovery().can_ask()
            && let Some(http_client) = components.http_client()
        {
            let http_client = Transport::around(http_client);
            self.cluster
                .adopt(http_client.inner(), config.load::<TimeoutConfig>());
        }
        if let Some(lean) = &self.lean {
            let is_guarded = self.passage.as_ref().is_some_and(Passage::is_known);
            lean.begin(config, is_guarded, self.clock(components, config));
        }
        key_routing::begin(&self.cluster, context.input(), components, config);
        own_endpoint::pin(&self.cluster, config)
    }

    fn modify_before_retry_loop(
        &self,
        context: &mut BeforeTransmitInterceptorContextMut<'_>,
        components: &RuntimeComponents,
        config: &mut ConfigBag,
    ) -> Result<(), BoxError> {
        if let Some(skew) = self.skew(config) {
            skew.operation_begins(context, components, config)?;
        }
        #[cfg(feature = "compression")]
        compression::compress(self.cluster.compression(), context.request_mut(), config);
        Ok(())
    }

    fn modify_before_signing(
        &self,
        context: &mut BeforeTransmitInterceptorContextMut<'_>,
        components: &RuntimeComponents,
        config: &mut ConfigBag,
    ) -> Result<(), BoxError> {
        let may_end = departure::may_end(config, components);
        if let Some(lean) = &self.lean {
            lean.begin_attempt(context, config, may_end);
        }
        #[cfg(feature = "compression")]
        compression::swap_in_plain(self.cluster.compression(), context.request_mut(), config);
        if let Some(passage) = &self.passage
            && let Some(attempt) = plan(config).and_then(|plan| plan.current())
        {
            let end = may_end.then(|| attempt.node().endpoint().end());
            if let Some(departure) = passage.departure(end) {
                context.request_mut().add_extension(departure);
            }
        }
        Ok(())
    }

    fn read_after_signing(
        &self,
        context: &BeforeTransmitInterceptorContextRef<'_>,
        _: &RuntimeComponents,
        _: &mut ConfigBag,
    ) -> Result<(), BoxError> {
        let must_be_signed = self.cluster.auth() == Auth::Always;
        if must_be_signed && context.request().headers().get("authorization").is_none() {
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
        if self.passage.is_some() {
            compression::permit(self.cluster.compression(), context.request_mut(), config);
        }
        Ok(())
    }

    fn read_before_transmit(
        &self,
        context: &BeforeTransmitInterceptorContextRef<'_>,
        components: &RuntimeComponents,
        config: &mut ConfigBag,
    ) -> Result<(), BoxError> {
        if let Some(skew) = self.skew(config) {
            skew.request_leaves(context, components, config)?;
        }
        if let Some(capture) = config.load::<CaptureSmithyConnection>() {
            sent::mark(capture);
        }
        if let Some(plan) = plan(config) {
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
        match self.skew(config) {
            Some(skew) => skew.answer_comes(context, components, config),
            None => Ok(()),
        }
    }

    #[cfg(feature = "compression")]
    fn modify_before_attempt_completion(
        &self,
        context: &mut FinalizerInterceptorContextMut<'_>,
        components: &RuntimeComponents,
        config: &mut ConfigBag,
    ) -> Result<(), BoxError> {
        // Without a way to sleep the SDK makes no second attempt.
        let can_repeat = components.sleep_impl().is_some();
        let compression = self.cluster.compression();
        compression::send_again_if_refused(compression, context, config, can_repeat, |config| {
            let attempt = plan(config)?.current()?;
            Some(attempt.node().url().as_str().to_owned())
        });
        Ok(())
    }

    fn read_after_attempt(
        &self,
        context: &FinalizerInterceptorContextRef<'_>,
        components: &RuntimeComponents,
        config: &mut ConfigBag,
    ) -> Result<(), BoxError> {
        let now = self.cluster.now();
        let sent_plan = plan(config).filter(|plan| plan.is_sent());
        let Some(age) = sent_plan.map(|plan| plan.age(now)) else {
            // It failed on this side, before it left for any node.
            self.note_credentials(context);
            return Ok(());
        };
        if let Some(skew) = &self.skew {
            skew.note(context.response(), components, now);
        }
        key_routing::judge(&self.cluster, context, config);
        let outcome = outcome::judge(context, config, age);
        if let Some(passage) = &self.passage
            && outcome != Outcome::Neutral
        {
            passage.warn_if_removed();
        }
        let Some(plan) = plan(config) else {
            return Ok(());
        };
        self.cluster.settle(plan, outcome, now);
        // Without a way to sleep the SDK cannot even wait for no time at all.
        let goes_on = failover::calls_for_another(outcome) && components.sleep_impl().is_some();
        let target = match goes_on {
            true => self.cluster.router().retry_target(plan),
            false => RetryTarget::NoNode,
        };
        let target = match target {
            // Nodes that are out are gone through while each costs no more than a refused connection.
            RetryTarget::EjectedNode if age >= TIME_TO_CONNECT => RetryTarget::NoNode,
            target => target,
        };
        plan.end_attempt();
        failover::prepare(config, outcome, target, self.cluster.cut_bucket());
        #[cfg(feature = "compression")]
        compression::prepare(context, config);
        Ok(())
    }

    fn modify_before_completion(
        &self,
        context: &mut FinalizerInterceptorContextMut<'_>,
        _: &RuntimeComponents,
        config: &mut ConfigBag,
    ) -> Result<(), BoxError> {
        #[cfg(feature = "compression")]
        compression::restore_error(context, config);
        let Some(plan) = plan(config) else {
            return Ok(());
        };
        if plan.last_outcome().is_some_and(Outcome::was_not_sent)
            && let Some(result) = context.output_or_error_mut()
        {
            unreachable::explain(result, plan, self.cluster.discovery().last_error());
        }
        Ok(())
    }
}
