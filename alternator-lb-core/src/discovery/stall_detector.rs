//! Which nodes let requests wait much longer than usual.

use crate::jitter::{DEFAULT_JITTER, jittered};
use crate::routing::Endpoint;
use std::collections::HashMap;
use std::sync::Arc;
use std::time::Duration;

/// How many times as long as usual is too long. Response times of a node that is well vary by such a factor, between
/// small reads and a long page of a query.
const FACTOR: u32 = 10;

/// The shortest wait that is too long: below that, pauses of either side and lost packets (sent again after 200 ms on
/// Linux at the earliest) would lead to questions all the time.
const SHORTEST: Duration = Duration::from_millis(150);

/// The longest wait before a node is asked, however slow it usually is.
const LONGEST: Duration = Duration::from_secs(5);

/// What is too long where nothing has been answered yet.
const UNKNOWN: Duration = Duration::from_millis(500);

/// How often the wait is doubled at most, each time a node answered the question although requests go on waiting: they
/// are slow, and it is alive.
const MAX_DOUBLINGS: u32 = 5;

/// For how long a node is remembered on which no request waits. Callers that give up early, and pause before they try
/// again, leave gaps.
const FORGOTTEN: Duration = Duration::from_secs(10);

/// The nodes that have requests in flight, and for how long they have answered nothing.
///
/// A node that answers other requests meanwhile is alive: what counts is the time in which requests wait on it and it
/// answers nothing at all. What the application yields up does not count as an answer, so a node that hangs is found out
/// also where nobody waits long.
#[derive(Debug)]
pub(super) struct StallDetector<E>(HashMap<u64, StalledNode<E>>);

#[derive(Debug)]
struct StalledNode<E> {
    node: Arc<Endpoint<E>>,
    /// How many answers there were when it was looked at last.
    answers: u64,
    waited: Duration,
    /// For how long no request has been in flight.
    idle: Duration,
    doublings: u32,
    /// What its threshold is multiplied with.
    jitter: f64,
}

impl<E> Default for StallDetector<E> {
    fn default() -> Self {
        Self(HashMap::new())
    }
}

impl<E> StallDetector<E> {
    /// Looks at the nodes after `elapsed`. Returns those that should be asked whether they are there, so many at most;
    /// others are left for the next time. Nodes that are not listed any more are looked after as long as requests wait on
    /// them.
    pub(super) fn tick<'n>(
        &mut self,
        nodes: impl Iterator<Item = &'n Arc<Endpoint<E>>>,
        elapsed: Duration,
        most: usize,
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
        self.0.retain(|_, stall| stall.goes_on(elapsed));
        let stall_detector = self.0.values_mut();
        stall_detector
            .filter(|stall| stall.is_too_long(slowest))
            .take(most)
            .map(StalledNode::ask)
            .collect()
    }

    /// Whether requests wait on any node, or did so lately without an answer.
    pub(super) fn is_empty(&self) -> bool {
        self.0.is_empty()
    }
}

impl<E> StalledNode<E> {
    fn new(node: Arc<Endpoint<E>>) -> Self {
        Self {
            answers: node.responses(),
            node,
            waited: Duration::ZERO,
            idle: Duration::ZERO,
            doublings: 0,
            jitter: jittered(
                Duration::from_secs(1),
                DEFAULT_JITTER,
                &mut fastrand::Rng::new(),
            )
            .as_secs_f64(),
        }
    }

    /// Takes note of what has happened. Returns whether there is anything to remember.
    fn goes_on(&mut self, elapsed: Duration) -> bool {
        let answers = self.node.responses();
        if answers != self.answers {
            self.answers = answers;
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
        self.idle < FORGOTTEN
    }

    fn is_too_long(&self, slowest: Option<Duration>) -> bool {
        let usual = self.node.latency().or(slowest);
        let threshold = threshold(usual) * 2u32.pow(self.doublings);
        self.node.in_flight() > 0 && self.waited >= threshold.mul_f64(self.jitter)
    }

    /// It is going to be asked.
    fn ask(&mut self) -> Arc<Endpoint<E>> {
        self.waited = Duration::ZERO;
        self.doublings = (self.doublings + 1).min(MAX_DOUBLINGS);
        Arc::clone(&self.node)
    }
}

/// How long requests may wait on a node without any answer, by how long one usually takes.
fn threshold(usual: Option<Duration>) -> Duration {
    match usual {
        Some(usual) => usual.saturating_mul(FACTOR).clamp(SHORTEST, LONGEST),
        None => UNKNOWN,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::health::Outcome;
    use crate::routing::{EndpointState, Plan, Policy, Router, RoutingSnapshot};
    use crate::topology::{Host, NodeUrl, Scheme, Topology};

    const TICK: Duration = Duration::from_millis(25);

    /// Two nodes, the requests that wait on the first of them, and how often it would have been asked whether it is
    /// there.
    struct Harness {
        router: Router<()>,
        stall_detector: StallDetector<()>,
        now: Duration,
        /// How many may be asked at a time.
        most: usize,
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
                most: 1,
            }
        }

        fn node(&self, place: usize) -> Arc<Endpoint<()>> {
            Arc::clone(&self.router.snapshot().topology().nodes()[place])
        }

        fn request(&self) -> Plan<()> {
            let mut plan = Plan::pinned_to(self.node(0));
            let rng = &mut fastrand::Rng::with_seed(1);
            self.router.advance(&mut plan, true, self.now, rng).unwrap();
            plan
        }

        fn answer(&self, mut plan: Plan<()>, after: Duration) {
            let now = self.now + after;
            self.router.settle(&mut plan, Outcome::Answered, now);
        }

        /// After which milliseconds of so many it is asked.
        fn asked(&mut self, millis: u128) -> Vec<u128> {
            let table = self.router.snapshot();
            let mut asked = Vec::new();
            let mut passed = Duration::ZERO;
            while passed.as_millis() < millis {
                passed += TICK;
                let nodes = table.topology().nodes().iter();
                let stalled = self.stall_detector.tick(nodes, TICK, self.most);
                asked.extend(stalled.iter().map(|_| passed.as_millis()));
            }
            asked
        }
    }

    /// Whether moments are those expected, but for the jitter and a tick.
    fn are_about(moments: &[u128], expected: &[u128]) -> bool {
        let mut pairs = moments.iter().zip(expected);
        let about = |(moment, expected): (&u128, &u128)| {
            (expected * 8 / 10..=expected * 12 / 10 + 25 * moments.len() as u128).contains(moment)
        };
        moments.len() == expected.len() && pairs.all(about)
    }

    #[test]
    fn a_node_that_answers_nothing_is_asked_and_then_less_and_less_often() {
        let mut harness = Harness::new();
        let _waiting = harness.request();
        let asked = harness.asked(5_000);
        assert!(are_about(&asked, &[500, 1_500, 3_500]), "{asked:?}");
    }

    #[test]
    fn how_long_that_takes_depends_on_what_is_usual() {
        for (usual, expected) in [(1, 150), (15, 150), (40, 400), (2_000, 5_000)] {
            let mut harness = Harness::new();
            harness.answer(harness.request(), Duration::from_millis(usual));
            let _waiting = harness.request();
            let asked = harness.asked(expected * 13 / 10);
            assert!(
                are_about(&asked, &[expected]),
                "{usual} ms are usual: {asked:?}"
            );
        }
    }

    #[test]
    fn a_node_for_which_there_is_no_probe_left_is_asked_as_soon_as_there_is_one() {
        let mut harness = Harness::new();
        let _waiting = harness.request();
        harness.most = 0;
        assert_eq!(harness.asked(2_000), [0; 0]);
        harness.most = 1;
        assert_eq!(harness.asked(25), [25]);
    }

    #[test]
    fn a_node_that_answers_others_is_left_alone() {
        let mut harness = Harness::new();
        let _waiting = harness.request();
        for _ in 0..50 {
            assert_eq!(harness.asked(200), [0; 0]);
            harness.answer(harness.request(), TICK);
        }
    }

    #[test]
    fn what_the_application_gives_up_is_no_answer() {
        let mut harness = Harness::new();
        let mut asked = Vec::new();
        for _ in 0..20 {
            let waiting = harness.request();
            asked.extend(harness.asked(100));
            drop(waiting);
            assert_eq!(harness.asked(50), [0; 0], "nobody waits");
        }
        assert!(!asked.is_empty());
    }

    #[test]
    fn a_node_without_requests_is_forgotten() {
        let mut harness = Harness::new();
        let waiting = harness.request();
        harness.asked(300);
        assert!(!harness.stall_detector.is_empty());
        drop(waiting);
        harness.asked(FORGOTTEN.as_millis());
        assert!(harness.stall_detector.is_empty());
        let _waiting = harness.request();
        assert_eq!(harness.asked(300), [0; 0], "from the beginning");
    }

    #[test]
    fn a_node_that_left_the_list_is_looked_after_while_requests_wait_on_it() {
        let mut harness = Harness::new();
        let _waiting = harness.request();
        harness.asked(25);
        let other = harness.node(1).url().clone();
        let table = harness.router.snapshot();
        let without = table
            .topology()
            .refreshed(&[vec![other]], |_| EndpointState::new(()));
        harness
            .router
            .publish(RoutingSnapshot::new(Arc::new(without)));
        let asked = harness.asked(700);
        assert!(are_about(&asked, &[475]), "{asked:?}");
    }
}
