//! The state of discovery, which the background task, the health checker and all requests share.

use super::last_known_good::LastKnownGood;
use super::running_time::RunningClock;
use super::seed_names::SeedNames;
use super::single_flight::SingleFlight;
use super::translations::Translations;
use super::wake_ups::WakeUps;
use super::{DiscoveryClient, DiscoveryConfig, RefreshError, TopologyEvent};
use crate::clock::Clock;
use crate::health::{EjectionCause, Transition};
use crate::routing::{HealthEvent, Router};
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, OnceLock, PoisonError};

/// The numbers of refreshes since the beginning.
#[derive(Debug, Default)]
pub(super) struct RefreshCounters {
    pub(super) refreshes: AtomicU64,
    pub(super) failures: AtomicU64,
}

/// Discovers the nodes of a cluster, and publishes them to the router.
#[derive(Debug)]
pub struct Discovery<E> {
    pub(super) router: Arc<Router<E>>,
    pub(super) clock: Clock,
    pub(super) config: DiscoveryConfig<E>,
    pub(super) client: OnceLock<Arc<dyn DiscoveryClient>>,
    pub(super) wake_ups: Arc<WakeUps>,
    /// By which the waits of requests are measured.
    pub(super) running_clock: RunningClock,
    pub(super) seed_names: SeedNames,
    /// With an address translator only.
    pub(super) translations: Option<Translations>,
    pub(super) single_flight: SingleFlight,
    pub(super) has_succeeded: AtomicBool,
    has_reached_node: AtomicBool,
    tracks_outcomes: AtomicBool,
    pub(super) refresh_counts: RefreshCounters,
    last_known_good: Mutex<LastKnownGood>,
}

impl<E: Send + Sync + 'static> Discovery<E> {
    /// A discovery without a client, which has not refreshed yet.
    pub fn new(config: DiscoveryConfig<E>, router: Arc<Router<E>>, clock: Clock) -> Self {
        let translator = config.address_translator.clone();
        let translations = translator
            .zip(config.seeds.first())
            .map(|(translator, seed)| {
                Translations::new(translator, seed.clone(), config.allowed_addresses.clone())
            });
        Self {
            router,
            clock,
            translations,
            seed_names: SeedNames::new(config.allowed_addresses.clone()),
            config,
            client: OnceLock::new(),
            wake_ups: Arc::default(),
            running_clock: RunningClock::default(),
            single_flight: SingleFlight::default(),
            has_succeeded: AtomicBool::new(false),
            has_reached_node: AtomicBool::new(false),
            tracks_outcomes: AtomicBool::new(false),
            refresh_counts: RefreshCounters::default(),
            last_known_good: Mutex::default(),
        }
    }

    /// Adopts a client, unless there is one.
    pub fn adopt(&self, client: impl FnOnce() -> Arc<dyn DiscoveryClient>) {
        self.client.get_or_init(client);
    }

    /// Returns whether there is a client.
    pub fn has_client(&self) -> bool {
        self.client.get().is_some()
    }

    pub(super) fn consecutive_failures(&self) -> u32 {
        self.last_known_good().consecutive_failures
    }

    pub(super) fn report(&self, events: impl IntoIterator<Item = TopologyEvent>) {
        let events = events.into_iter();
        events.for_each(|event| self.config.report.report(&event));
    }

    /// Records a request. Returns whether it may have woken the task.
    pub fn record_request(&self) -> bool {
        self.wake_ups.record_request()
    }

    /// Declares that the router gets the outcome of every attempt from now on.
    pub fn track_outcomes(&self) {
        self.tracks_outcomes.store(true, Ordering::Relaxed);
    }

    /// Returns whether the outcomes of attempts are known. Otherwise every busy node would look as if it hung.
    pub(super) fn tracks_outcomes(&self) -> bool {
        self.tracks_outcomes.load(Ordering::Relaxed)
    }

    /// Records that an attempt has begun. Wakes the health checker if there is anything to check: requests whose
    /// outcome will be known, or ejected nodes.
    pub fn record_attempt(&self) {
        if self.tracks_outcomes() || !self.router.snapshot().ejected().is_empty() {
            self.wake_ups.wake_health_checker();
        }
    }

    /// Reports a change of a node's health, and wakes the background task where it has to act.
    pub fn record_health_event(&self, event: &HealthEvent<E>) {
        if let Transition::Ejected {
            cause: EjectionCause::Unreachable,
            ..
        } = event.transition
        {
            // The list may be out of date.
            self.wake_ups.record_failure_hint();
        }
        if event.transition == Transition::Admitted {
            self.record_reached_node();
        }
        self.wake_ups.wake_health_checker();
        self.report([TopologyEvent::Node {
            node: event.node.url().clone(),
            transition: event.transition,
            reason: event.reason,
        }]);
        self.report(event.panic_mode.map(TopologyEvent::PanicMode));
    }

    /// Returns the error of the last refresh, if it failed.
    pub fn last_error(&self) -> Option<RefreshError> {
        self.last_known_good().error.clone()
    }

    /// Returns the number of refreshes that have ended, and that of those that have failed.
    pub fn refresh_counts(&self) -> (u64, u64) {
        let RefreshCounters {
            refreshes,
            failures,
        } = &self.refresh_counts;
        let load = |counter: &AtomicU64| counter.load(Ordering::Relaxed);
        (load(refreshes), load(failures))
    }

    /// Returns whether any refresh has succeeded.
    pub fn has_succeeded(&self) -> bool {
        self.has_succeeded.load(Ordering::Relaxed)
    }

    /// Returns whether a listed node was ever reached. Until then the seeds serve.
    pub(super) fn has_reached_node(&self) -> bool {
        self.has_reached_node.load(Ordering::Relaxed)
    }

    pub(super) fn record_reached_node(&self) {
        self.has_reached_node.store(true, Ordering::Relaxed);
    }

    pub(super) fn last_known_good(&self) -> MutexGuard<'_, LastKnownGood> {
        // Nothing that holds the lock can panic.
        self.last_known_good
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
    }
}
