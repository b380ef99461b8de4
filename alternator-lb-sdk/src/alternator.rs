//! The handle on a cluster.

use crate::build_error::BuildError;
use crate::builder::Builder;
use crate::cluster::Cluster;
use crate::explanation;
use crate::explanation::Explanation;
use crate::request::interceptor::Interceptor;
use crate::request::resolver::Resolver;
use alternator_lb_core::discovery::RefreshError;
use alternator_lb_core::observe::NodeStatus;
use aws_smithy_runtime_api::client::interceptors::Intercept;
use aws_smithy_runtime_api::client::interceptors::context::Input;
use aws_types::SdkConfig;
use std::fmt;
use std::sync::Arc;

/// A ScyllaDB Alternator cluster, as its clients see it.
///
/// It is installed on the SDK's own configuration with one line,
/// [`.alternator(&alternator)`](crate::AlternatorExt::alternator). Clones are cheap and are the same cluster: any number
/// of clients share its list of nodes, what is known of their health, and the one task that keeps the list fresh.
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
/// # DiscoveryTask work
///
/// One task per cluster asks for the list of nodes. It starts when the plugin is installed inside a tokio runtime, or
/// else with the first request, moves to another runtime when its own is gone, and ends when the last clone, client and
/// configuration that knows the cluster is dropped.
#[derive(Clone, Debug)]
pub struct Alternator {
    cluster: Arc<Cluster>,
}

impl Alternator {
    pub(crate) fn new(cluster: Cluster) -> Self {
        Self {
            cluster: Arc::new(cluster),
        }
    }

    /// Starts with the settings of a cluster.
    pub fn builder() -> Builder {
        Builder::default()
    }

    /// A cluster whose seed is the endpoint that `sdk_config` names for DynamoDB, as the SDK itself reads it: the
    /// endpoint set in code, else `AWS_ENDPOINT_URL_DYNAMODB` or its form in the profile, else the endpoint for all
    /// services.
    ///
    /// Use it to migrate an application that is pointed at one node by its environment without naming the node again.
    /// Discovery takes the configuration's HTTP client, if it has one.
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
    /// [`BuildError::NoEndpoint`] if no endpoint is named, and whatever is wrong with the endpoint as a seed.
    pub fn from_sdk_config(sdk_config: &SdkConfig) -> Result<Self, BuildError> {
        Self::builder().endpoint_from(sdk_config)?.build()
    }

    /// The load balancing alone, for [`Builder::endpoint_resolver`](aws_sdk_dynamodb::config::Builder::endpoint_resolver).
    ///
    /// For those who want no more than that: requests are spread, retries go to another node, and the list is kept
    /// fresh, over the [builder's HTTP client](Builder::http_client) or the SDK's default one. Nothing is learned from
    /// failures, unless [`interceptor()`](Self::interceptor) is installed beside it, and authentication and the HTTP client
    /// are left as they are.
    /// An endpoint URL in the configuration, or in an operation's own, is ignored.
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

    /// What learns from failures, for [`Builder::interceptor`](aws_sdk_dynamodb::config::Builder::interceptor) beside
    /// [`endpoint_resolver()`](Self::endpoint_resolver): a node that cannot be connected is left out by all, and the
    /// request that met it goes on to another at once. An operation's own endpoint then pins it to that node, and
    /// [`AuthMode::Required`](crate::AuthMode::Required) is enforced, and there is [key affinity](Builder::key_affinity), where that is
    /// chosen. Of no use without that resolver.
    #[must_use = "an interceptor does nothing until it is installed"]
    pub fn interceptor(&self) -> impl Intercept + use<> {
        Interceptor::new(Arc::clone(&self.cluster))
    }

    /// Waits until the list of nodes has been refreshed once.
    ///
    /// Requests need not wait for it: until then they go to the seeds. Use it where a process should not report itself
    /// ready before it knows its cluster. If no refresh has succeeded yet, this makes one, or waits for the one under way.
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
    /// Why that refresh failed. Calling again tries again. Panics where tokio does: in a runtime without a timer, in which
    /// the SDK does not run either.
    ///
    /// # Cancel safety
    ///
    /// Dropping the future ends the refresh that it makes, if it makes one; nothing is lost.
    pub async fn ready(&self) -> Result<(), RefreshError> {
        self.cluster.adopt_default_client();
        self.cluster.discovery().ready().await
    }

    /// Refreshes the list of nodes now, or shares a refresh that begins after this call.
    ///
    /// Hardly ever needed: for tests, and for programs that are told of a change of the cluster.
    ///
    /// # Errors
    ///
    /// Why the refresh failed. The last good list stays in force.
    ///
    /// # Cancel safety
    ///
    /// Dropping the future ends the refresh that it makes, if it makes one; nothing is lost.
    pub async fn refresh(&self) -> Result<(), RefreshError> {
        self.cluster.adopt_default_client();
        self.cluster.discovery().refresh().await
    }

    /// The nodes that requests may go to, and how they are: one consistent snapshot, those of the most wanted scope first.
    /// Nodes that are in no scope, and known because some operations need one node of the whole datacenter, come last.
    ///
    /// Before the first refresh these are the seeds.
    #[must_use]
    pub fn nodes(&self) -> Vec<NodeStatus> {
        let now = self.cluster.now();
        let table = self.cluster.router().snapshot();
        let topology = table.topology();
        let tiers = topology
            .levels()
            .chain([topology.out_of_scope()])
            .enumerate();
        tiers
            .flat_map(|(tier, nodes)| {
                nodes
                    .iter()
                    .map(move |node| NodeStatus::of(node, tier, now))
            })
            .collect()
    }

    /// Where an operation with this input would go at the moment, and why. For people who want to see it: in a log, at a
    /// debugger, in tests.
    ///
    /// It makes no request, looks nothing up, and changes nothing. An operation on a table of which nothing is known yet,
    /// since no operation was made on it, would go where any would. Of which kind the input is does not matter: what is
    /// about no single partition goes its ordinary way.
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
    #[must_use]
    pub fn explain<I>(&self, input: &I) -> Explanation
    where
        I: Clone + fmt::Debug + Send + Sync + 'static,
    {
        explanation::explain(&self.cluster, &Input::erase(input.clone()))
    }

    /// How often more than half of the nodes that can be reached answered with errors, so that none was left out for
    /// that any more, until fewer did.
    ///
    /// Where that many fail, what is wrong is hardly theirs, and the few others could not bear it all. One warning tells
    /// of each time. Use it as a metric that should stay at zero.
    #[must_use]
    pub fn panic_mode_entries(&self) -> u64 {
        self.cluster.router().panic_mode_entries()
    }

    /// Ends the background work; when this returns it has ended, and no request starts it anew.
    ///
    /// Clients go on with the nodes known last. Not needed for cleaning up: dropping the last handle and client ends it
    /// too. Use it where something must not happen any more from here on, as at the end of a test. Of work on a runtime
    /// that was left standing the end is waited for one second: it cannot do anything any more.
    ///
    /// # Cancel safety
    ///
    /// The work ends even if the future is dropped, only not before anything in particular.
    pub async fn shutdown(&self) {
        self.cluster.shutdown().await;
    }

    pub(crate) fn cluster(&self) -> &Arc<Cluster> {
        &self.cluster
    }
}
