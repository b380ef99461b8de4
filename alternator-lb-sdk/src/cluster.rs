//! The state that all clients of a cluster share.

mod discovery_reports;
mod http_client;
mod missing_replicas;

use crate::auth::ClockSkew;
#[cfg(feature = "compression")]
use crate::compression::Compression;
use crate::config::ClusterConfig;
use crate::internal::background_tasks::BackgroundTasks;
use crate::internal::client::{ClientContext, Credentials, InternalClient};
use crate::internal::installed_clients::InstalledClients;
use crate::metadata::{MetadataCache, TableMetadata, invalidation};
use crate::observe::Counts;
use crate::operation::item_operation::ItemOperation;
use crate::operation::key_routing::KeyRouting;
use crate::operation::routing_settings::RoutingOptions;
use crate::operation::table_exclusions::TableExclusions;
use crate::request;
use crate::retry::quota::RetryQuota;
use crate::route_error::RouteError;
#[cfg(feature = "default-https-client")]
use crate::transport::listed_nodes::ListedNodes;
use crate::transport::sdk_endpoint::{SdkEndpoint, SdkNode, SdkPlan};
use alternator_lb_core::clock::Clock;
use alternator_lb_core::discovery::{Discovery, DiscoveryConfig, DiscoveryTask, EventSink};
use alternator_lb_core::health::Outcome;
use alternator_lb_core::observe::{
    AttemptEntry, FlightRecorder, Observer, PluginCounts, Record, Stats, TARGET,
};
use alternator_lb_core::routing::{EndpointState, Hedging, Router, RoutingSnapshot};
use alternator_lb_core::topology::{NodeUrl, Topology};
use aws_smithy_runtime_api::client::http::SharedHttpClient;
use aws_smithy_runtime_api::client::interceptors::context::{
    FinalizerInterceptorContextRef, Input,
};
use aws_smithy_runtime_api::client::runtime_components::RuntimeComponents;
use aws_smithy_types::config_bag::ConfigBag;
use discovery_reports::Reports;
use futures_util::future::join;
use std::fmt;
use std::net::IpAddr;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, OnceLock};
use std::time::Duration;
use tracing::trace;

/// One cluster: its nodes, and the tasks that keep the list of them fresh.
pub(crate) struct Cluster {
    pub(crate) config: ClusterConfig,
    clock: Clock,
    pub(crate) observer: Arc<Observer>,
    pub(crate) router: Arc<Router<SdkEndpoint>>,
    pub(crate) discovery: Arc<Discovery<SdkEndpoint>>,
    discovery_task: DiscoveryTask,
    background_tasks: BackgroundTasks,
    pub(crate) installed_clients: Arc<InstalledClients>,
    pub(crate) key_routing: KeyRouting,
    /// The metadata of tables that it needs.
    pub(crate) metadata: Arc<MetadataCache>,
    pub(crate) clock_skew: Arc<ClockSkew>,
    pub(crate) retry_quota: RetryQuota,
    pub(crate) counts: Counts,
    /// The tables that datacenters hold no replicas of.
    pub(crate) table_exclusions: TableExclusions,
    /// The seeds as nodes, for operations that name one which is not listed.
    seeds: Vec<Arc<SdkNode>>,
    /// The SDK's default client, made on first use.
    default_client: OnceLock<Option<SharedHttpClient>>,
    /// The nodes that have connections of their own in the HTTP client, unless that is the application's.
    #[cfg(feature = "default-https-client")]
    listed_nodes: Arc<ListedNodes>,
    /// The state of hedged reads, if they are set.
    pub(crate) hedging: Option<Arc<Hedging>>,
    has_warned_of_hedging: AtomicBool,
    #[cfg(feature = "compression")]
    pub(crate) compression: Compression,
}

impl Cluster {
    pub(crate) fn new(config: ClusterConfig) -> Self {
        let clock = Clock::new();
        let mut nodes = Topology::new(std::slice::from_ref(&config.seeds), |url| {
            EndpointState::new(SdkEndpoint::new(url))
        });
        if config.address_translator.is_some() {
            // The cluster knows the seeds by other addresses.
            nodes.record_listed_addresses(|_| None);
        }
        let seeds = nodes.nodes().to_vec();
        let snapshot = RoutingSnapshot::new(Arc::new(nodes));
        let router = Arc::new(Router::new(snapshot, config.policy, fastrand::usize(..)));
        #[cfg(feature = "default-https-client")]
        let listed_nodes = match &config.tls {
            Some(tls) => Arc::clone(tls.nodes()),
            None => Arc::default(),
        };
        let key_routing = KeyRouting::new(config.routing, &config.table_options);
        let addresses = seeds.iter().filter_map(|seed| seed.address());
        let counts = Counts::default();
        #[cfg(feature = "compression")]
        let saved = counts.saved_by_compression.clone();
        let recorder = FlightRecorder::new(config.flight_recorder);
        let observer = Arc::new(Observer::new(clock, recorder));
        let reports = Reports {
            observer: Arc::clone(&observer),
            #[cfg(feature = "default-https-client")]
            router: Arc::clone(&router),
            #[cfg(feature = "default-https-client")]
            listed_nodes: Arc::clone(&listed_nodes),
        };
        reports.list_nodes();
        let metadata = MetadataCache::new(
            clock,
            Arc::clone(&observer),
            &config.partition_keys,
            key_routing.needs(),
        )
        .with_seeds(router.topology_generation(), addresses);
        let settings = DiscoveryConfig {
            seeds: config.seeds.clone(),
            scope: config.scope.clone().unwrap_or_default(),
            scope_is_chosen: config.scope.is_some(),
            queries_nodes: config.discovery,
            allowed_addresses: config.allowed_addresses.clone(),
            address_translator: config.address_translator.clone(),
            spill_over: config.spill_over,
            // One primary for all clients must not depend on the rack of each.
            discovers_local_datacenter: key_routing.is_used(),
            min_idle: config.min_idle,
            intervals: config.intervals,
            attach: SdkEndpoint::new,
            requests: SdkEndpoint::REQUEST_CONTROL,
            report: EventSink::new(move |event| reports.report(event)),
        };
        Self {
            clock,
            observer: Arc::clone(&observer),
            discovery: Arc::new(Discovery::new(settings, Arc::clone(&router), clock)),
            clock_skew: Arc::new(ClockSkew::new(Arc::clone(&router))),
            router,
            discovery_task: DiscoveryTask::default(),
            background_tasks: BackgroundTasks::new(),
            installed_clients: Arc::default(),
            key_routing,
            metadata: Arc::new(metadata),
            retry_quota: RetryQuota::new(),
            counts,
            table_exclusions: TableExclusions::default(),
            seeds,
            default_client: OnceLock::new(),
            #[cfg(feature = "default-https-client")]
            listed_nodes,
            hedging: config
                .hedged_reads
                .map(|hedge| Arc::new(Hedging::new(hedge))),
            has_warned_of_hedging: AtomicBool::new(false),
            #[cfg(feature = "compression")]
            compression: Compression::new(config.compression, observer, saved),
            config,
        }
    }

    /// Returns a number that changes with the set of nodes.
    pub(crate) fn topology_generation(&self) -> u64 {
        self.router.topology_generation()
    }

    /// Gives an operation that begins its routing info, and refreshes the metadata of its tables with its credentials.
    pub(crate) fn operation_begins(
        self: &Arc<Self>,
        input: &Input,
        options: RoutingOptions,
        components: &RuntimeComponents,
        config: &mut ConfigBag,
    ) {
        if self.key_routing.is_used_with(options) {
            self.route_by_key(input, options, components, config);
        }
        self.table_exclusions
            .operation_begins(input, || self.now(), config);
    }

    fn route_by_key(
        self: &Arc<Self>,
        input: &Input,
        options: RoutingOptions,
        components: &RuntimeComponents,
        config: &mut ConfigBag,
    ) {
        let metadata = &self.metadata;
        let Some(operation) = ItemOperation::from_input(input) else {
            invalidation::table_operation_begins(metadata, input, config);
            return;
        };
        if request::is_pinned(config) {
            return;
        }
        metadata.observe_generation(self.topology_generation(), || self.node_addresses());
        let refresh = |table: &Arc<TableMetadata>, config: &ConfigBag| {
            let credentials = || Credentials::of(components);
            let client = || InternalClient::new(self, components, config);
            metadata.refresh_if_due(table, &self.background_tasks, credentials, client);
        };
        let key_routing = &self.key_routing;
        key_routing.begin(&operation, options, metadata, config, refresh);
    }

    /// Invalidates the metadata of a table if the attempt that has ended shows that it is out of date.
    pub(crate) fn attempt_ended(
        &self,
        context: &FinalizerInterceptorContextRef<'_>,
        config: &ConfigBag,
    ) {
        if self.key_routing.is_used() {
            invalidation::attempt_ended(&self.metadata, context, config);
        }
    }

    /// Ends all background tasks for good.
    pub(crate) async fn shutdown(&self) {
        let background_tasks = self.background_tasks.shutdown();
        join(background_tasks, self.discovery_task.shutdown()).await;
    }

    /// Returns the URLs of the nodes.
    pub(crate) fn node_urls(&self) -> Vec<String> {
        let snapshot = self.router.snapshot();
        let nodes = snapshot.topology().nodes().iter();
        nodes.map(|node| node.url().as_str().to_owned()).collect()
    }

    /// Returns the addresses of the nodes that are listed by one.
    fn node_addresses(&self) -> Vec<IpAddr> {
        let snapshot = self.router.snapshot();
        let nodes = snapshot.topology().nodes().iter();
        nodes.filter_map(|node| node.address()).collect()
    }

    /// Selects the node of an operation's next attempt.
    pub(crate) fn advance(&self, plan: &mut SdkPlan) -> Result<(), RouteError> {
        let now = self.record_request();
        let is_health_checked = self.discovery_task.runs(now);
        let rng = &mut fastrand::Rng::new();
        let advanced = self.router.advance(plan, is_health_checked, now, rng);
        if let Err(error) = advanced {
            let error = RouteError::from(error);
            self.record_route_error(&error);
            return Err(error);
        }
        self.discovery.record_attempt();
        if let Some(attempt) = plan.current() {
            let (node, reason) = (attempt.node().url(), attempt.reason().name());
            trace!(target: TARGET, event = "attempt", %node, reason, "the next attempt goes to this node");
        }
        Ok(())
    }

    /// Marks in the flight recorder that an operation fails without a node.
    pub(crate) fn record_route_error(&self, error: &RouteError) {
        self.observer
            .record(|| Record::RouteError(error.to_string().into()));
    }

    /// Collects the numbers since the beginning.
    pub(crate) fn stats(&self) -> Stats {
        let counts = PluginCounts {
            retries_spared: self.counts.retries_spared.load(Ordering::Relaxed),
            hedges: self
                .hedging
                .as_ref()
                .map(|it| it.counts())
                .unwrap_or_default(),
            bytes_saved_by_compression: self.counts.saved_by_compression.get(),
        };
        Stats::new(&self.router, &self.discovery, counts)
    }

    /// Selects a node for a request whose outcome is not recorded.
    pub(crate) fn pick_one(&self) -> Result<Arc<SdkNode>, RouteError> {
        let now = self.record_request();
        Ok(self.router.pick_one(now, &mut fastrand::Rng::new())?)
    }

    /// Records the outcome of an operation's attempt. `status` is that of its response, if there is one.
    pub(crate) fn settle(
        &self,
        plan: &mut SdkPlan,
        outcome: Outcome,
        status: Option<u16>,
        now: Duration,
    ) {
        if let Some(attempt) = plan.current() {
            let number = u32::try_from(plan.tried().count()).unwrap_or(u32::MAX);
            let reason = attempt.reason();
            if !AttemptEntry::is_ordinary(number, reason, outcome) {
                self.observer.record(|| {
                    Record::Attempt(AttemptEntry {
                        node: attempt.node().url().text(),
                        number,
                        reason,
                        outcome,
                        status,
                        duration: plan.age(now),
                        responses: attempt.node().responses(),
                    })
                });
            }
        }
        if let Some(event) = self.router.settle(plan, outcome, status, now) {
            self.discovery.record_health_event(&event);
        }
    }

    pub(crate) fn now(&self) -> Duration {
        self.clock.now()
    }

    /// Returns the node at an address, if it is listed or a seed.
    pub(crate) fn find(&self, url: &NodeUrl) -> Option<Arc<SdkNode>> {
        let snapshot = self.router.snapshot();
        let seed = || self.seeds.iter().find(|seed| seed.url() == url);
        snapshot.topology().find(url).or_else(seed).cloned()
    }

    /// Records a request, for which the discovery task must run. Returns the time.
    fn record_request(&self) -> Duration {
        let now = self.clock.now();
        if self.discovery.has_client() {
            if self.discovery.record_request() {
                self.discovery_task.woken(now);
            }
            self.discovery_task.ensure(&self.discovery, now);
        }
        now
    }
}

/// Short, since it is part of what the SDK prints of a client's configuration.
impl fmt::Debug for Cluster {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let nodes = self.router.snapshot().topology().nodes().len();
        f.debug_struct("Cluster")
            .field("seeds", &self.config.seeds)
            .field("nodes", &nodes)
            .finish_non_exhaustive()
    }
}

impl ClientContext for Cluster {
    fn pick_node(&self) -> Result<Arc<SdkNode>, RouteError> {
        self.pick_one()
    }

    fn find_node(&self, url: &NodeUrl) -> Option<Arc<SdkNode>> {
        self.find(url)
    }

    fn config(&self) -> &ClusterConfig {
        &self.config
    }

    fn clock_skew(&self) -> &Arc<ClockSkew> {
        &self.clock_skew
    }
}
