//! Which nodes let requests wait much longer than usual.

use crate::routing::Target;
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

/// The nodes that have requests in flight, and for how long they have answered nothing.
///
/// A node that answers other requests meanwhile is alive: what counts is the time since it has answered anything. What
/// the application gives up does not count as an answer, so a node that hangs is found out also where nobody waits long.
#[derive(Debug)]
pub(super) struct Stalls<E>(HashMap<u64, Stall<E>>);

#[derive(Debug)]
struct Stall<E> {
    node: Arc<Target<E>>,
    /// How many answers there were when it was looked at last.
    answers: u64,
    waited: Duration,
    doublings: u32,
}

impl<E> Default for Stalls<E> {
    fn default() -> Self {
        Self(HashMap::new())
    }
}

impl<E> Stalls<E> {
    /// Looks at the nodes after `elapsed`. Returns those that should be asked whether they are there. Nodes that are
    /// not listed any more are looked after as long as requests wait on them.
    pub(super) fn look(
        &mut self,
        nodes: &[Arc<Target<E>>],
        elapsed: Duration,
    ) -> Vec<Arc<Target<E>>> {
        self.0.retain(|_, stall| stall.node.in_flight() > 0);
        for node in nodes.iter().filter(|node| node.in_flight() > 0) {
            self.0.entry(node.id()).or_insert_with(|| Stall {
                node: Arc::clone(node),
                answers: node.answers(),
                waited: Duration::ZERO,
                doublings: 0,
            });
        }
        let slowest = nodes.iter().filter_map(|node| node.latency()).max();
        let stalls = self.0.values_mut();
        stalls
            .filter_map(|stall| stall.look(elapsed, slowest))
            .collect()
    }

    /// Whether any request is in flight.
    pub(super) fn is_empty(&self) -> bool {
        self.0.is_empty()
    }
}

impl<E> Stall<E> {
    fn look(&mut self, elapsed: Duration, slowest: Option<Duration>) -> Option<Arc<Target<E>>> {
        let answers = self.node.answers();
        if answers != self.answers {
            self.answers = answers;
            self.waited = Duration::ZERO;
            self.doublings = 0;
            return None;
        }
        self.waited += elapsed;
        let usual = self.node.latency().or(slowest);
        if self.waited < patience(usual) * 2u32.pow(self.doublings) {
            return None;
        }
        self.waited = Duration::ZERO;
        self.doublings = (self.doublings + 1).min(MAX_DOUBLINGS);
        Some(Arc::clone(&self.node))
    }
}

/// How long requests may wait on a node without any answer, by how long one usually takes.
fn patience(usual: Option<Duration>) -> Duration {
    match usual {
        Some(usual) => usual.saturating_mul(FACTOR).clamp(SHORTEST, LONGEST),
        None => UNKNOWN,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::health::Outcome;
    use crate::routing::{Peer, Plan, Policy, Router, Table};
    use crate::topology::{Host, NodeUrl, Scheme, Topology};

    const TICK: Duration = Duration::from_millis(25);

    /// Two nodes, the requests that wait on the first of them, and how often it would have been asked whether it is
    /// there.
    struct Bench {
        router: Router<()>,
        stalls: Stalls<()>,
        now: Duration,
    }

    impl Bench {
        fn new() -> Self {
            let url = |last| NodeUrl::new(Scheme::Http, Host::Ip([127, 0, 0, last].into()), 8000);
            let topology = Topology::new(&[vec![url(1), url(2)]], |_| Peer::new(()));
            Self {
                router: Router::new(Table::new(Arc::new(topology)), Policy::default(), 0),
                stalls: Stalls::default(),
                now: Duration::from_secs(1),
            }
        }

        fn node(&self, place: usize) -> Arc<Target<()>> {
            Arc::clone(&self.router.table().topology().nodes()[place])
        }

        fn request(&self) -> Plan<()> {
            let mut plan = Plan::pinned_to(self.node(0));
            let rng = &mut fastrand::Rng::with_seed(1);
            self.router.advance(&mut plan, self.now, rng).unwrap();
            plan
        }

        fn answer(&self, mut plan: Plan<()>, after: Duration) {
            let now = self.now + after;
            self.router.settle(&mut plan, Outcome::Answered, now);
        }

        /// After which milliseconds of so many it is asked.
        fn asked(&mut self, millis: u128) -> Vec<u128> {
            let table = self.router.table();
            let mut asked = Vec::new();
            let mut passed = Duration::ZERO;
            while passed.as_millis() < millis {
                passed += TICK;
                let stalled = self.stalls.look(table.topology().nodes(), TICK);
                asked.extend(stalled.iter().map(|_| passed.as_millis()));
            }
            asked
        }
    }

    #[test]
    fn a_node_that_answers_nothing_is_asked_and_then_less_and_less_often() {
        let mut bench = Bench::new();
        let _waiting = bench.request();
        assert_eq!(bench.asked(4_000), [500, 1_500, 3_500]);
    }

    #[test]
    fn how_long_that_takes_depends_on_what_is_usual() {
        for (usual, asked) in [(1, 150), (15, 150), (40, 400), (2_000, 5_000)] {
            let mut bench = Bench::new();
            bench.answer(bench.request(), Duration::from_millis(usual));
            let _waiting = bench.request();
            assert_eq!(bench.asked(asked), [asked], "{usual} ms are usual");
        }
    }

    #[test]
    fn a_node_that_answers_others_is_left_alone() {
        let mut bench = Bench::new();
        let _waiting = bench.request();
        for _ in 0..50 {
            assert_eq!(bench.asked(200), [0; 0]);
            bench.answer(bench.request(), TICK);
        }
    }

    #[test]
    fn what_the_application_gives_up_is_no_answer() {
        let mut bench = Bench::new();
        let mut asked = Vec::new();
        let mut waiting = bench.request();
        for _ in 0..10 {
            asked.extend(bench.asked(100));
            waiting = bench.request();
        }
        drop(waiting);
        assert!(!asked.is_empty());
    }

    #[test]
    fn a_node_without_requests_is_forgotten() {
        let mut bench = Bench::new();
        let waiting = bench.request();
        bench.asked(400);
        assert!(!bench.stalls.is_empty());
        drop(waiting);
        bench.asked(25);
        assert!(bench.stalls.is_empty());
        let _waiting = bench.request();
        assert_eq!(bench.asked(500), [500], "from the beginning");
    }

    #[test]
    fn a_node_that_left_the_list_is_looked_after_while_requests_wait_on_it() {
        let mut bench = Bench::new();
        let _waiting = bench.request();
        bench.asked(25);
        let other = bench.node(1).url().clone();
        let table = bench.router.table();
        let without = table
            .topology()
            .refreshed(&[vec![other]], |_| Peer::new(()));
        bench.router.publish(Table::new(Arc::new(without)));
        assert_eq!(bench.asked(500), [475]);
    }
}
