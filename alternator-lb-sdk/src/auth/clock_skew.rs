//! The clocks of the nodes, as far as they differ from this process's.
//!
//! Alternator accepts signatures that are up to 15 minutes old or young by the clock of the node that verifies them.
//! The SDK knows one clock skew per client, that of the server which responded last, so that one node whose clock is
//! wrong has the requests to all others dated wrongly. Here each node has its own skew, and each attempt is dated by
//! the clock of its node. The clock of a node that was not measured is taken to agree with this process's, unless most
//! of the measured ones deviate: then it is this process's clock that is wrong.
//!
//! The SDK's signer takes its skew from the SDK's interceptor alone, and each instance of that keeps one. So each node
//! has an instance, which the plugin's interceptor calls in place of the SDK's. A measurement parses a date and takes
//! two locks, so it is made only by responses that may have been caused by the clock, and while a clock deviates.
//!
//! Skews are relative to the time source of the SDK client that measured them: the clients of an
//! [`Alternator`](crate::Alternator) are taken to have the same one.

use super::node_clock::NodeClock;
use crate::transport::sdk_endpoint::{SdkEndpoint, SdkNode};
use alternator_lb_core::routing::Router;
use arc_swap::ArcSwapOption;
use aws_runtime::service_clock_skew::{DisableClockSkewCorrection, ServiceClockSkewInterceptor};
use aws_smithy_runtime_api::box_error::BoxError;
use aws_smithy_runtime_api::client::interceptors::context::{
    BeforeDeserializationInterceptorContextMut, BeforeTransmitInterceptorContextMut,
    BeforeTransmitInterceptorContextRef,
};
use aws_smithy_runtime_api::client::interceptors::{DisableInterceptor, Intercept};
use aws_smithy_runtime_api::client::orchestrator::HttpResponse;
use aws_smithy_runtime_api::client::runtime_components::RuntimeComponents;
use aws_smithy_types::DateTime;
use aws_smithy_types::config_bag::{ConfigBag, Storable, StoreReplace};
use aws_smithy_types::date_time::Format;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, LazyLock};
use std::time::{Duration, SystemTime};

/// The deviation in milliseconds that is tolerated: far less than servers mind, and more than a response may have been
/// under way.
const TOLERATED: u64 = 60_000;

/// The deviation in milliseconds below which a refused signature has another cause than its date: that of the SDK,
/// which is about a quarter of what servers tolerate.
const NEVER_REFUSED: u64 = 240_000;

/// Measures nothing, and so corrects nothing.
static UNCORRECTED: LazyLock<ServiceClockSkewInterceptor> = LazyLock::new(Default::default);

/// The skew by which an attempt's signature is dated, in milliseconds. Absent if none is.
#[derive(Clone, Copy, Debug)]
pub(super) struct SignatureSkew(pub(super) i64);

impl Storable for SignatureSkew {
    type Storer = StoreReplace<Self>;
}

/// Marks a response whose node may have refused the date of the request's signature.
#[derive(Clone, Copy, Debug)]
pub(crate) struct SkewedDate;

/// Returns the time by which an attempt is signed.
pub(super) fn signing_time(
    components: &RuntimeComponents,
    config: &ConfigBag,
) -> Option<SystemTime> {
    let now = components.time_source()?.now();
    let Some(&SignatureSkew(skew)) = config.load::<SignatureSkew>() else {
        return Some(now);
    };
    let by = Duration::from_millis(skew.unsigned_abs());
    match skew < 0 {
        true => now.checked_sub(by),
        false => now.checked_add(by),
    }
}

/// The knowledge of the clocks of a cluster's nodes.
#[derive(Debug)]
pub(crate) struct ClockSkew {
    router: Arc<Router<SdkEndpoint>>,
    /// True if a clock deviates.
    is_noticed: AtomicBool,
    /// The node whose clock stands for those that were not measured. None if this process's clock does.
    reference: ArcSwapOption<SdkNode>,
}

impl ClockSkew {
    pub(crate) fn new(router: Arc<Router<SdkEndpoint>>) -> Self {
        Self {
            router,
            is_noticed: AtomicBool::new(false),
            reference: ArcSwapOption::empty(),
        }
    }

    /// Returns whether an attempt must be [dated by the clock](Self::correct) of its node.
    pub(crate) fn needs_correction(&self, node: &SdkNode, config: &ConfigBag) -> bool {
        (self.is_noticed(node) || is_corrected(config)) && !is_disabled(config)
    }

    /// Has an attempt dated by the clock of its node. Called before it is signed.
    pub(crate) fn correct(
        &self,
        node: &SdkNode,
        context: &mut BeforeTransmitInterceptorContextMut<'_>,
        components: &RuntimeComponents,
        config: &mut ConfigBag,
    ) -> Result<(), BoxError> {
        let own = &node.extension().clock;
        let reference = self.reference.load();
        let reference = reference.as_ref().map(|node| &node.extension().clock);
        let clock = Some(own).filter(|own| own.skew().is_some()).or(reference);
        let skew = clock.and_then(NodeClock::skew).unwrap_or(0);
        config.interceptor_state().store_put(SignatureSkew(skew));
        let sdk = clock.map_or(&*UNCORRECTED, |clock| &clock.sdk);
        sdk.modify_before_retry_loop(context, components, config)
    }

    /// Returns whether a response of a node has to be [measured](Self::measure).
    pub(crate) fn needs_measurement(
        &self,
        node: &SdkNode,
        response: &HttpResponse,
        config: &ConfigBag,
    ) -> bool {
        (response.status().is_client_error() || self.is_noticed(node)) && !is_disabled(config)
    }

    /// Measures the clock of a node by its response to an attempt that took `age`.
    pub(crate) fn measure(
        &self,
        node: &SdkNode,
        age: Duration,
        context: &mut BeforeDeserializationInterceptorContextMut<'_>,
        components: &RuntimeComponents,
        config: &mut ConfigBag,
    ) -> Result<(), BoxError> {
        let Some(skew) = measured_skew(context.response(), age, components) else {
            return Ok(());
        };
        let clock = &node.extension().clock;
        let sdk = &clock.sdk;
        sdk.modify_before_deserialization(context, components, config)?;
        let applied = config.load::<SignatureSkew>().map_or(0, |skew| skew.0);
        if skew.abs_diff(applied) > NEVER_REFUSED {
            context.response_mut().add_extension(SkewedDate);
        }
        let skew = if skew.unsigned_abs() > TOLERATED {
            skew
        } else {
            0
        };
        if skew != 0 || self.is_noticed(node) {
            let former = clock.set_skew(skew);
            if former.is_none_or(|former| former.abs_diff(skew) > TOLERATED) {
                self.update();
            }
        }
        Ok(())
    }

    fn is_noticed(&self, node: &SdkNode) -> bool {
        let is_measured = node.extension().clock.skew().is_some();
        is_measured || self.is_noticed.load(Ordering::Relaxed)
    }

    /// Decides whose clock is wrong.
    fn update(&self) {
        let snapshot = self.router.snapshot();
        let nodes = snapshot.topology().nodes();
        let measured = nodes
            .iter()
            .filter_map(|node| Some((node.extension().clock.skew()?, node)));
        let measured: Vec<_> = measured.collect();
        let mut deviating: Vec<_> = measured.iter().filter(|(skew, _)| *skew != 0).collect();
        if deviating.is_empty() {
            self.is_noticed.store(false, Ordering::Relaxed);
            self.reference.store(None);
            for node in nodes {
                node.extension().clock.forget_skew();
            }
            return;
        }
        self.is_noticed.store(true, Ordering::Relaxed);
        // One node alone cannot tell which of the two clocks is wrong.
        let is_of_most = deviating.len() >= 2 && deviating.len() * 2 > measured.len();
        deviating.sort_unstable_by_key(|(skew, _)| *skew);
        let median = deviating.get(deviating.len() / 2).filter(|_| is_of_most);
        self.reference
            .store(median.map(|(_, node)| Arc::clone(node)));
    }
}

/// Dates the operations of an internal client, each of which is one attempt at one node.
#[derive(Debug)]
pub(crate) struct DateByNode {
    pub(crate) clock_skew: Arc<ClockSkew>,
    pub(crate) node: Arc<SdkNode>,
}

impl Intercept for DateByNode {
    fn name(&self) -> &'static str {
        "alternator-lb-sdk: date by node"
    }

    fn modify_before_signing(
        &self,
        context: &mut BeforeTransmitInterceptorContextMut<'_>,
        components: &RuntimeComponents,
        config: &mut ConfigBag,
    ) -> Result<(), BoxError> {
        match self.clock_skew.needs_correction(&self.node, config) {
            true => self
                .clock_skew
                .correct(&self.node, context, components, config),
            false => Ok(()),
        }
    }

    fn read_before_transmit(
        &self,
        context: &BeforeTransmitInterceptorContextRef<'_>,
        components: &RuntimeComponents,
        config: &mut ConfigBag,
    ) -> Result<(), BoxError> {
        note_sent(context, components, config)
    }

    fn modify_before_deserialization(
        &self,
        context: &mut BeforeDeserializationInterceptorContextMut<'_>,
        components: &RuntimeComponents,
        config: &mut ConfigBag,
    ) -> Result<(), BoxError> {
        let (clock_skew, node) = (&self.clock_skew, &self.node);
        match clock_skew.needs_measurement(node, context.response(), config) {
            true => clock_skew.measure(node, Duration::ZERO, context, components, config),
            false => Ok(()),
        }
    }
}

/// Notes when a signed attempt is sent, for the SDK's part of the measurement.
pub(crate) fn note_sent(
    context: &BeforeTransmitInterceptorContextRef<'_>,
    components: &RuntimeComponents,
    config: &mut ConfigBag,
) -> Result<(), BoxError> {
    match context.request().headers().contains_key("authorization") {
        true => UNCORRECTED.read_before_transmit(context, components, config),
        false => Ok(()),
    }
}

/// Returns whether the attempt would be dated by a skew: of an earlier attempt at another node, or by the SDK.
fn is_corrected(config: &ConfigBag) -> bool {
    config.load::<SignatureSkew>().is_some()
        || config
            .load::<DisableInterceptor<ServiceClockSkewInterceptor>>()
            .is_none()
}

/// Returns whether the application wants its own clock in all signatures.
fn is_disabled(config: &ConfigBag) -> bool {
    let setting = config.load::<DisableClockSkewCorrection>();
    setting.is_some_and(DisableClockSkewCorrection::is_disabled)
}

/// Returns the milliseconds by which the node's clock was ahead, halfway through the attempt as in NTP (RFC 5905). None
/// for a response without a date, or from a cache.
fn measured_skew(
    response: &HttpResponse,
    age: Duration,
    components: &RuntimeComponents,
) -> Option<i64> {
    if response.headers().contains_key("age") {
        return None;
    }
    let date = DateTime::from_str(response.headers().get("date")?, Format::HttpDate).ok()?;
    let now = components.time_source()?.now().checked_sub(age / 2)?;
    let skew = date.to_millis().ok()? - DateTime::from(now).to_millis().ok()?;
    Some(skew)
}
