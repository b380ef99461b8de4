//! The settings of an `Alternator`.

mod address_translator;
mod allowed_addresses;
#[cfg(feature = "compression")]
mod compression;
mod connections;
mod endpoint_from;
mod hedged_reads;
mod intervals;
mod key_routing;
#[cfg(feature = "default-https-client")]
mod tls;

use crate::alternator::Alternator;
use crate::auth::AuthMode;
use crate::build_error::BuildError;
use crate::cluster::Cluster;
use crate::config::ClusterConfig;
use crate::request::user_agent::UserAgent;
use crate::transport::AbortableHttpClient;
use alternator_lb_core::discovery::{AllowedAddresses, parse_seeds};
use alternator_lb_core::routing::Policy;
use alternator_lb_core::topology::Scope;
use aws_smithy_runtime_api::client::http::{HttpClient, SharedHttpClient};
use aws_smithy_runtime_api::shared::IntoShared as _;

/// Collects the settings of an [`Alternator`]. Made by [`Alternator::builder()`].
///
/// Only the [seeds](Self::seeds) are needed. Of two calls of a setting the later counts; seeds add up.
///
/// ```
/// use alternator_lb_sdk::{Alternator, Scope};
/// use std::time::Duration;
///
/// let alternator = Alternator::builder()
///     .seeds(["http://10.0.0.1:8000", "http://10.0.0.2:8000"])
///     .scope(Scope::rack("dc1", "r1").or(Scope::datacenter("dc1")))
///     .refresh_interval(Duration::from_secs(2))
///     .build()?;
/// # Ok::<(), alternator_lb_sdk::BuildError>(())
/// ```
#[derive(Clone, Debug, Default)]
#[must_use = "a builder does nothing until `.build()`"]
pub struct Builder {
    /// As given; parsed in `build()`.
    seeds: Vec<String>,
    /// As given, if any were; parsed likewise.
    allowed_networks: Option<Vec<String>>,
    /// Used where no other is set.
    http_client_of_sdk_config: Option<SharedHttpClient>,
    #[cfg(feature = "default-https-client")]
    tls: crate::tls::TlsSettings,
    config: ClusterConfig,
}

impl Builder {
    /// Adds nodes to begin with, as URLs `http(s)://host[:port]`; the host is an IPv4 address, an IPv6 address in
    /// brackets, or a DNS name.
    ///
    /// Until the first refresh has succeeded requests go to the seeds, afterwards to the nodes that they listed. Seeds
    /// are queried again when the known nodes do not respond, and in cluster scope while no node lists them. Name
    /// several, or a DNS name that stands for several: the process then starts although one of them is down. However
    /// many there are, a refresh queries one node of each datacenter. A list in one string is split by the caller:
    /// `.seeds("http://a:8000,http://b:8000".split(','))`.
    ///
    /// Scheme and port of the seeds are those of every node, so all seeds must have the same; but [without
    /// discovery](Self::without_discovery) each seed is a node with its own port, and with an [address
    /// translator](Self::address_translator) that names the port of each node. The scheme is always one. A port that is
    /// omitted is the scheme's: 80 or 443.
    ///
    /// Over `http` every address of a name is a seed as long as the name has it. The name is resolved again when known
    /// nodes or one of its addresses fail: at most every 30 s while some node responds, every second or two while none
    /// does. Over `https` a name stays one seed, which the HTTP client resolves, since TLS verifies the name; the nodes
    /// found through it are addressed by IP, so their certificates must name these addresses, or one of
    /// [the names that are accepted](crate::docs::tls#names) instead.
    pub fn seeds(mut self, seeds: impl IntoIterator<Item = impl Into<String>>) -> Self {
        self.seeds.extend(seeds.into_iter().map(Into::into));
        self
    }

    /// Sets the part of the cluster to use; of a chain, [the preferred scope first](Scope#spill-over). Each further
    /// scope costs
    /// [one more query](Scope#cost) in each refresh.
    ///
    /// # Default
    ///
    /// [`Scope::cluster()`]: all nodes of the datacenters in which there is a seed.
    pub fn scope(mut self, scope: Scope) -> Self {
        self.config.scope = Some(scope);
        self
    }

    /// Serves with one scope of a chain at a time: the first that has nodes, however many of these are usable.
    ///
    /// Use it where traffic that leaves a scope is paid by the byte, or where the next scope must not be loaded while
    /// the preferred one has any node at all. The price: with all nodes of that scope down, requests fail until the
    /// cluster itself no longer lists any of them (ScyllaDB takes about 20 seconds for that), and a retry does not
    /// leave a rack of one node. Once the scope has nodes again, traffic returns with the next refresh. The scopes
    /// after it are neither queried nor known. Without a chain this changes nothing.
    ///
    /// # Default
    ///
    /// Off: traffic [spills over](Scope#spill-over), since an outage costs more than the bytes that leave the scope
    /// during it.
    pub fn without_spill_over(mut self) -> Self {
        self.config.spill_over = false;
        self
    }

    /// Makes the seeds the nodes: no node is queried for a list.
    ///
    /// Use it where `/localnodes` names addresses that this host cannot reach or should not use: behind a load
    /// balancer, with ports that are mapped, as by Docker, and for stand-ins and test doubles, whose recorded exchanges
    /// then hold nothing but operations. Each seed may have a port of its own; all have the same scheme. Balancing,
    /// health, failover and key affinity work as with discovery. Nodes that join are not found, and those that leave
    /// stay in the list, ejected.
    ///
    /// ```
    /// # fn main() -> Result<(), alternator_lb_sdk::BuildError> {
    /// let alternator = alternator_lb_sdk::Alternator::builder()
    ///     .seeds(["http://127.0.0.1:32768", "http://127.0.0.1:32769"])
    ///     .without_discovery()
    ///     .build()?;
    /// # Ok(())
    /// # }
    /// ```
    ///
    /// There is no scope without discovery. Names of seeds are looked up as ever.
    ///
    /// # Default
    ///
    /// Off: nodes are discovered, so that one seed that can be reached is enough, and the list is always right.
    pub fn without_discovery(mut self) -> Self {
        self.config.discovery = false;
        self
    }

    /// Sets how the next node is selected.
    ///
    /// # Default
    ///
    /// [`Policy::default()`]: round robin, in which a node that is busier than another yields its turn to that node.
    pub fn policy(mut self, policy: Policy) -> Self {
        self.config.policy = policy;
        self
    }

    /// Sets the HTTP client of discovery.
    ///
    /// With [`.alternator(..)`](crate::AlternatorExt::alternator) it is also the HTTP client of every configuration
    /// that has none of its own, so that data and discovery share connections and trust the same certificates. Needed
    /// for
    /// [`Alternator::endpoint_resolver()`], which sees no HTTP client, where the SDK's default one does not fit.
    ///
    /// The connections of an HTTP client are driven by the runtime on which they were opened. Where a runtime is at
    /// times not polled while others are, give each configuration an HTTP client of its own.
    ///
    /// It trusts what it was made to trust: with [TLS settings](crate::docs::tls) of this builder
    /// [`build`](Self::build) fails.
    ///
    /// # Default
    ///
    /// That of the first configuration in which the plugin is installed, else the SDK's default; with TLS settings one
    /// that is made of these.
    pub fn http_client(mut self, http_client: impl HttpClient + 'static) -> Self {
        let http_client = AbortableHttpClient::undecorated(http_client.into_shared());
        self.config.http_client = Some(http_client);
        self
    }

    /// Sets whether requests are signed: see [`AuthMode`].
    ///
    /// # Default
    ///
    /// [`AuthMode::Auto`]: signed where the client's configuration has a credentials provider.
    pub fn auth(mut self, mode: AuthMode) -> Self {
        self.config.auth = mode;
        self
    }

    /// Sets whether requests carry only the headers that Alternator reads, and `content-type`.
    ///
    /// The SDK's `x-amz-user-agent`, `amz-sdk-invocation-id` and `amz-sdk-request`, which only AWS reads, are omitted,
    /// and [a short `user-agent`](Self::user_agent) replaces its long one. Where requests are not signed, the SDK does
    /// not measure the servers' clock either, which only signatures need. That saves more than half of a request's
    /// head, and about a sixth of its processor time; Alternator shows the `user-agent` in `system.clients`. All of it
    /// is decided before a request is signed, so no signed header is removed. A `user-agent` that an interceptor of the
    /// application sets before stays.
    ///
    /// The SDK's stalled-stream protection is omitted as well, wherever the plugin itself aborts the responses of a
    /// node that was found dead, whole or in part. It costs each request some twenty allocations, measures single
    /// streams while Alternator's responses mostly arrive in one piece, and does not notice a node that never begins to
    /// respond. It stays where the application has configured it (with a value other than the SDK's default, or before
    /// the plugin is installed), on the last attempt that the application allows and on operations that are pinned to a
    /// node, which the plugin does not abort, and where the plugin's decorator of the HTTP client was removed.
    ///
    /// Turn it off where something between the application and the cluster, or in its logs, reads those headers. A
    /// single operation can choose with
    /// [`OperationOptions::minimal_headers`](crate::OperationOptions::minimal_headers).
    ///
    /// # Default
    ///
    /// `true`: what nothing reads need not be sent. `content-type` is always the same and Alternator does not read it,
    /// but DynamoDB and the engines modelled on it answer 404 to a request without it.
    pub fn minimal_headers(mut self, minimal: bool) -> Self {
        self.config.minimal_headers = minimal;
        self
    }

    /// Sets the number of entries of the flight recorder, which [`Alternator::dump`] writes: the last choices that were
    /// not ordinary, changes of health, refreshes and events. Zero turns it off.
    ///
    /// # Default
    ///
    /// 4,096, which take 300 KB from the first entry on: the last minutes of an outage in which every request meets a
    /// failure, or some hours of a healthy cluster.
    pub fn flight_recorder(mut self, entries: usize) -> Self {
        self.config.flight_recorder = entries;
        self
    }

    /// Sets the `user-agent` of requests with [minimal headers](Self::minimal_headers), in place of the plugin's. The
    /// application's name is not added to it.
    ///
    /// Use it to tell applications apart in Alternator's `system.clients` by more than the SDK's `app_name` can say.
    ///
    /// # Default
    ///
    /// `alternator-lb-sdk/0.1.0`, with the version of this crate, followed by ` app/NAME` where the SDK's configuration
    /// has an `app_name`. It costs no allocation without a name, and one with it or with a value of your own.
    ///
    /// # Errors
    ///
    /// [`build`](Self::build) returns [`BuildError::UserAgent`] unless it consists of words of visible ASCII characters
    /// with single spaces between them: other characters do not get into a header, or not as they are.
    pub fn user_agent(mut self, user_agent: impl Into<String>) -> Self {
        self.config.user_agent = UserAgent(Some(user_agent.into()));
        self
    }

    /// Sets whether requests are signed by the plugin's own signer.
    ///
    /// Signatures are AWS's (SigV4), as by the SDK's signer, at about a fifth of its cost, which is a quarter of what a
    /// signed request [costs](crate::docs::cost) altogether: the derived key is kept as long as it is valid (a day,
    /// unless the credentials change) instead of being derived for each request, and signed are the body, `host`,
    /// `x-amz-date`, `x-amz-target` and the session token, if there is one, instead of all headers. That is what AWS's
    /// rules ask for, and more than Alternator verifies. Headers that are not signed could be changed on the way
    /// unnoticed; the server does not read them.
    ///
    /// The SDK's signer still signs whatever is unusual: requests that carry headers of a signature already, or other
    /// headers that begin with `x-amz-`, and payloads that are not signed or not in memory. An application's own scheme
    /// for `sigv4` stays, and with it its signer.
    ///
    /// Whichever signs, an attempt is dated by the clock of its node once the node has refused a date: a node whose
    /// clock is wrong costs no other node a request. `disable_clock_skew_correction(true)` on the SDK's configuration
    /// turns that off.
    ///
    /// Keys are kept for up to eight sets of credentials, regions and days, in memory only, and wiped when they are
    /// dropped; no `Debug` shows them.
    ///
    /// # Default
    ///
    /// `true`: a real ScyllaDB accepts the signatures, and so does an engine that verifies by all of AWS's rules.
    /// `false` leaves signing to the SDK, for servers behind which something wants every header signed.
    pub fn fast_signing(mut self, fast: bool) -> Self {
        self.config.fast_signing = fast;
        self
    }

    /// Builds the handle. Makes no request, starts nothing and needs no runtime.
    ///
    /// # Errors
    ///
    /// A [`BuildError`] that names the setting that is wrong and what to write instead.
    pub fn build(self) -> Result<Alternator, BuildError> {
        let mut config = self.config;
        if let Some(networks) = &self.allowed_networks {
            config.allowed_addresses = AllowedAddresses::in_networks(networks)?;
        }
        let is_translated = config.address_translator.is_some();
        let differ_in_port = is_translated || !config.discovery;
        config.seeds = parse_seeds(&self.seeds, differ_in_port, &config.allowed_addresses)?;
        if !config.discovery && config.scope.is_some() {
            return Err(BuildError::ScopeWithoutDiscovery);
        }
        if !config.discovery && is_translated {
            return Err(BuildError::TranslatorWithoutDiscovery);
        }
        if let Some(scope) = &config.scope {
            scope.check()?;
        }
        intervals::check(&mut config.intervals)?;
        config.user_agent.check()?;
        #[cfg(feature = "default-https-client")]
        tls::set_up(self.tls, &mut config)?;
        config.http_client = config.http_client.or(self.http_client_of_sdk_config);
        config.check_auth()?;
        #[cfg(feature = "compression")]
        config.compression.check()?;
        let cluster = Cluster::new(config);
        #[cfg(feature = "default-https-client")]
        tls::warn(&cluster);
        Ok(Alternator::new(cluster))
    }
}
