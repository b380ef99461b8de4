//! The status of a node.

use super::json::{self, as_millis};
use crate::health::{EjectionCause, EjectionReason, Outcome};
use crate::routing::{EndpointState, LatencySummary, Traffic};
use crate::topology::{Locality, NodeUrl, Topology};
use serde::ser::SerializeMap as _;
use serde::{Serialize, Serializer};
use std::collections::BTreeMap;
use std::net::IpAddr;
use std::time::Duration;

/// The status of one node at the time of `Alternator::nodes()`.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct NodeStatus {
    #[serde(serialize_with = "json::text")]
    url: NodeUrl,
    listed_address: Option<IpAddr>,
    datacenter: Option<String>,
    rack: Option<String>,
    priority: usize,
    state: NodeState,
    #[serde(serialize_with = "reason_text")]
    reason: Option<EjectionReason>,
    #[serde(rename = "in_state_for_ms", serialize_with = "json::millis")]
    in_state_for: Duration,
    is_in_slow_start: bool,
    in_flight: u32,
    #[serde(flatten, serialize_with = "counts")]
    traffic: Traffic,
    #[serde(rename = "latency_ms", serialize_with = "json::maybe_millis")]
    latency: Option<Duration>,
    #[serde(flatten, serialize_with = "percentiles")]
    recent: Option<LatencySummary>,
    share: Option<f64>,
    #[serde(rename = "listed_ago_ms", serialize_with = "json::maybe_millis")]
    listed_ago: Option<Duration>,
}

/// The state of a node, which decides whether it takes requests.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum NodeState {
    /// The node takes its share of the requests.
    Up,
    /// The node is new, and has not responded yet: servers list a node some seconds before it listens. It is probed
    /// repeatedly while there are requests, and takes none until it responds.
    Pending,
    /// The node could not be connected, or did not respond while requests waited on it. It takes no requests, and is
    /// probed from time to time until it responds.
    Down,
    /// The node responds, but mostly with server errors (5xx) of its own, or not as Alternator does. It takes no
    /// requests for a while, and then a single one decides. If more than half of the nodes are in this state, they take
    /// requests all the same.
    Ejected,
}

impl NodeState {
    /// All states.
    pub const ALL: [Self; 4] = [Self::Up, Self::Pending, Self::Down, Self::Ejected];

    /// Returns the name, in snake case, as in metrics and in the status in JSON.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Up => "up",
            Self::Pending => "pending",
            Self::Down => "down",
            Self::Ejected => "ejected",
        }
    }
}

impl Serialize for NodeState {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(self.name())
    }
}

impl NodeStatus {
    /// Returns the status of all nodes, in the order of their [priorities](Self::priority).
    pub fn of_topology<E>(topology: &Topology<EndpointState<E>>, now: Duration) -> Vec<Self> {
        let recent: Vec<_> = topology
            .placements()
            .map(|(node, ..)| node.recent_latencies(now))
            .collect();
        let responses = |recent: &Option<LatencySummary>| recent.map_or(0, |it| it.responses);
        let total: u64 = recent.iter().map(responses).sum();
        let share = |recent| (total > 0).then(|| ratio(responses(recent), total));
        let placements = topology.placements().zip(&recent);
        let status = placements.map(|((node, priority, locality), recent)| Self {
            url: node.url().clone(),
            listed_address: node.address(),
            datacenter: locality.and_then(Locality::datacenter).map(str::to_owned),
            rack: locality.and_then(Locality::rack).map(str::to_owned),
            state: match node.health().state().cause() {
                None => NodeState::Up,
                Some(EjectionCause::Pending) => NodeState::Pending,
                Some(EjectionCause::Unreachable) => NodeState::Down,
                Some(EjectionCause::Failing) => NodeState::Ejected,
            },
            reason: node.ejection_reason(),
            in_state_for: now.saturating_sub(node.health().since()),
            in_flight: node.in_flight(),
            traffic: node.traffic(),
            latency: node.latency(),
            recent: *recent,
            share: share(recent),
            listed_ago: node.listed_at().map(|at| now.saturating_sub(at)),
            priority,
            is_in_slow_start: node.health().share(now) < 100,
        });
        status.collect()
    }

    /// Returns the URL that requests are sent to, as `scheme://host:port`.
    #[must_use]
    pub fn url(&self) -> &str {
        self.url.as_str()
    }

    /// Returns the address by which the cluster knows the node, as in `/localnodes`. It is the one of the
    /// [`url`](Self::url), unless an address translator has turned it into that. `None` for a seed that is a DNS name, and
    /// with an address translator for one that no node has listed.
    #[must_use]
    pub fn listed_address(&self) -> Option<IpAddr> {
        self.listed_address
    }

    /// Returns the IP address or the DNS name of the node, without brackets.
    #[must_use]
    pub fn host(&self) -> String {
        self.url.host().to_string()
    }

    /// Returns the port of the node.
    #[must_use]
    pub fn port(&self) -> u16 {
        self.url.port()
    }

    /// Returns the name of the node's datacenter, as far as the scope tells it: a datacenter or rack scope names the
    /// datacenter of its nodes. `None` for the nodes of the cluster scope, since Alternator does not report the
    /// datacenter of a node, and before the first refresh.
    #[must_use]
    pub fn datacenter(&self) -> Option<&str> {
        self.datacenter.as_deref()
    }

    /// Returns the name of the node's rack, as far as the scope tells it: a rack scope names the rack of its nodes.
    /// `None` for all other nodes, and before the first refresh.
    #[must_use]
    pub fn rack(&self) -> Option<&str> {
        self.rack.as_deref()
    }

    /// Returns why the node takes no requests; none while it does.
    #[must_use]
    pub fn reason(&self) -> Option<EjectionReason> {
        self.reason
    }

    /// Returns how long the node has been taking requests, or not taking any. A slow start belongs to the time after
    /// it, and failed probes to the ejection.
    #[must_use]
    pub fn in_state_for(&self) -> Duration {
        self.in_state_for
    }

    /// Returns how long ago a refresh listed the node last: a few seconds, unless refreshes fail or the process is
    /// idle. `None` before the first refresh.
    #[must_use]
    pub fn listed_ago(&self) -> Option<Duration> {
        self.listed_ago
    }

    /// Returns the median time from the selection of the node until its response is read, over the last 15 to 30
    /// seconds; too high by 6 % at most. `None` without a response in that time, and where neither the whole plugin nor
    /// `interceptor()` is installed.
    #[must_use]
    pub fn latency_p50(&self) -> Option<Duration> {
        self.recent.map(|recent| recent.p50)
    }

    /// Returns the 99th percentile of that time.
    #[must_use]
    pub fn latency_p99(&self) -> Option<Duration> {
        self.recent.map(|recent| recent.p99)
    }

    /// Returns the node's share of the responses of the last 15 to 30 seconds, from 0 to 1. `None` if there was none.
    #[must_use]
    pub fn share(&self) -> Option<f64> {
        self.share
    }

    /// Returns the usual time from the selection of the node until its response is read: a moving average, in which
    /// each response has the weight of an eighth. `None` before the first response, and where neither the whole plugin
    /// nor `interceptor()` is installed.
    #[must_use]
    pub fn latency(&self) -> Option<Duration> {
        self.latency
    }

    /// Returns whether the node takes requests.
    #[must_use]
    pub fn state(&self) -> NodeState {
        self.state
    }

    /// Returns the priority of the node: 0 in the first scope of the chain that has nodes, 1 in the next such scope,
    /// and so on. Nodes of higher numbers take requests when too few of the lower ones are usable, and retries; see
    /// [`Scope`](crate::topology::Scope).
    ///
    /// Where the scope is a rack, and some operations go to the same node from all racks, the rest of the datacenter is
    /// known as well. Those of its nodes that are in no scope of the chain have the number after the last scope's, and
    /// take only such operations.
    #[must_use]
    pub fn priority(&self) -> usize {
        self.priority
    }

    /// Returns whether the node was restored or admitted less than ten seconds ago. It is [`Up`](NodeState::Up), but
    /// under load takes only a tenth of its share at first, and more over time.
    #[must_use]
    pub fn is_in_slow_start(&self) -> bool {
        self.is_in_slow_start
    }

    /// Returns the number of attempts in flight, without those of discovery.
    #[must_use]
    pub fn in_flight(&self) -> u32 {
        self.in_flight
    }

    /// Returns the number of attempts since the node was first listed, without those of discovery.
    #[must_use]
    pub fn requests(&self) -> u64 {
        self.traffic.requests
    }

    /// Returns the number of [`requests`](Self::requests) that say something against the node: without a response, with
    /// a server error (5xx) that may be its own, or with a response that is not Alternator's. Counted where the whole
    /// plugin or `interceptor()` is installed.
    #[must_use]
    pub fn failures(&self) -> u64 {
        self.traffic.failures()
    }

    /// Returns the number of [`requests`](Self::requests) that ended so, counted like [`failures`](Self::failures):
    /// `outcomes(Outcome::NotConnected)` are those that could not connect. `Outcome::ALL` lists all outcomes.
    #[must_use]
    pub fn outcomes(&self, outcome: Outcome) -> u64 {
        self.traffic.count(outcome)
    }
}

fn reason_text<S: Serializer>(
    reason: &Option<EjectionReason>,
    serializer: S,
) -> Result<S::Ok, S::Error> {
    match reason {
        Some(reason) => serializer.collect_str(reason),
        None => serializer.serialize_none(),
    }
}

/// The number of requests, and those by their outcomes, as far as there are any.
fn counts<S: Serializer>(traffic: &Traffic, serializer: S) -> Result<S::Ok, S::Error> {
    let outcomes = Outcome::ALL.into_iter();
    let outcomes = outcomes.map(|outcome| (outcome.name(), traffic.count(outcome)));
    let outcomes: BTreeMap<_, _> = outcomes.filter(|(_, count)| *count > 0).collect();
    let mut map = serializer.serialize_map(Some(3))?;
    map.serialize_entry("requests", &traffic.requests)?;
    map.serialize_entry("failures", &traffic.failures())?;
    map.serialize_entry("outcomes", &outcomes)?;
    map.end()
}

fn percentiles<S: Serializer>(
    recent: &Option<LatencySummary>,
    serializer: S,
) -> Result<S::Ok, S::Error> {
    let millis = |of: fn(&LatencySummary) -> Duration| recent.as_ref().map(|it| as_millis(of(it)));
    let mut map = serializer.serialize_map(Some(2))?;
    map.serialize_entry("latency_p50_ms", &millis(|recent| recent.p50))?;
    map.serialize_entry("latency_p99_ms", &millis(|recent| recent.p99))?;
    map.end()
}

fn ratio(part: u64, whole: u64) -> f64 {
    let float = |count: u64| count as f64;
    float(part) / float(whole)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::health::NodeHealth;
    use crate::topology::{Host, NodeUrl, Scheme};

    const NOW: Duration = Duration::from_secs(10);

    fn urls(last: &[u8]) -> Vec<NodeUrl> {
        let url = |&last| NodeUrl::new(Scheme::Http, Host::Ip([127, 0, 0, last].into()), 8000);
        last.iter().map(url).collect()
    }

    #[test]
    fn status_has_the_datacenter_and_rack_that_the_scope_tells() {
        let levels = [urls(&[1]), urls(&[2]), urls(&[3])];
        let local = urls(&[1, 2, 4]);
        let seeds = Topology::new(&levels, |_| EndpointState::new(()));
        let localities = [
            Locality::Rack {
                datacenter: "dc1".into(),
                rack: "r1".into(),
            },
            Locality::Datacenter("dc1".into()),
            Locality::Cluster,
            Locality::Datacenter("dc1".into()),
        ];
        let topology =
            seeds.refreshed_with_local(&levels, &local, localities, |_| EndpointState::new(()));

        let statuses = NodeStatus::of_topology(&topology, NOW);
        let places: Vec<_> = statuses
            .iter()
            .map(|status| (status.priority(), status.datacenter(), status.rack()))
            .collect();
        let expected = [
            (0, Some("dc1"), Some("r1")),
            (1, Some("dc1"), None),
            (2, None, None),
            (3, Some("dc1"), None),
        ];
        assert_eq!(places, expected);

        let statuses = NodeStatus::of_topology(&seeds, NOW);
        assert!(statuses.iter().all(|status| status.datacenter().is_none()));
    }

    #[test]
    fn status_has_the_host_without_brackets_and_the_port() {
        let hosts = [
            Host::Ip("2001:db8::1".parse().unwrap()),
            Host::Name("db.example".into()),
        ];
        let nodes = hosts.map(|host| NodeUrl::new(Scheme::Https, host, 8043));
        let topology = Topology::new(&[nodes.to_vec()], |_| EndpointState::new(()));
        let mut nodes: Vec<_> = NodeStatus::of_topology(&topology, NOW)
            .iter()
            .map(|status| (status.host(), status.port()))
            .collect();
        nodes.sort();
        let expected = ["2001:db8::1", "db.example"].map(|host| (host.to_owned(), 8043));
        assert_eq!(nodes, expected);
    }

    #[test]
    fn new_node_is_pending_and_a_restored_one_in_slow_start() {
        let status = |state: EndpointState<()>| {
            let mut state = Some(state);
            let topology = Topology::new(&[urls(&[1])], |_| state.take().unwrap());
            NodeStatus::of_topology(&topology, NOW).remove(0)
        };
        let pending = status(EndpointState::with_health((), NodeHealth::pending(NOW)));
        assert_eq!(pending.state(), NodeState::Pending);
        assert!(!pending.is_in_slow_start());
        let restored = status(EndpointState::with_health(
            (),
            NodeHealth::slow_starting(NOW),
        ));
        assert_eq!(restored.state(), NodeState::Up);
        assert!(restored.is_in_slow_start());
    }
}
