//! Finds nodes that let requests wait much longer than usual.

use crate::jitter::with_default_jitter;
use crate::routing::Endpoint;
use std::collections::HashMap;
use std::sync::Arc;
use std::time::Duration;

/// The wait that is too long, in usual response times. Those of a healthy node vary by such a factor, between small
/// reads and a long page of a query.
const THRESHOLD_FACTOR: u32 = 10;

/// The shortest wait that is too long: below it, pauses of either side and lost packets (sent again after 200 ms on
/// Linux at the earliest) would cause probes all the time.
const MIN_THRESHOLD: Duration = Duration::from_millis(150);

/// The longest wait before a node is probed, however slow it usually is.
const MAX_THRESHOLD: Duration = Duration::from_secs(5);

/// The wait that is too long while no response time is known.
const DEFAULT_THRESHOLD: Duration = Duration::from_millis(500);

/// The threshold doubles this often at most, each time a node responds to the probe although requests go on waiting:
/// they are slow, and the node is alive.
const MAX_DOUBLINGS: u32 = 5;

/// How long a node without waiting requests is remembered. Callers that give up early, and pause before they retry,
/// leave gaps.
const MEMORY: Duration = Duration::from_secs(10);

/// The nodes that have requests in flight, and for how long they have responded to none.
///
/// A node that responds to other requests meanwhile is alive: what counts is the time in which requests wait on it and
/// it responds to none at all. Requests that the application cancels do not count as responses, so a node that hangs is
/// detected even where all callers give up early.
#[derive(Debug)]
pub struct StallDetector<E>(HashMap<u64, StalledNode<E>>);

#[derive(Debug)]
struct StalledNode<E> {
    node: Arc<Endpoint<E>>,
    /// The number of responses until the last tick.
    responses: u64,
    waited: Duration,
    /// How long no request has been in flight.
    idle: Duration,
    doublings: u32,
    /// A factor of the threshold, different for each node and process: a fleet must not probe the same node in the same
    /// instant.
    jitter: f64,
}

impl<E> Default for StallDetector<E> {
    fn default() -> Self {
        Self(HashMap::new())
    }
}

impl<E> StallDetector<E> {
    /// Updates the waits after `elapsed`. Returns at most `limit` nodes to be probed; others follow at the next tick.
    /// Nodes that have left the list are included as long as requests wait on them.
    pub fn tick<'n>(
        &mut self,
        nodes: impl Iterator<Item = &'n Arc<Endpoint<E>>>,
        elapsed: Duration,
        limit: usize,
    ) -> Vec<Arc<Endpoint<E>>>
    where
        E: 'n,
    {
        let mut slowest = None;
        for node in nodes {
            slowest = slowest.max(node.latency());
            if node.in_flight() > 0 {
                self.0
                    .entry(node.id())
                    .or_insert_with(|| StalledNode::new(Arc::clone(node)));
            }
        }
        self.0.retain(|_, stalled| stalled.update(elapsed));
        let stalled = self.0.values_mut();
        stalled
            .filter(|stalled| stalled.is_over_threshold(slowest))
            .take(limit)
            .map(StalledNode::start_probe)
            .collect()
    }

    /// Returns whether requests have waited on a node for about as long as is too long.
    pub(super) fn may_be_stalled(&self, node: &Endpoint<E>) -> bool {
        let stalled = self.0.get(&node.id());
        stalled.is_some_and(|it| it.doublings > 0 || it.waited >= MIN_THRESHOLD / 2)
    }

    /// Returns whether no request waits on any node, or did so lately without a response.
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }
}

impl<E> StalledNode<E> {
    fn new(node: Arc<Endpoint<E>>) -> Self {
        Self {
            responses: node.responses(),
            node,
            waited: Duration::ZERO,
            idle: Duration::ZERO,
            doublings: 0,
            jitter: with_default_jitter(Duration::from_secs(1)).as_secs_f64(),
        }
    }

    /// Updates the wait. Returns whether the node has to be remembered.
    fn update(&mut self, elapsed: Duration) -> bool {
        let responses = self.node.responses();
        if responses != self.responses {
            self.responses = responses;
            self.waited = Duration::ZERO;
            self.doublings = 0;
            return self.node.in_flight() > 0;
        }
        if self.node.in_flight() > 0 {
            self.waited += elapsed;
            self.idle = Duration::ZERO;
        } else {
            self.idle += elapsed;
        }
        self.idle < MEMORY
    }

    fn is_over_threshold(&self, slowest: Option<Duration>) -> bool {
        let usual = self.node.latency().or(slowest);
        let threshold = usual.map_or(DEFAULT_THRESHOLD, |usual| {
            let threshold = usual.saturating_mul(THRESHOLD_FACTOR);
            threshold.clamp(MIN_THRESHOLD, MAX_THRESHOLD)
        });
        let threshold = threshold * 2u32.pow(self.doublings);
        self.node.in_flight() > 0 && self.waited >= threshold.mul_f64(self.jitter)
    }

    /// Starts a longer wait, and returns the node to be probed.
    fn start_probe(&mut self) -> Arc<Endpoint<E>> {
        self.waited = Duration::ZERO;
        self.doublings = (self.doublings + 1).min(MAX_DOUBLINGS);
        Arc::clone(&self.node)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::health::Outcome;
    use crate::routing::{EndpointState, Plan, Policy, Router, RoutingSnapshot};
    use crate::topology::{Host, NodeUrl, Scheme, Topology};

    const TICK: Duration = Duration::from_millis(25);

    /// Two nodes, with requests to the first of them.
    struct Harness {
        router: Router<()>,
        stall_detector: StallDetector<()>,
        now: Duration,
        /// How many nodes are probed in one tick at most.
        limit: usize,
    }

    impl Harness {
        fn new() -> Self {
            let url = |last| NodeUrl::new(Scheme::Http, Host::Ip([127, 0, 0, last].into()), 8000);
            let topology = Topology::new(&[vec![url(1), url(2)]], |_| EndpointState::new(()));
            Self {
                router: Router::new(
                    RoutingSnapshot::new(Arc::new(topology)),
                    Policy::default(),
                    0,
                ),
                stall_detector: StallDetector::default(),
                now: Duration::from_secs(1),
                limit: 1,
            }
        }

        fn node(&self, index: usize) -> Arc<Endpoint<()>> {
            Arc::clone(&self.router.snapshot().topology().nodes()[index])
        }

        fn request(&self) -> Plan<()> {
            let mut plan = Plan::pinned_to(self.node(0));
            let rng = &mut fastrand::Rng::with_seed(1);
            self.router.advance(&mut plan, true, self.now, rng).unwrap();
            plan
        }

        fn respond(&self, mut plan: Plan<()>, after: Duration) {
            let now = self.now + after;
            self.router.settle(&mut plan, Outcome::Responded, None, now);
        }

        /// Returns when the first node would be probed within the next milliseconds.
        fn probes(&mut self, millis: u128) -> Vec<u128> {
            let snapshot = self.router.snapshot();
            let mut probes = Vec::new();
            let mut passed = Duration::ZERO;
            while passed.as_millis() < millis {
                passed += TICK;
                let nodes = snapshot.topology().nodes().iter();
                let stalled = self.stall_detector.tick(nodes, TICK, self.limit);
                probes.extend(stalled.iter().map(|_| passed.as_millis()));
            }
            probes
        }
    }

    /// Returns whether the moments are the expected ones, within the jitter and a tick each.
    fn are_about(moments: &[u128], expected: &[u128]) -> bool {
        let mut pairs = moments.iter().zip(expected);
        let about = |(moment, expected): (&u128, &u128)| {
            (expected * 8 / 10..=expected * 12 / 10 + 25 * moments.len() as u128).contains(moment)
        };
        moments.len() == expected.len() && pairs.all(about)
    }

    #[test]
    fn node_without_responses_is_probed_less_and_less_often() {
        let mut harness = Harness::new();
        let _waiting = harness.request();
        let probes = harness.probes(5_000);
        assert!(are_about(&probes, &[500, 1_500, 3_500]), "{probes:?}");
    }

    #[test]
    fn threshold_grows_with_the_usual_response_time() {
        for (usual, expected) in [(1, 150), (15, 150), (40, 400), (2_000, 5_000)] {
            let mut harness = Harness::new();
            harness.respond(harness.request(), Duration::from_millis(usual));
            let _waiting = harness.request();
            let probes = harness.probes(expected * 13 / 10);
            assert!(
                are_about(&probes, &[expected]),
                "{usual} ms are usual: {probes:?}"
            );
        }
    }

    #[test]
    fn node_over_the_limit_of_probes_is_probed_as_soon_as_it_allows() {
        let mut harness = Harness::new();
        let _waiting = harness.request();
        harness.limit = 0;
        assert_eq!(harness.probes(2_000), [0; 0]);
        harness.limit = 1;
        assert_eq!(harness.probes(25), [25]);
    }

    #[test]
    fn node_that_responds_to_other_requests_is_not_probed() {
        let mut harness = Harness::new();
        let _waiting = harness.request();
        for _ in 0..50 {
            assert_eq!(harness.probes(200), [0; 0]);
            harness.respond(harness.request(), TICK);
        }
    }

    #[test]
    fn cancelled_requests_count_as_waiting() {
        let mut harness = Harness::new();
        let mut probes = Vec::new();
        for _ in 0..20 {
            let waiting = harness.request();
            probes.extend(harness.probes(100));
            drop(waiting);
            assert_eq!(harness.probes(50), [0; 0], "no request waits");
        }
        assert!(!probes.is_empty());
    }

    #[test]
    fn node_without_requests_is_forgotten() {
        let mut harness = Harness::new();
        let waiting = harness.request();
        harness.probes(300);
        assert!(!harness.stall_detector.is_empty());
        drop(waiting);
        harness.probes(MEMORY.as_millis());
        assert!(harness.stall_detector.is_empty());
        let _waiting = harness.request();
        assert_eq!(harness.probes(300), [0; 0], "from the beginning");
    }

    #[test]
    fn node_that_left_the_list_is_probed_while_requests_wait_on_it() {
        let mut harness = Harness::new();
        let _waiting = harness.request();
        harness.probes(25);
        let other = harness.node(1).url().clone();
        let snapshot = harness.router.snapshot();
        let without = snapshot
            .topology()
            .refreshed(&[vec![other]], |_| EndpointState::new(()));
        harness
            .router
            .publish(RoutingSnapshot::new(Arc::new(without)));
        let probes = harness.probes(700);
        assert!(are_about(&probes, &[475]), "{probes:?}");
    }
}
