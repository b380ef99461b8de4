//! Slow nodes under clients that make one request after the other, in simulated time.

use super::*;
use crate::routing::{OperationKind, RoutingKey, Token};
use std::cmp::Reverse;
use std::collections::BinaryHeap;

const CLIENTS: usize = 16;
const FAST: Duration = Duration::from_millis(1);
const SLOW: Duration = Duration::from_millis(100);
const HEAVY: Duration = Duration::from_millis(500);
const GET: OperationKind = OperationKind::GetItem;
const SCAN: OperationKind = OperationKind::Scan;

/// Clients, each of which makes one request after the other, whose requests take a time that depends on the node, which is a position in the list, and the operation.
struct Simulation<L> {
    router: Router<()>,
    rng: fastrand::Rng,
    now: Duration,
    clients: Vec<ClosedLoopClient>,
    /// The clients by the time at which their requests end.
    ends: BinaryHeap<Reverse<(Duration, usize)>>,
    latency: L,
    /// False for a simulation without the comparison of latencies.
    compares_latency: bool,
    /// The responses of each node by the kind of the operation.
    responses: HashMap<(usize, &'static str), usize>,
}

struct ClosedLoopClient {
    operation: fn() -> (Plan<()>, OperationKind),
    current: Option<(Plan<()>, OperationKind)>,
}

impl<L: FnMut(usize, OperationKind, Duration) -> Duration> Simulation<L> {
    fn new(nodes: usize, latency: L) -> Self {
        let ip = |node: usize| [10, 0, (node / 256) as u8, (node % 256) as u8].into();
        let url = |node| NodeUrl::new(Scheme::Http, Host::Ip(ip(node)), 8000);
        let urls = (0..nodes).map(url).collect();
        Self {
            router: router_of(Topology::new(&[urls], |_| EndpointState::new(()))),
            rng: fastrand::Rng::with_seed(7),
            now: NOW,
            clients: Vec::new(),
            ends: BinaryHeap::new(),
            latency,
            compares_latency: true,
            responses: HashMap::new(),
        }
    }

    fn with_clients(
        mut self,
        clients: usize,
        operation: fn() -> (Plan<()>, OperationKind),
    ) -> Self {
        for _ in 0..clients {
            self.ends.push(Reverse((self.now, self.clients.len())));
            self.clients.push(ClosedLoopClient {
                operation,
                current: None,
            });
        }
        self
    }

    /// Runs for a time. Returns the number of responses in it.
    fn run(&mut self, time: Duration) -> usize {
        self.responses.clear();
        let end = self.now + time;
        while self.next_end() < end {
            self.step();
        }
        self.now = end;
        self.responses.values().sum()
    }

    fn run_requests(&mut self, requests: usize) {
        self.responses.clear();
        for _ in 0..requests {
            self.step();
        }
    }

    fn next_end(&self) -> Duration {
        self.ends.peek().unwrap().0.0
    }

    /// Ends the next request, and begins that client's next.
    fn step(&mut self) {
        let Reverse((now, client)) = self.ends.pop().unwrap();
        self.now = now;
        self.end_request(client);
        self.begin_request(client);
    }

    fn end_request(&mut self, client: usize) {
        if let Some((mut plan, kind)) = self.clients[client].current.take() {
            let node = node_of(&plan);
            *self.responses.entry((node, name(kind))).or_default() += 1;
            settle(&self.router, &mut plan, Outcome::Responded, self.now);
        }
    }

    fn begin_request(&mut self, client: usize) {
        let (mut plan, kind) = (self.clients[client].operation)();
        plan.set_operation(Some(kind).filter(|_| self.compares_latency));
        let advanced = self
            .router
            .advance(&mut plan, true, self.now, &mut self.rng);
        advanced.unwrap();
        let latency = (self.latency)(node_of(&plan), kind, self.now);
        self.ends.push(Reverse((self.now + latency, client)));
        self.clients[client].current = Some((plan, kind));
    }

    fn responses_of(&self, node: usize, kind: OperationKind) -> usize {
        let count = self.responses.get(&(node, name(kind)));
        count.copied().unwrap_or_default()
    }

    fn responses_by_node(&self, kind: OperationKind) -> Vec<usize> {
        let nodes = self.router.snapshot().topology().nodes().len();
        (0..nodes)
            .map(|node| self.responses_of(node, kind))
            .collect()
    }
}

fn name(kind: OperationKind) -> &'static str {
    match kind {
        OperationKind::Scan => "Scan",
        _ => "GetItem",
    }
}

fn node_of(plan: &Plan<()>) -> usize {
    match plan.current().unwrap().node().url().ip().unwrap() {
        std::net::IpAddr::V4(ip) => (ip.to_bits() & 0xffff) as usize,
        std::net::IpAddr::V6(ip) => panic!("{ip} is none of the nodes"),
    }
}

fn get() -> (Plan<()>, OperationKind) {
    (Plan::default(), GET)
}

fn scan() -> (Plan<()>, OperationKind) {
    (Plan::default(), SCAN)
}

/// A client's own speed varies a little, or all clients would keep in step for ever.
fn about(latency: Duration, rng: &mut fastrand::Rng) -> Duration {
    latency.mul_f64(0.5 + rng.f64())
}

fn is_even(counts: &[usize]) -> bool {
    let (least, most) = (counts.iter().min().unwrap(), counts.iter().max().unwrap());
    (most - least) * 50 < *most
}

const SECOND: Duration = Duration::from_secs(1);

#[test]
fn slow_node_gets_a_trickle_and_the_clients_lose_no_throughput() {
    for nodes in [2, 3, 6] {
        let slow_from = NOW + SECOND;
        let mut rng = fastrand::Rng::with_seed(2);
        let latency = |node, _, now| match node {
            0 if now >= slow_from => SLOW,
            _ => about(FAST, &mut rng),
        };
        let mut simulation = Simulation::new(nodes, latency).with_clients(CLIENTS, get);
        let healthy = simulation.run(SECOND);
        let degraded = simulation.run(7 * SECOND);
        let trickle = simulation.responses_of(0, GET);
        assert!((5..=150).contains(&trickle), "{nodes} nodes: {trickle}");
        let ratio = degraded as f64 / (7 * healthy) as f64;
        assert!(ratio >= 0.97, "{nodes} nodes: {ratio}");
        let others = &simulation.responses_by_node(GET)[1..];
        assert!(is_even(others), "{others:?}");
    }
}

#[test]
fn trickle_decays_to_one_request_per_rest() {
    let mut rng = fastrand::Rng::with_seed(2);
    let latency = |node, _, _| {
        if node == 0 {
            SLOW
        } else {
            about(FAST, &mut rng)
        }
    };
    let mut simulation = Simulation::new(3, latency).with_clients(CLIENTS, get);
    let counts = [(); 4].map(|()| {
        simulation.run(5 * SECOND);
        simulation.responses_of(0, GET)
    });
    assert!(counts.is_sorted_by(|one, other| one >= other), "{counts:?}");
    // 100 ms, and 16 times as long until the next.
    assert!((2..=3).contains(&counts[3]), "{counts:?}");
}

#[test]
fn sequential_client_hardly_meets_the_slow_node() {
    let latency = |node, _, _| if node == 0 { SLOW } else { FAST };
    let mut simulation = Simulation::new(3, latency).with_clients(1, get);
    simulation.run(10 * SECOND);
    let requests = simulation.run(10 * SECOND);
    assert!(requests > 9_000, "{requests} of 10,000");
    assert!(simulation.responses_of(0, GET) <= 7);
}

#[test]
fn many_clients_share_by_the_time_that_each_node_takes() {
    let mut rng = fastrand::Rng::with_seed(2);
    let latency = |node, _, _| about(if node == 0 { 10 * FAST } else { FAST }, &mut rng);
    let mut simulation = Simulation::new(3, latency).with_clients(300, get);
    simulation.run(SECOND);
    simulation.run(SECOND);
    let in_flight: Vec<u32> = {
        let snapshot = simulation.router.snapshot();
        let nodes = snapshot.topology().nodes().iter();
        nodes.map(|node| node.in_flight()).collect()
    };
    assert!((5..=40).contains(&in_flight[0]), "{in_flight:?}");
}

#[test]
fn recovered_node_gets_its_share_after_one_rest() {
    let recovers = NOW + 10 * SECOND;
    let mut rng = fastrand::Rng::with_seed(2);
    let latency = |node, _, now| match node {
        0 if now < recovers => SLOW,
        _ => about(FAST, &mut rng),
    };
    let mut simulation = Simulation::new(3, latency).with_clients(CLIENTS, get);
    simulation.run(12 * SECOND);
    simulation.run(SECOND);
    let counts = simulation.responses_by_node(GET);
    assert!(is_even(&counts), "{counts:?}");
}

#[test]
fn node_that_serves_only_scans_keeps_its_share_of_scans() {
    // Reads go to the replicas of their key, which are the other two nodes.
    fn get_of_others() -> (Plan<()>, OperationKind) {
        let key = RoutingKey {
            token: Token::new(5),
            map: Some(token_map_of_others()),
        };
        let info = RoutingInfo::one(key, Preference::LeastLoaded);
        (Plan::preferring(info), GET)
    }
    let mut rng = fastrand::Rng::with_seed(2);
    let latency = |_, kind, _| about(if kind == SCAN { HEAVY } else { FAST }, &mut rng);
    let simulation = Simulation::new(3, latency).with_clients(CLIENTS, get_of_others);
    let mut simulation = simulation.with_clients(12, scan);
    simulation.run(5 * SECOND);
    let scans =
        simulation.run(20 * SECOND) - simulation.responses_by_node(GET).iter().sum::<usize>();
    assert_eq!(simulation.responses_of(0, GET), 0);
    let share = simulation.responses_of(0, SCAN) as f64 / scans as f64;
    assert!(share >= 0.33, "{share} of {scans}");
}

fn token_map_of_others() -> Arc<crate::routing::TokenMap> {
    use std::net::IpAddr;
    let replicas = [1, 2].map(|last| IpAddr::from([10, 0, 0, last])).to_vec();
    Arc::new(crate::routing::TokenMap::of_tablets([(Token::MAX, replicas)]).unwrap())
}

#[test]
fn heavy_and_light_operations_of_one_kind_go_to_the_nodes_as_without_the_comparison_of_latencies() {
    for heavy in [0, 1, 10, 30, 60, 90, 99, 100] {
        let [with, without] = [true, false].map(|compares_latency| {
            let mut rng = fastrand::Rng::with_seed(4);
            let latency =
                |_, _, _| about(if rng.u8(..100) < heavy { SLOW } else { FAST }, &mut rng);
            let mut simulation = Simulation::new(3, latency).with_clients(CLIENTS, get);
            simulation.compares_latency = compares_latency;
            simulation.run_requests(15_000);
            simulation.responses_by_node(GET)
        });
        let mut pairs = with.iter().zip(&without);
        let is_close = pairs.all(|(with, without)| with.abs_diff(*without) < 50);
        assert!(is_close, "{heavy} % are heavy: {with:?}, {without:?}");
    }
}

#[test]
fn sequential_requests_that_take_long_are_exactly_round_robin() {
    for latency in [FAST, SLOW, HEAVY] {
        let mut simulation = Simulation::new(3, |_, _, _| latency).with_clients(1, get);
        simulation.run(latency * 301);
        assert_eq!(simulation.responses_by_node(GET), [100; 3]);
    }
}

#[test]
fn operations_with_a_primary_node_do_not_make_it_slow_for_others() {
    fn get_from_primary() -> (Plan<()>, OperationKind) {
        let key = RoutingKey {
            token: Token::new(5),
            map: None,
        };
        let info = RoutingInfo::one(key, Preference::Primary);
        (Plan::preferring(info), GET)
    }
    let router = router(3, Policy::default());
    let respond = |(mut plan, kind): (Plan<()>, _), latency| {
        plan.set_operation(Some(kind));
        let node = next(&router, &mut plan, NOW);
        settle(&router, &mut plan, Outcome::Responded, NOW + latency);
        node
    };
    for _ in 0..30 {
        respond(get(), FAST);
    }
    for _ in 0..30 {
        respond(get_from_primary(), SLOW);
    }
    let after: Vec<_> = (0..6).map(|_| respond(get(), FAST)).collect();
    assert_eq!(after, [1, 2, 3, 1, 2, 3].map(url));
}

#[test]
fn slow_ones_of_a_thousand_nodes_get_a_trickle_and_the_others_stay_even() {
    let mut rng = fastrand::Rng::with_seed(2);
    let latency = |node, _, _| {
        if node < 20 {
            SLOW
        } else {
            about(FAST, &mut rng)
        }
    };
    let mut simulation = Simulation::new(1_000, latency).with_clients(100, get);
    simulation.run(SECOND);
    let requests = simulation.run(4 * SECOND);
    let counts = simulation.responses_by_node(GET);
    let (slow, fast) = counts.split_at(20);
    assert!(
        slow.iter().all(|count| (1..=40).contains(count)),
        "{slow:?}"
    );
    assert!(requests >= 400_000 * 95 / 100, "{requests}");
    let (least, most) = (fast.iter().min().unwrap(), fast.iter().max().unwrap());
    assert!((most - least) * 10 < *most, "{least} to {most}");
}
