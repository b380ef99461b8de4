//! One refresh: which nodes are queried, and which responses count.

use super::address_translator::Network;
use super::allowed_addresses::{is_host, leads_to_own_host};
use super::error::NodeFailure;
use super::localnodes;
use super::localnodes::LocalNodes;
use super::membership::{InferredDatacenter, LevelMembers, Membership, by_rank, shuffled};
use super::node_list::NodeList;
use super::translations::Translations;
use super::{AllowedAddresses, DiscoveryClient, QueryError, RefreshError};
use crate::topology::{Locality, NodeUrl, Scope};
use std::collections::HashSet;
use std::net::IpAddr;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;
use tokio::time::{Instant, timeout, timeout_at};
use url::form_urlencoded;

/// How long a refresh waits for one node. A lost packet of a new connection is sent again after one second (RFC 6298),
/// and costs a refresh nothing that way.
pub const QUERY_TIMEOUT: Duration = Duration::from_secs(2);

/// How long a refresh waits for nodes that gave no response to the last one, once another node has responded: long
/// enough for a TLS handshake with another continent.
pub(super) const UNHEALTHY_TIMEOUT: Duration = Duration::from_secs(1);

/// A rack that no cluster has: servers that know racks list no node for it, others ignore the parameter.
const IMPOSSIBLE_RACK: &str = "alternator-lb-sdk asks whether racks are known here";

/// The queries of one refresh.
pub(super) struct MembershipQuery<'a> {
    pub(super) client: &'a dyn DiscoveryClient,
    pub(super) allowed_addresses: &'a AllowedAddresses,
    /// With an address translator only.
    pub(super) translations: Option<&'a Translations>,
    /// Two lists that arrive together do not translate the same addresses twice. A lock of one refresh: a refresh that
    /// stops for ever in the middle must not stop the next.
    pub(super) translating: tokio::sync::Mutex<()>,
    /// With their names resolved.
    pub(super) seeds: &'a [NodeUrl],
    /// The result of the last refresh.
    pub(super) membership: &'a Membership,
    /// Nodes that are ejected, or gave no usable response in the last refresh: they are queried last.
    pub(super) unhealthy: HashSet<NodeUrl>,
    pub(super) now: Duration,
    /// When there must be a result.
    pub(super) deadline: Instant,
    pub(super) log: Mutex<QueryLog>,
}

/// The findings of one refresh beside the nodes.
#[derive(Debug, Default)]
pub(super) struct QueryLog {
    pub(super) failures: Vec<NodeFailure>,
    /// Entries of responses that are no addresses.
    pub(super) dropped: Vec<String>,
    /// Nodes that know the parameters `dc` and `rack`.
    pub(super) scope_aware: HashSet<NodeUrl>,
    /// Nodes that gave no usable response: the refresh does not wait for them a second time.
    pub(super) unresponsive: HashSet<NodeUrl>,
    /// Nodes that their former peers no longer list.
    pub(super) left: HashSet<NodeUrl>,
    /// Nodes that belong to another cluster: they are not queried, and their responses do not count.
    pub(super) foreign: HashSet<NodeUrl>,
    pub(super) respondents: HashSet<NodeUrl>,
    pub(super) last_respondent: Option<NodeUrl>,
}

/// Why a query has no result. The log has the details.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum QueryFailure {
    /// No node gave a usable response.
    NoResponse,
    /// A node that responded ignores the parameters `dc` and `rack`. Outweighs unresponsive ones.
    ScopeUnsupported,
}

impl MembershipQuery<'_> {
    /// Queries the levels of the scope chain, without spill-over only up to the first that has nodes. Fails if no node
    /// responds for that level or one before it: unresponsive nodes are no reason to leave a rack. Later levels keep
    /// their former nodes then.
    ///
    /// One level after the other, since the node that responded for one is queried for the next, over the same
    /// connection.
    pub(super) async fn run(
        &self,
        scope: &Scope,
        spill_over: bool,
        discovers_local_datacenter: bool,
    ) -> Result<Membership, RefreshError> {
        let mut levels: Vec<LevelMembers> = Vec::new();
        let (mut has_nodes, mut is_unsupported) = (false, false);
        for locality in scope.localities() {
            let result = timeout_at(self.deadline, async {
                match locality {
                    Locality::Cluster => self.query_cluster().await,
                    Locality::Datacenter(_) | Locality::Rack { .. } if is_unsupported => {
                        Err(QueryFailure::ScopeUnsupported)
                    }
                    Locality::Datacenter(_) | Locality::Rack { .. } => {
                        self.query_scope(locality).await
                    }
                }
            });
            let result = result.await.unwrap_or(Err(QueryFailure::NoResponse));
            is_unsupported |= result == Err(QueryFailure::ScopeUnsupported);
            let datacenters = match result {
                Ok(datacenters) => datacenters,
                Err(_) if has_nodes => self.membership.datacenters_in(locality).to_vec(),
                Err(QueryFailure::ScopeUnsupported) => Vec::new(),
                Err(QueryFailure::NoResponse) => return Err(self.no_response()),
            };
            let level = LevelMembers {
                locality: locality.clone(),
                datacenters,
            };
            has_nodes |= level.has_nodes();
            levels.push(level);
            if has_nodes && !spill_over {
                break;
            }
        }
        let scope = scope.to_string();
        match (has_nodes, is_unsupported) {
            (true, _) => {
                let local_datacenter = match discovers_local_datacenter {
                    true => self.local_datacenter(&levels).await,
                    false => None,
                };
                Ok(self.membership(levels, local_datacenter))
            }
            (false, true) => Err(RefreshError::ScopeUnsupported { scope }),
            (false, false) => Err(RefreshError::NoNodes { scope }),
        }
    }

    /// Returns the result of the refresh.
    fn membership(
        &self,
        levels: Vec<LevelMembers>,
        local_datacenter: Option<LevelMembers>,
    ) -> Membership {
        let mut log = self.log();
        let mut membership = Membership {
            levels,
            local_datacenter,
            scope_aware: std::mem::take(&mut log.scope_aware),
            ..Membership::default()
        };
        let listed: HashSet<&NodeUrl> = membership.nodes().collect();
        let seeds = self.seeds.iter().filter(|seed| !listed.contains(seed));
        let unlisted: HashSet<NodeUrl> = seeds.cloned().collect();
        let left = log.left.iter().chain(&self.membership.left).cloned();
        membership.left = left.filter(|node| unlisted.contains(node)).collect();
        let foreign = log.foreign.iter().cloned();
        membership.foreign = foreign.filter(|node| unlisted.contains(node)).collect();
        membership
    }

    /// Returns the seeds as the nodes, without a query. Fails if no name of a seed has an address.
    pub(super) fn seeds_alone(&self) -> Result<Membership, RefreshError> {
        if self.seeds.is_empty() {
            return Err(self.no_response());
        }
        let level = LevelMembers {
            locality: Locality::Cluster,
            datacenters: vec![InferredDatacenter::new(
                self.seeds.iter().cloned().collect(),
                self.now,
            )],
        };
        Ok(Membership {
            levels: vec![level],
            ..Membership::default()
        })
    }

    /// Returns the error that lists the last failures.
    fn no_response(&self) -> RefreshError {
        let log = self.log();
        let is_untranslated =
            |(_, error): &NodeFailure| matches!(**error, QueryError::Untranslated);
        let untranslated = log.failures.iter().any(is_untranslated);
        let untranslated = untranslated.then(|| self.untranslated()).flatten();
        untranslated.unwrap_or_else(|| RefreshError::no_response(&log.failures))
    }

    /// Returns the error that says that listed nodes have no URL, if there are such nodes.
    fn untranslated(&self) -> Option<RefreshError> {
        let failures = self.translations?.failures();
        (!failures.is_empty()).then(|| RefreshError::untranslated(&failures))
    }

    /// Returns the nodes of `locality` that `node` lists, or of its own datacenter for the whole cluster.
    pub(super) async fn query(
        &self,
        node: &NodeUrl,
        locality: &Locality,
    ) -> Result<NodeList, QueryFailure> {
        match self.list(node, locality).await {
            Ok(nodes) if self.has_moved(node, &nodes) => {
                self.log().foreign.insert(node.clone());
                Err(QueryFailure::NoResponse)
            }
            Ok(nodes) => {
                let mut log = self.log();
                log.respondents.insert(node.clone());
                log.last_respondent = Some(node.clone());
                Ok(NodeList {
                    respondent: node.clone(),
                    nodes,
                })
            }
            Err(error) => Err(self.record_failure(node, error)),
        }
    }

    /// Returns whether a node that left the cluster is in another one, by the nodes that it lists.
    fn has_moved(&self, node: &NodeUrl, nodes: &HashSet<NodeUrl>) -> bool {
        let mut known = self.membership.nodes();
        self.membership.left.contains(node)
            && !nodes.is_empty()
            && !known.any(|known| nodes.contains(known))
    }

    /// Returns the nodes in the order in which they are queried: by rank, and at random otherwise.
    pub(super) fn in_query_order<'n>(
        &self,
        nodes: impl Iterator<Item = &'n NodeUrl>,
    ) -> Vec<&'n NodeUrl> {
        let log = self.log();
        by_rank(shuffled(nodes).collect(), |node| self.rank(&log, node))
    }

    /// Returns where a node comes among those to query: the last respondent first, and unhealthy nodes and those that
    /// have just failed to respond last. Nodes of another cluster have no rank.
    pub(super) fn rank(&self, log: &QueryLog, node: &NodeUrl) -> Option<u8> {
        match log.last_respondent.as_ref() {
            _ if log.foreign.contains(node) => None,
            _ if log.unresponsive.contains(node) => Some(2),
            Some(respondent) if respondent == node => Some(0),
            _ if self.unhealthy.contains(node) => Some(2),
            Some(_) | None => Some(1),
        }
    }

    /// Returns how long a refresh waits for these nodes, once another node has responded.
    pub(super) fn limit<'n>(&self, mut nodes: impl Iterator<Item = &'n NodeUrl>) -> Duration {
        match nodes.all(|node| self.unhealthy.contains(node)) {
            true => UNHEALTHY_TIMEOUT,
            false => QUERY_TIMEOUT,
        }
    }

    pub(super) fn is_unresponsive(&self, node: &NodeUrl) -> bool {
        self.log().unresponsive.contains(node)
    }

    /// Queries a datacenter or rack once the node has shown that it knows these parameters.
    async fn list(
        &self,
        node: &NodeUrl,
        locality: &Locality,
    ) -> Result<HashSet<NodeUrl>, QueryError> {
        let is_cluster = *locality == Locality::Cluster;
        if !is_cluster && !self.log().scope_aware.contains(node) {
            let response = self.get(node, None, Some(IMPOSSIBLE_RACK)).await?;
            if !response.addresses.is_empty() {
                return Err(QueryError::ScopeUnsupported);
            }
            self.log().scope_aware.insert(node.clone());
        }
        let response = self
            .get(node, locality.datacenter(), locality.rack())
            .await?;
        let is_empty = response.addresses.is_empty();
        let nodes = self.accept(node, response).await;
        match nodes.is_empty() {
            // A level whose nodes have no URL is not empty.
            true if !is_empty && self.translations.is_some() => Err(QueryError::Untranslated),
            // Its own datacenter has at least the node itself.
            true if is_cluster => Err(QueryError::Empty),
            true | false => Ok(nodes),
        }
    }

    async fn get(
        &self,
        node: &NodeUrl,
        datacenter: Option<&str>,
        rack: Option<&str>,
    ) -> Result<LocalNodes, QueryError> {
        let parameters = [("dc", datacenter), ("rack", rack)];
        let parameters = parameters.into_iter();
        let parameters = parameters.filter_map(|(name, value)| Some((name, value?)));
        let query = form_urlencoded::Serializer::new(String::new())
            .extend_pairs(parameters)
            .finish();
        let separator = if query.is_empty() { "" } else { "?" };
        let path = format!("/localnodes{separator}{query}");
        let response = self.client.get(node, path, localnodes::MAX_BYTES);
        let body = timeout(QUERY_TIMEOUT, response)
            .await
            .map_err(|_elapsed| QueryError::TimedOut(QUERY_TIMEOUT))??;
        // Listed addresses that are translated are names of nodes: what they are translated to must be allowed, and is
        // checked there.
        localnodes::parse(&body, |address| match self.translations {
            Some(_) => is_host(address),
            None => self.allowed_addresses.allows_node(address),
        })
    }

    /// Returns the nodes of a response, and logs its other entries.
    async fn accept(&self, node: &NodeUrl, response: LocalNodes) -> HashSet<NodeUrl> {
        if let Some(translations) = self.translations {
            self.log().dropped.extend(response.dropped);
            let network = Network {
                client: self.client,
                nodes: std::slice::from_ref(node),
            };
            let _translating = self.translating.lock().await;
            let urls = translations.urls_of(&response.addresses, network, self.now);
            return urls.await;
        }
        let (loopback, usable): (Vec<_>, Vec<_>) = response
            .addresses
            .into_iter()
            .partition(|ip| leads_to_own_host(*ip, node));
        let mut log = self.log();
        log.dropped.extend(response.dropped);
        log.dropped.extend(loopback.iter().map(IpAddr::to_string));
        usable.into_iter().map(|ip| node.at(ip)).collect()
    }

    fn record_failure(&self, node: &NodeUrl, error: QueryError) -> QueryFailure {
        let failure = match error {
            QueryError::ScopeUnsupported => QueryFailure::ScopeUnsupported,
            QueryError::Unreachable(_)
            | QueryError::Tls(..)
            | QueryError::NotSent(_)
            | QueryError::TimedOut(_)
            | QueryError::Status(_)
            | QueryError::TooLong(_)
            | QueryError::Malformed(_)
            | QueryError::TooMany(..)
            | QueryError::Empty
            | QueryError::Untranslated
            | QueryError::Unresolved(_) => QueryFailure::NoResponse,
        };
        let mut log = self.log();
        // A node that lists what is not translated has responded.
        if failure == QueryFailure::NoResponse && !matches!(error, QueryError::Untranslated) {
            log.unresponsive.insert(node.clone());
        }
        log.failures.push((node.clone(), Arc::new(error)));
        failure
    }

    pub(super) fn log(&self) -> MutexGuard<'_, QueryLog> {
        // Nothing that holds the lock can panic.
        self.log.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
