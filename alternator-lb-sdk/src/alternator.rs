//! The handle on a cluster.

use crate::build_error::BuildError;
use crate::builder::Builder;
use crate::cluster::Cluster;
use crate::explanation::{self, Explanation};
use crate::install::sdk_config;
use crate::operation::OperationInput;
use crate::request::interceptor::Interceptor;
use crate::request::resolver::Resolver;
use alternator_lb_core::discovery::RefreshError;
use alternator_lb_core::observe::{NodeStatus, Stats, Subscription};
use aws_smithy_runtime_api::client::interceptors::Intercept;
use aws_smithy_runtime_api::client::interceptors::context::Input;
use aws_types::SdkConfig;
use std::sync::Arc;

/// A handle on one ScyllaDB Alternator cluster.
///
/// It is installed on the SDK's own configuration with one line,
/// [`.alternator(&alternator)`](crate::AlternatorExt::alternator). Clones are cheap and are the same cluster: any
/// number of clients share its list of nodes, the health of these, and the one task that keeps the list fresh.
///
/// ```
/// use alternator_lb_sdk::{Alternator, AlternatorExt as _};
/// use aws_sdk_dynamodb::config::BehaviorVersion;
///
/// let alternator = Alternator::builder().seeds(["http://10.0.0.1:8000"]).build()?;
/// let config = aws_sdk_dynamodb::Config::builder()
///     .behavior_version(BehaviorVersion::latest())
///     .alternator(&alternator)
///     .build();
/// let client = aws_sdk_dynamodb::Client::from_conf(config);
/// # Ok::<(), alternator_lb_sdk::BuildError>(())
/// ```
///
/// # Background work
///
/// One task per cluster refreshes the list of nodes and checks their health. It starts when the plugin is installed
/// inside a tokio runtime, or else with the first request, moves to another runtime when its own is gone, and ends when
/// the last clone, client and configuration that uses the cluster is dropped.
#[derive(Clone, Debug)]
pub struct Alternator {
    cluster: Arc<Cluster>,
}

impl Alternator {
    pub(crate) fn new(cluster: Cluster) -> Self {
        Self::of_cluster(Arc::new(cluster))
    }

    pub(crate) fn of_cluster(cluster: Arc<Cluster>) -> Self {
        Self { cluster }
    }

    /// Starts with the settings of a cluster.
    pub fn builder() -> Builder {
        Builder::default()
    }

    /// Returns the cluster whose seed is the endpoint that `sdk_config` names for DynamoDB, as the SDK itself reads it:
    /// the endpoint set in code, else `AWS_ENDPOINT_URL_DYNAMODB` or its form in the profile, else the endpoint for all
    /// services.
    ///
    /// Use it to migrate an application that is pointed at one node by its environment without naming the node again.
    /// Discovery uses the configuration's HTTP client, if it has one. [`Builder::endpoint_from`] is the same with
    /// further settings.
    ///
    /// ```
    /// use alternator_lb_sdk::{Alternator, AlternatorExt as _};
    ///
    /// fn client(
    ///     sdk_config: &aws_types::SdkConfig,
    /// ) -> Result<aws_sdk_dynamodb::Client, alternator_lb_sdk::BuildError> {
    ///     let alternator = Alternator::from_sdk_config(sdk_config)?;
    ///     let config = aws_sdk_dynamodb::config::Builder::from(sdk_config).alternator(&alternator);
    ///     Ok(aws_sdk_dynamodb::Client::from_conf(config.build()))
    /// }
    /// ```
    ///
    /// # Errors
    ///
    /// [`BuildError::NoEndpoint`] if no endpoint is named, and any error of the endpoint as a seed.
    pub fn from_sdk_config(sdk_config: &SdkConfig) -> Result<Self, BuildError> {
        Self::builder().endpoint_from(sdk_config)?.build()
    }

    /// Returns a configuration like `sdk_config`, from which any client of DynamoDB is balanced: for code that takes an
    /// `SdkConfig`, or makes its client by `Client::new(&sdk_config)`, in a crate that cannot be changed.
    ///
    /// Where the client is built by the application itself, use [`.alternator(..)`](crate::AlternatorExt::alternator):
    /// it does more. On a builder that was made from such a configuration it works as on any other.
    ///
    /// ```
    /// use alternator_lb_sdk::Alternator;
    ///
    /// fn client(alternator: &Alternator, sdk_config: &aws_types::SdkConfig) -> aws_sdk_dynamodb::Client {
    ///     let balanced = alternator.sdk_config(sdk_config);
    ///     aws_sdk_dynamodb::Client::new(&balanced) // or any crate that takes an `SdkConfig`
    /// }
    /// ```
    ///
    /// Replaces the endpoint, also one of the environment or a profile (`AWS_ENDPOINT_URL_DYNAMODB`); decorates the
    /// HTTP client, or where there is none [that of the cluster](crate::Builder::http_client), else the SDK's default
    /// one; adds a region, if there is none; and unsets FIPS and dual stack, which are about endpoints of AWS. Retries,
    /// timeouts, credentials, the region and all else stay. Calling it on its own result changes nothing.
    ///
    /// # How it works
    ///
    /// The endpoint is that of the first seed, a constant, which the SDK signs as the `host`. The HTTP client sends
    /// each request to the next node, with the `host` that was signed, so that the signature is valid on each. A
    /// request that could not be connected goes on to another node at once, whatever the retries: to the SDK that is
    /// one attempt. Failed attempts count for the [health](crate::docs::health) of their nodes as ever, and a retry
    /// goes to a node that its operation has not tried.
    ///
    /// A request for any other host fails with [`RouteError::ForeignHost`](crate::RouteError::ForeignHost), one for a
    /// seed or node goes there, and one of another service, as of a client of S3 that was made from this configuration,
    /// fails with [`RouteError::ForeignService`](crate::RouteError::ForeignService).
    ///
    /// # Credentials
    ///
    /// Without a credentials provider requests are sent unsigned, and with
    /// [`AuthMode::Unsigned`](crate::AuthMode::Unsigned) in any case. An `SdkConfig` cannot say so: it gets credentials
    /// that are no role's, and the HTTP client removes what they have signed. [`AuthMode::Required`](crate::AuthMode)
    /// is enforced.
    ///
    /// # Limits
    ///
    /// Settings that need an interceptor have no effect: compression of requests, options of single operations, short
    /// waits before retries, and more. Key affinity and token awareness fetch nothing: name the [partition
    /// keys](crate::Builder::partition_key).
    /// [`docs::limitations`](crate::docs::limitations#configurations-of-sdk_config) has the list.
    #[must_use = "the configuration that is given stays as it is"]
    pub fn sdk_config(&self, sdk_config: &SdkConfig) -> SdkConfig {
        sdk_config::balanced(&self.cluster, sdk_config)
    }

    /// Returns the load balancing alone, for
    /// [`Builder::endpoint_resolver`](aws_sdk_dynamodb::config::Builder::endpoint_resolver).
    ///
    /// Use it where no more than that is wanted: requests are distributed, retries go to another node, and the list is
    /// kept fresh, over the [builder's HTTP client](Builder::http_client) or the SDK's default one. Failures have no
    /// effect on the choice of nodes, unless [`interceptor()`](Self::interceptor) is installed beside it, and
    /// authentication and the HTTP client are left as they are. An endpoint URL in the configuration, or in an
    /// operation's own, is ignored.
    ///
    /// ```
    /// # use alternator_lb_sdk::Alternator;
    /// # let alternator = Alternator::builder().seeds(["http://10.0.0.1:8000"]).build()?;
    /// let config = aws_sdk_dynamodb::Config::builder()
    ///     .endpoint_resolver(alternator.endpoint_resolver())
    ///     .interceptor(alternator.interceptor()) // failover as well
    ///     .allow_no_auth();
    /// # Ok::<(), alternator_lb_sdk::BuildError>(())
    /// ```
    #[must_use = "a resolver does nothing until it is installed"]
    pub fn endpoint_resolver(
        &self,
    ) -> impl aws_sdk_dynamodb::config::endpoint::ResolveEndpoint + use<> {
        Resolver::new(Arc::clone(&self.cluster))
    }

    /// Returns health and failover, for [`Builder::interceptor`](aws_sdk_dynamodb::config::Builder::interceptor) beside
    /// [`endpoint_resolver()`](Self::endpoint_resolver): a node that cannot be connected is ejected for all clients,
    /// and the request that met it goes on to another at once. An operation's own endpoint then pins it to that node,
    /// [`AuthMode::Required`](crate::AuthMode::Required) is enforced, and [key affinity](Builder::key_affinity) works
    /// where it is set. Of no use without that resolver.
    #[must_use = "an interceptor does nothing until it is installed"]
    pub fn interceptor(&self) -> impl Intercept + use<> {
        Interceptor::new(Arc::clone(&self.cluster))
    }

    /// Waits until the list of nodes has been refreshed once, and a listed node was reached.
    ///
    /// Requests need not wait for it: until then they go to the seeds. Use it where a process should not report itself
    /// ready before it knows its cluster. If no listed node was ever reached, this makes a refresh, or waits for the
    /// one under way. [Without discovery](Builder::without_discovery) a seed has to respond.
    ///
    /// ```no_run
    /// # async fn example() -> Result<(), Box<dyn std::error::Error>> {
    /// # let alternator = alternator_lb_sdk::Alternator::builder().seeds(["http://10.0.0.1:8000"]).build()?;
    /// alternator.ready().await?;
    /// for node in alternator.nodes() {
    ///     println!("{} {:?} {}", node.url(), node.state(), node.requests());
    /// }
    /// # Ok(())
    /// # }
    /// ```
    ///
    /// # Errors
    ///
    /// The [`RefreshError`] of that refresh, or [`RefreshError::ServedBySeeds`] if the seeds respond and none of the
    /// nodes that they list does: requests are served, by the seeds alone. Calling again tries again. Panics where
    /// tokio does: in a runtime without a timer, in which the SDK does not run either.
    ///
    /// # Cancel safety
    ///
    /// Dropping the future ends the refresh if this call makes it; nothing is lost.
    pub async fn ready(&self) -> Result<(), RefreshError> {
        self.cluster.adopt_default_client();
        self.cluster.discovery.ready().await
    }

    /// Refreshes the list of nodes now, or shares a refresh that begins after this call.
    ///
    /// Hardly ever needed: for tests, and for programs that learn of a change of the cluster by other means.
    ///
    /// # Errors
    ///
    /// The [`RefreshError`] of that refresh. The last good list stays in force.
    ///
    /// # Cancel safety
    ///
    /// Dropping the future ends the refresh if this call makes it; nothing is lost.
    pub async fn refresh(&self) -> Result<(), RefreshError> {
        self.cluster.adopt_default_client();
        self.cluster.discovery.refresh().await
    }

    /// Returns the nodes that requests may go to with their status: one consistent snapshot, those of the preferred
    /// scope first. Nodes in no scope, which are known because some operations need one node of the whole datacenter,
    /// come last.
    ///
    /// Before the first refresh these are the seeds.
    #[must_use]
    pub fn nodes(&self) -> Vec<NodeStatus> {
        let snapshot = self.cluster.router.snapshot();
        NodeStatus::of_topology(snapshot.topology(), self.cluster.now())
    }

    /// Returns where an operation with this input would go at the moment, and why: for logs, debugging and tests.
    ///
    /// It makes no request, describes no table, and changes nothing. An operation on a table of which nothing is known
    /// yet, since no operation was made on it, would be distributed as usual. So would operations on no single
    /// partition.
    ///
    /// The input is a built one. That of a fluent builder, as of `client.get_item()`, is
    /// `operation.as_input().clone().build()?`.
    ///
    /// ```
    /// # use alternator_lb_sdk::Alternator;
    /// use aws_sdk_dynamodb::operation::get_item::GetItemInput;
    /// use aws_sdk_dynamodb::types::AttributeValue;
    ///
    /// # fn main() -> Result<(), Box<dyn std::error::Error>> {
    /// let alternator = Alternator::builder()
    ///     .seeds(["http://10.0.0.1:8000"])
    ///     .token_aware()
    ///     .build()?;
    /// let input = GetItemInput::builder()
    ///     .table_name("users")
    ///     .key("name", AttributeValue::S("anna".to_owned()))
    ///     .build()?;
    /// let explanation = alternator.explain(&input);
    /// println!("{explanation}");
    /// assert_eq!(explanation.node(), Some("http://10.0.0.1:8000"));
    /// # Ok(())
    /// # }
    /// ```
    ///
    /// Anything else does not compile, as a fluent builder's own input:
    ///
    /// ```compile_fail,E0277
    /// # fn example(alternator: &alternator_lb_sdk::Alternator, client: &aws_sdk_dynamodb::Client) {
    /// alternator.explain(client.get_item().table_name("users").as_input());
    /// # }
    /// ```
    #[must_use]
    pub fn explain<I: OperationInput>(&self, input: &I) -> Explanation {
        explanation::explain(&self.cluster, &Input::erase(input.clone()))
    }

    /// Returns the numbers of requests, failovers, refreshes and more since the handle was built.
    #[must_use]
    pub fn stats(&self) -> Stats {
        self.cluster.stats()
    }

    /// Returns a subscription to the [events](crate::observe::Event) from now on: nodes that come, go, are ejected and
    /// restored, panic mode, refreshes that fail, and what the plugin cannot do.
    ///
    /// Use it to act on changes, as to raise an alarm. For logs nothing is needed: the same events are logged. The
    /// balancer never waits for a subscriber: one that is too slow is told how many events it has missed. A
    /// subscription does not hold the cluster.
    ///
    /// ```no_run
    /// use alternator_lb_sdk::observe::Event;
    ///
    /// # async fn example(alternator: alternator_lb_sdk::Alternator) {
    /// let mut events = alternator.subscribe();
    /// while let Some(event) = events.next().await {
    ///     if let Event::NodeEjected { node, reason, .. } = event {
    ///         println!("{node} gets no requests: {reason}");
    ///     }
    /// }
    /// # }
    /// ```
    pub fn subscribe(&self) -> Subscription {
        self.cluster.observer.subscribe()
    }

    /// Returns how often the cluster has entered panic mode: more than half of the nodes that can be reached responded
    /// with errors, so that ejections for errors were ignored until fewer did.
    ///
    /// Where that many fail, the cause is hardly theirs, and the few others could not carry all traffic. Each time is
    /// one warning. Use it as a metric that should stay at zero.
    #[must_use]
    pub fn panic_mode_entries(&self) -> u64 {
        self.cluster.router.panic_mode_entries()
    }

    /// Ends the background work; when this returns it has ended, and no request starts it anew.
    ///
    /// Clients go on with the last known nodes. Not needed for cleaning up: dropping the last handle and client ends it
    /// too. Use it where nothing must happen any more from here on, as at the end of a test. The end of work on a
    /// runtime that is no longer polled is awaited for one second: it cannot do anything any more.
    ///
    /// # Cancel safety
    ///
    /// The work ends even if the future is dropped, only not before a known moment.
    pub async fn shutdown(&self) {
        self.cluster.shutdown().await;
    }

    pub(crate) fn cluster(&self) -> &Arc<Cluster> {
        &self.cluster
    }
}
