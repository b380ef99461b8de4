//! What all clients of a cluster share.

#[cfg(feature = "compression")]
use crate::compression;
#[cfg(feature = "compression")]
use crate::compression::Compression;
use crate::install::default_client as http;
use crate::internal::background_tasks::Errands;
use crate::internal::discovery_client::Localnodes;
use crate::metadata::Tables;
use crate::metadata::token_maps::TokenMaps;
use crate::operation::key_routing::KeyRouting;
use crate::request::user_agent::UserAgent;
use crate::retry::policy as failover;
use crate::route_error::RouteError;
use crate::transport::endpoint::SdkEndpoint;
use alternator_lb_core::clock::Clock;
use alternator_lb_core::discovery::{
    Discovery, DiscoveryClient, DiscoveryConfig, DiscoveryTask, RefreshIntervals, TopologyEvent,
};
use alternator_lb_core::health::Outcome;
use alternator_lb_core::routing::{Endpoint, EndpointState, Plan, Policy, Router, RoutingSnapshot};
use alternator_lb_core::topology::{NodeUrl, Scope, Topology};
use aws_sdk_dynamodb::config::retry::TokenBucket;
use aws_smithy_runtime_api::client::http::SharedHttpClient;
use aws_smithy_types::timeout::TimeoutConfig;
use futures_util::future::join;
use std::sync::{Arc, OnceLock};
use std::time::Duration;

/// A node with what the plugin keeps at hand for requests to it.
pub(crate) type SdkNode = Endpoint<SdkEndpoint>;
/// The attempts of one operation of the SDK.
pub(crate) type SdkPlan = Plan<SdkEndpoint>;

/// One cluster: its nodes, and everything that keeps them known.
#[derive(Debug)]
pub(crate) struct Cluster {
    clock: Clock,
    router: Arc<Router<SdkEndpoint>>,
    discovery: Arc<Discovery<SdkEndpoint>>,
    background: DiscoveryTask,
    errands: Errands,
    key_routing: Option<KeyRouting>,
    token_maps: Option<Arc<TokenMaps>>,
    auth: Auth,
    lean: bool,
    user_agent: UserAgent,
    signs_fast: bool,
    cut_bucket: TokenBucket,
    /// The seeds as nodes, for operations that ask for one which is not listed.
    seeds: Vec<Arc<SdkNode>>,
    /// The application's choice, which goes before that of any configuration.
    chosen_client: Option<SharedHttpClient>,
    /// The SDK's default, made when it is needed first.
    default_client: OnceLock<Option<SharedHttpClient>>,
    #[cfg(feature = "compression")]
    compression: Compression,
}

/// What the application chose, checked.
#[derive(Debug)]
pub(crate) struct Chosen {
    pub(crate) seeds: Vec<NodeUrl>,
    pub(crate) scope: Scope,
    /// Whether that scope is not merely the default.
    pub(crate) scope_is_chosen: bool,
    pub(crate) spill_over: bool,
    pub(crate) policy: Policy,
    pub(crate) intervals: RefreshIntervals,
    pub(crate) key_routing: Option<KeyRouting>,
    pub(crate) auth: Auth,
    /// Whether requests are lean unless an operation says otherwise.
    pub(crate) lean: bool,
    pub(crate) user_agent: UserAgent,
    /// Whether requests are signed by the plugin unless an operation says otherwise.
    pub(crate) signs_fast: bool,
    pub(crate) http_client: Option<SharedHttpClient>,
    #[cfg(feature = "compression")]
    pub(crate) compression: compression::Settings,
}

/// Whether requests are signed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Auth {
    IfThereAreCredentials,
    Never,
    Always,
}

impl Cluster {
    pub(crate) fn new(chosen: Chosen) -> Self {
        let clock = Clock::new();
        let nodes = Topology::new(std::slice::from_ref(&chosen.seeds), |url| {
            EndpointState::new(SdkEndpoint::new(url))
        });
        let seeds = nodes.nodes().to_vec();
        let start = fastrand::usize(..);
        let router = Router::new(RoutingSnapshot::new(Arc::new(nodes)), chosen.policy, start);
        let router = Arc::new(router);
        #[cfg(feature = "compression")]
        let switch = compression::Switch::default();
        #[cfg(feature = "compression")]
        let report = switch.told_of_changes(report);
        let is_token_aware = chosen
            .key_routing
            .as_ref()
            .is_some_and(KeyRouting::is_token_aware);
        let token_maps = is_token_aware.then(|| TokenMaps::new(clock));
        let settings = DiscoveryConfig {
            seeds: chosen.seeds,
            scope: chosen.scope,
            scope_is_chosen: chosen.scope_is_chosen,
            spill_over: chosen.spill_over,
            // One coordinator for all clients must not depend on where each of them is.
            discovers_local_datacenter: chosen.key_routing.is_some(),
            intervals: chosen.intervals,
            attach: SdkEndpoint::new,
            end_requests: SdkEndpoint::end_requests,
            report: match &token_maps {
                Some(maps) => Box::new(maps.told_of_changes(report)),
                None => Box::new(report),
            },
        };
        Self {
            clock,
            discovery: Arc::new(Discovery::new(settings, Arc::clone(&router), clock)),
            router,
            background: DiscoveryTask::new(),
            errands: Errands::new(),
            key_routing: chosen.key_routing,
            token_maps,
            auth: chosen.auth,
            lean: chosen.lean,
            user_agent: chosen.user_agent,
            signs_fast: chosen.signs_fast,
            cut_bucket: failover::cut_bucket(),
            seeds,
            chosen_client: chosen.http_client,
            default_client: OnceLock::new(),
            #[cfg(feature = "compression")]
            compression: Compression::new(chosen.compression, switch),
        }
    }

    pub(crate) fn router(&self) -> &Router<SdkEndpoint> {
        &self.router
    }

    pub(crate) fn discovery(&self) -> &Discovery<SdkEndpoint> {
        &self.discovery
    }

    pub(crate) fn errands(&self) -> &Errands {
        &self.errands
    }

    /// What is wanted of operations on single partitions, if anything is.
    pub(crate) fn key_routing(&self) -> Option<&KeyRouting> {
        self.key_routing.as_ref()
    }

    /// Where partitions lie, if that is to be known.
    pub(crate) fn token_maps(&self) -> Option<&Arc<TokenMaps>> {
        self.token_maps.as_ref()
    }

    /// What is known of tables, if anything is to be known.
    pub(crate) fn tables(&self) -> Option<&Tables> {
        self.key_routing().map(KeyRouting::tables)
    }

    /// Ends all that is done in the background, for good.
    pub(crate) async fn shutdown(&self) {
        join(self.errands.shutdown(), self.background.shutdown()).await;
    }

    pub(crate) fn auth(&self) -> Auth {
        self.auth
    }

    pub(crate) fn is_lean(&self) -> bool {
        self.lean
    }

    pub(crate) fn user_agent(&self) -> UserAgent {
        self.user_agent.clone()
    }

    pub(crate) fn signs_fast(&self) -> bool {
        self.signs_fast
    }

    pub(crate) fn cut_bucket(&self) -> &TokenBucket {
        &self.cut_bucket
    }

    #[cfg(feature = "compression")]
    pub(crate) fn compression(&self) -> &Compression {
        &self.compression
    }

    /// The addresses of the nodes in use.
    pub(crate) fn addresses(&self) -> Vec<String> {
        let snapshot = self.router.snapshot();
        let nodes = snapshot.topology().nodes().iter();
        nodes.map(|node| node.url().as_str().to_owned()).collect()
    }

    /// The HTTP client for a configuration that has none, if there is one to share.
    pub(crate) fn http_client(&self) -> Option<SharedHttpClient> {
        self.chosen_client.clone().or_else(|| {
            self.default_client
                .get_or_init(http::default_client)
                .clone()
        })
    }

    /// Asks over this HTTP client from now on, or over the one that the application chose, unless there is one already.
    /// It is held as long as the cluster is, so it must not hold the cluster in turn.
    pub(crate) fn adopt(&self, http_client: &SharedHttpClient, timeouts: Option<&TimeoutConfig>) {
        self.discovery.adopt(|| -> Arc<dyn DiscoveryClient> {
            let http_client = self.chosen_client.as_ref().unwrap_or(http_client);
            Arc::new(Localnodes::new(http_client.clone(), timeouts))
        });
    }

    /// Asks over the client that is for whoever brings none, unless there is one already.
    pub(crate) fn adopt_default_client(&self) {
        if self.discovery.can_ask() {
            return;
        }
        if let Some(http_client) = self.http_client() {
            self.adopt(&http_client, None);
            self.look_out_for_proxies();
        }
    }

    fn look_out_for_proxies(&self) {
        #[cfg(feature = "default-https-client")]
        crate::install::proxy::warn_if_captured(self.discovery.seeds());
    }

    /// A configuration has the plugin from now on.
    pub(crate) fn installed(&self) {
        self.look_out_for_proxies();
        if self.discovery.can_ask() && tokio::runtime::Handle::try_current().is_ok() {
            self.background.ensure(&self.discovery, self.clock.now());
        }
    }

    /// Chooses the node of an operation's next attempt.
    pub(crate) fn advance(&self, plan: &mut SdkPlan) -> Result<(), RouteError> {
        let now = self.request();
        let is_watched = self.background.runs(now);
        self.router
            .advance(plan, is_watched, now, &mut fastrand::Rng::new())?;
        self.discovery.attempt_begun();
        Ok(())
    }

    /// Chooses a node for a request of which nothing is remembered.
    pub(crate) fn pick_one(&self) -> Result<Arc<SdkNode>, RouteError> {
        let now = self.request();
        Ok(self.router.pick_one(now, &mut fastrand::Rng::new())?)
    }

    /// Takes note of what became of an operation's attempt.
    pub(crate) fn settle(&self, plan: &mut SdkPlan, outcome: Outcome, now: Duration) {
        if let Some(change) = self.router.settle(plan, outcome, now) {
            self.discovery.note(&change);
        }
    }

    pub(crate) fn now(&self) -> Duration {
        self.clock.now()
    }

    /// The node at an address, if it is one of the cluster's: listed, or a seed.
    pub(crate) fn find(&self, url: &NodeUrl) -> Option<Arc<SdkNode>> {
        let snapshot = self.router.snapshot();
        let seed = || self.seeds.iter().find(|seed| seed.url() == url);
        snapshot.topology().find(url).or_else(seed).cloned()
    }

    /// A request is made: the task that keeps the list fresh must run. Returns the time.
    fn request(&self) -> Duration {
        let now = self.clock.now();
        if self.discovery.can_ask() {
            if self.discovery.request() {
                self.background.woken(now);
            }
            self.background.ensure(&self.discovery, now);
        }
        now
    }
}

fn report(report: &TopologyEvent) {
    alternator_lb_core::observe::events::report(report);
    #[cfg(feature = "default-https-client")]
    if let TopologyEvent::Changed { added, .. } = report {
        crate::install::proxy::warn_if_captured(added);
    }
}
