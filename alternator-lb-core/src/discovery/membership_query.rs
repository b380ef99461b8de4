//! One refresh: who is asked, and who is believed.

use super::localnodes;
use super::localnodes::LocalNodes;
use super::membership::{LevelMembers, Membership};
use super::{DiscoveryClient, QueryError, RefreshError};
use crate::topology::{Locality, NodeUrl, Scope};
use std::collections::HashSet;
use std::error::Error;
use std::net::IpAddr;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;
use tokio::time::{Instant, timeout, timeout_at};
use url::form_urlencoded;

/// How long one node is waited for. A lost packet of a new connection is sent again after one second (RFC 6298), and
/// costs a refresh nothing that way.
const ASK_TIMEOUT: Duration = Duration::from_secs(2);

/// How many of the nodes known are asked, one after the other, before the seeds are.
pub(super) const MAX_KNOWN_ASKED: usize = 5;

/// How many failures an error tells of.
const MAX_FAILURES_TOLD: usize = 8;

/// A rack that no cluster has: servers that know racks say that it has no nodes, others ignore the question.
const IMPOSSIBLE_RACK: &str = "alternator-lb-sdk asks whether racks are known here";

/// The questions of one refresh.
pub(super) struct MembershipQuery<'a> {
    pub(super) ask: &'a dyn DiscoveryClient,
    /// With the names looked up.
    pub(super) seeds: &'a [NodeUrl],
    pub(super) membership: &'a Membership,
    /// Nodes that could not be connected lately: they are asked last.
    pub(super) down: &'a HashSet<NodeUrl>,
    pub(super) now: Duration,
    /// When there must be a result.
    pub(super) end: Instant,
    pub(super) log: Mutex<QueryLog>,
}

/// What comes up along the way.
#[derive(Debug, Default)]
pub(super) struct QueryLog {
    pub(super) failures: Vec<(NodeUrl, Arc<QueryError>)>,
    /// Entries of the answers that are no addresses.
    pub(super) dropped: Vec<String>,
    /// Nodes that honour the question for a datacenter or rack.
    pub(super) scoped: HashSet<NodeUrl>,
    /// Nodes that gave no usable answer: they are not waited for a second time.
    pub(super) silent: HashSet<NodeUrl>,
    /// Who answered last.
    pub(super) respondent: Option<NodeUrl>,
}

/// Nobody gave the answer that was needed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Unanswered {
    /// Those who answered ignore the question for a datacenter or rack.
    ScopeUnsupported,
    /// Nobody answered at all.
    NoResponse,
}

impl MembershipQuery<'_> {
    /// Walks the scope chain, and brings what is known of each level now; without spill-over only up to the first that has
    /// nodes. Nothing comes of it if somebody has to answer for a level before that one and nobody does: nodes that cannot
    /// be asked are no reason to leave a rack. Links after that one keep their former nodes then.
    ///
    /// One level after the other, since whoever has answered for one is asked for the next, over the same connection.
    pub(super) async fn run(
        &self,
        scope: &Scope,
        spill_over: bool,
    ) -> Result<Vec<LevelMembers>, RefreshError> {
        let mut levels: Vec<LevelMembers> = Vec::new();
        let (mut found, mut unsupported) = (false, false);
        for locality in scope.localities() {
            let answer = match locality {
                Locality::Cluster => timeout_at(self.end, self.cluster(found)).await,
                Locality::Datacenter(_) | Locality::Rack { .. } if unsupported => {
                    Ok(Err(Unanswered::ScopeUnsupported))
                }
                Locality::Datacenter(_) | Locality::Rack { .. } => {
                    timeout_at(self.end, self.scoped(locality)).await
                }
            };
            // Time is up.
            let answer = answer.unwrap_or(Err(Unanswered::NoResponse));
            unsupported |= answer == Err(Unanswered::ScopeUnsupported);
            let datacenters = match answer {
                Ok(datacenters) => datacenters,
                Err(_) if found => self.membership.groups_of(locality).to_vec(),
                Err(Unanswered::ScopeUnsupported) => Vec::new(),
                Err(Unanswered::NoResponse) => return Err(self.no_answer()),
            };
            let level = LevelMembers {
                locality: locality.clone(),
                datacenters,
            };
            found |= level.has_nodes();
            levels.push(level);
            if found && !spill_over {
                break;
            }
        }
        let scope = scope.to_string();
        match (found, unsupported) {
            (true, _) => Ok(levels),
            (false, true) => Err(RefreshError::ScopeUnsupported { scope }),
            (false, false) => Err(RefreshError::NoNodes { scope }),
        }
    }

    /// The error that tells of all failures so far.
    pub(super) fn no_answer(&self) -> RefreshError {
        let failures = &self.log().failures;
        let told = failures.iter().rev().take(MAX_FAILURES_TOLD).rev();
        RefreshError::NoAnswer {
            failures: told
                .map(|(node, error)| format!("{node}: {}", with_cause(error)))
                .collect(),
            source: failures
                .last()
                .map(|(_, error)| Arc::clone(error) as Arc<dyn Error + Send + Sync>),
        }
    }

    /// What `node` says of the nodes of `locality`, or of its own datacenter for the whole cluster.
    pub(super) async fn query(
        &self,
        node: &NodeUrl,
        locality: &Locality,
    ) -> Result<Vec<NodeUrl>, Unanswered> {
        let answer = match locality {
            Locality::Cluster => self.fetch(node, &[]).await,
            Locality::Datacenter(datacenter) => {
                self.fetch_scoped(node, &[("dc", datacenter)]).await
            }
            Locality::Rack { datacenter, rack } => {
                self.fetch_scoped(node, &[("dc", datacenter), ("rack", rack)])
                    .await
            }
        };
        match answer.map(|answer| self.take(node, answer)) {
            // In its own datacenter there is at least the node itself.
            Ok(named) if named.is_empty() && *locality == Locality::Cluster => {
                Err(self.note_failure(node, QueryError::Empty))
            }
            Ok(named) => {
                self.log().respondent = Some(node.clone());
                Ok(named)
            }
            Err(error) => Err(self.note_failure(node, error)),
        }
    }

    /// The same, with whom it is from.
    pub(super) async fn query_named(
        &self,
        node: &NodeUrl,
        locality: &Locality,
    ) -> Result<(NodeUrl, Vec<NodeUrl>), Unanswered> {
        Ok((node.clone(), self.query(node, locality).await?))
    }

    /// The candidates in the order in which they are asked: at random, so that the clients of a cluster do not all ask
    /// the same node, but for what [`soonest_first`](Self::soonest_first) says.
    pub(super) fn in_turn<'n>(&self, nodes: impl Iterator<Item = &'n NodeUrl>) -> Vec<&'n NodeUrl> {
        let mut nodes: Vec<_> = nodes.collect();
        fastrand::shuffle(&mut nodes);
        self.soonest_first(&mut nodes);
        nodes
    }

    /// Puts who has just answered first, and those last that are down or have just not answered.
    pub(super) fn soonest_first(&self, nodes: &mut [&NodeUrl]) {
        let log = self.log();
        nodes.sort_by_key(|&node| {
            if log.silent.contains(node) {
                2
            } else if log.respondent.as_ref() == Some(node) {
                0
            } else if self.down.contains(node) {
                2
            } else {
                1
            }
        });
    }

    pub(super) fn is_unresponsive(&self, node: &NodeUrl) -> bool {
        self.log().silent.contains(node)
    }

    /// Asks with a datacenter or rack, once the node has shown that it listens to that.
    async fn fetch_scoped(
        &self,
        node: &NodeUrl,
        query: &[(&str, &str)],
    ) -> Result<LocalNodes, QueryError> {
        if !self.membership.scoped.contains(node) && !self.log().scoped.contains(node) {
            let nobody = self.fetch(node, &[("rack", IMPOSSIBLE_RACK)]).await?;
            if !nobody.addresses.is_empty() {
                return Err(QueryError::ScopeUnsupported);
            }
            self.log().scoped.insert(node.clone());
        }
        self.fetch(node, query).await
    }

    async fn fetch(
        &self,
        node: &NodeUrl,
        query: &[(&str, &str)],
    ) -> Result<LocalNodes, QueryError> {
        let mut path = "/localnodes".to_owned();
        if !query.is_empty() {
            path.push('?');
            let from = path.len();
            path = form_urlencoded::Serializer::for_suffix(path, from)
                .extend_pairs(query)
                .finish();
        }
        let body = timeout(ASK_TIMEOUT, self.ask.get(node, path, localnodes::MAX_BYTES))
            .await
            .map_err(|_elapsed| QueryError::TimedOut(ASK_TIMEOUT))??;
        localnodes::parse(&body)
    }

    fn take(&self, node: &NodeUrl, answer: LocalNodes) -> Vec<NodeUrl> {
        // Seen from another host, a loopback address is a mistake in its configuration, and would lead to this very host.
        let retry_target = node.ip().is_some_and(|ip| !ip.is_loopback());
        let (strange, named): (Vec<_>, Vec<_>) = answer
            .addresses
            .into_iter()
            .partition(|ip| retry_target && ip.is_loopback());
        let mut log = self.log();
        log.dropped.extend(answer.dropped);
        log.dropped.extend(strange.iter().map(IpAddr::to_string));
        named.into_iter().map(|ip| node.at(ip)).collect()
    }

    fn note_failure(&self, node: &NodeUrl, error: QueryError) -> Unanswered {
        let unanswered = match error {
            QueryError::ScopeUnsupported => Unanswered::ScopeUnsupported,
            QueryError::Unreachable(_)
            | QueryError::NotAsked(_)
            | QueryError::TimedOut(_)
            | QueryError::Status(_)
            | QueryError::TooLong(_)
            | QueryError::Malformed(_)
            | QueryError::TooMany(..)
            | QueryError::Empty
            | QueryError::Unresolved(_) => Unanswered::NoResponse,
        };
        let mut log = self.log();
        if unanswered == Unanswered::NoResponse {
            log.silent.insert(node.clone());
        }
        log.failures.push((node.clone(), Arc::new(error)));
        unanswered
    }

    fn log(&self) -> std::sync::MutexGuard<'_, QueryLog> {
        // Nothing that holds the lock can panic.
        self.log.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Unanswered {
    /// What several failures come to: one who answered, if not as wanted, says more than any unresponsive.
    pub(super) fn of(failures: &[Self]) -> Self {
        match failures.contains(&Self::ScopeUnsupported) {
            true => Self::ScopeUnsupported,
            false => Self::NoResponse,
        }
    }
}

/// An error with the innermost reason for it, which is the one that tells what to do.
fn with_cause(error: &QueryError) -> String {
    let cause = std::iter::successors(error.source(), |error| (*error).source()).last();
    match cause {
        Some(cause) => format!("{error} ({cause})"),
        None => error.to_string(),
    }
}
