//! The cost of choosing a node and of recording the outcome: `cargo bench -p benchmarks --bench choice`.
//!
//! Thresholds: less than 150 ns, no allocation, and the same for 3 nodes as for 1,000. A choice is timed as a request
//! makes it: a fresh plan, a random number generator of its own, the pick, and the drop of the plan, which removes the
//! request from those in flight. Reading the clock is excluded; the bench `resolver` includes it.
//!
//! A choice by key uses a new key each time, and a map of 100,000 tablets where the bench says so. The threshold is
//! less than 1 µs more than without a key.
//!
//! Two threads contend for the same nodes without any other work, which is more contention than in any application. On
//! a busy machine the threads seldom run at the same time, and the figures mean little.

use std::net::{IpAddr, Ipv4Addr};
use std::sync::Arc;
use std::time::Duration;

use alternator_lb_core::health::Outcome;
use alternator_lb_core::routing::{
    EndpointState, KeyValue, OperationKind, Plan, Policy, Preference, Router, RoutingInfo,
    RoutingKey, RoutingSnapshot, Token, TokenMap,
};
use alternator_lb_core::topology::{Host, NodeUrl, Scheme, Topology};
use divan::{AllocProfiler, Bencher, black_box};
use fastrand::Rng;

#[global_allocator]
static ALLOCATIONS: AllocProfiler = AllocProfiler::system();

fn main() {
    divan::main();
}

/// The first attempt on idle nodes: one look at the next node in rotation.
#[divan::bench(types = [TwoChoices, RoundRobin, Random], args = NODES, threads = THREADS, sample_size = CHOICES)]
fn idle<P: BenchPolicy>(bencher: Bencher<'_, '_>, nodes: u32) {
    let router = router(nodes, P::policy());
    bencher.bench(|| keep(&first_attempt(&router)));
}

/// The first attempt while each node has a request in flight, so that two nodes are compared.
#[divan::bench(types = [TwoChoices, RoundRobin, Random], args = NODES, threads = THREADS, sample_size = CHOICES)]
fn busy<P: BenchPolicy>(bencher: Bencher<'_, '_>, nodes: u32) {
    let router = router(nodes, P::policy());
    let _in_flight = one_request_per_node(&router);
    bencher.bench(|| keep(&first_attempt(&router)));
}

/// A whole attempt that succeeds, on nodes that have requests in flight.
#[divan::bench(types = [TwoChoices, RoundRobin, Random], args = NODES, threads = THREADS, sample_size = CHOICES)]
fn answered<P: BenchPolicy>(bencher: Bencher<'_, '_>, nodes: u32) {
    let router = router(nodes, P::policy());
    let _in_flight = one_request_per_node(&router);
    bencher.bench(|| {
        let mut plan = first_attempt(&router);
        let change = router.settle(
            &mut plan,
            Outcome::Responded,
            Some(200),
            black_box(NOW + LATENCY),
        );
        keep(&(plan, change));
    });
}

/// The second attempt: the list of tried nodes is the only allocation.
#[divan::bench(types = [TwoChoices, RoundRobin, Random], args = NODES)]
fn retry<P: BenchPolicy>(bencher: Bencher<'_, '_>, nodes: u32) {
    let router = router(nodes, P::policy());
    bencher.bench(|| {
        let mut plan = first_attempt(&router);
        let chosen = router.advance(&mut plan, true, black_box(NOW), &mut Rng::new());
        keep(&(plan, chosen));
    });
}

/// The coordinator of a key with unknown replicas: every node is weighed, so the cost grows with their number.
#[divan::bench(args = NODES, threads = THREADS, sample_size = CHOICES)]
fn primary(bencher: Bencher<'_, '_>, nodes: u32) {
    let router = router(nodes, Policy::default());
    bencher.bench(|| keep(&route_by_key(&router, Preference::Primary, None)));
}

/// The coordinator of a key with known replicas.
#[divan::bench(args = NODES, threads = THREADS, sample_size = CHOICES)]
fn primary_replica(bencher: Bencher<'_, '_>, nodes: u32) {
    let router = router(nodes, Policy::default());
    let map = tablets(nodes);
    bencher.bench(|| keep(&route_by_key(&router, Preference::Primary, Some(&map))));
}

/// The less loaded replica of a key.
#[divan::bench(args = NODES, threads = THREADS, sample_size = CHOICES)]
fn least_loaded(bencher: Bencher<'_, '_>, nodes: u32) {
    let router = router(nodes, Policy::default());
    let _in_flight = one_request_per_node(&router);
    let map = tablets(nodes);
    bencher.bench(|| keep(&route_by_key(&router, Preference::LeastLoaded, Some(&map))));
}

/// The nodes of a batch of 25 keys, without building the list of keys. The counts are one allocation.
#[divan::bench(args = NODES, types = [Primary, LeastLoaded])]
fn batch<O: BenchPreference>(bencher: Bencher<'_, '_>, nodes: u32) {
    let router = router(nodes, Policy::default());
    let map = tablets(nodes);
    let keys = || {
        tokens()
            .take(25)
            .map(|token| key(token, Some(&map)))
            .collect()
    };
    bencher
        .with_inputs(|| RoutingInfo::many(keys(), O::preference()).map(Plan::preferring))
        .bench_local_values(|plan| {
            let mut plan = plan.unwrap_or_default();
            let _ = router.advance(&mut plan, true, black_box(NOW), &mut Rng::new());
            plan
        });
}

/// The replicas of a key among 100,000 tablets. Thresholds: less than 200 ns, no allocation.
#[divan::bench(sample_size = CHOICES)]
fn look_up(bencher: Bencher<'_, '_>) {
    let map = tablets(12);
    let mut tokens = tokens().cycle();
    bencher
        .with_inputs(|| tokens.next().unwrap_or(Token::MAX))
        .bench_local_refs(|token| map.replicas(black_box(*token)).len());
}

/// The token of a key of 20 bytes.
#[divan::bench(sample_size = CHOICES)]
fn token(bencher: Bencher<'_, '_>) {
    bencher.bench(|| Token::of_key(KeyValue::Text(black_box("user#000000000000042"))));
}

/// A policy as a type, whose name Divan prints.
trait BenchPolicy {
    fn policy() -> Policy;
}

struct TwoChoices;
struct RoundRobin;
struct Random;

impl BenchPolicy for TwoChoices {
    fn policy() -> Policy {
        Policy::default()
    }
}

impl BenchPolicy for RoundRobin {
    fn policy() -> Policy {
        Policy::round_robin()
    }
}

impl BenchPolicy for Random {
    fn policy() -> Policy {
        Policy::random()
    }
}

/// A preference as a type, whose name Divan prints.
trait BenchPreference {
    fn preference() -> Preference;
}

struct Primary;
struct LeastLoaded;

impl BenchPreference for Primary {
    fn preference() -> Preference {
        Preference::Primary
    }
}

impl BenchPreference for LeastLoaded {
    fn preference() -> Preference {
        Preference::LeastLoaded
    }
}

/// Routes a first attempt by a random key.
fn route_by_key(
    router: &Router<()>,
    preference: Preference,
    map: Option<&Arc<TokenMap>>,
) -> Plan<()> {
    let mut rng = Rng::new();
    // Random keys, so that locality in memory helps no more than in an application.
    let token = Token::new(rng.i64(..));
    let mut plan = Plan::preferring(RoutingInfo::one(key(token, map), preference));
    let _ = router.advance(&mut plan, true, black_box(NOW), &mut rng);
    plan
}

fn key(token: Token, map: Option<&Arc<TokenMap>>) -> RoutingKey {
    RoutingKey {
        token,
        map: map.map(Arc::clone),
    }
}

fn tokens() -> impl Iterator<Item = Token> + Clone {
    (0..10_000_u32).map(|key| Token::of_bytes(&key.to_be_bytes()))
}

/// A table with the largest recommended number of tablets, each on three nodes.
#[expect(
    clippy::expect_used,
    reason = "a map of fewer ranges than it can have: a failure is a defect of the bench"
)]
fn tablets(nodes: u32) -> Arc<TokenMap> {
    const TABLETS: i64 = 100_000;
    let mut rng = Rng::with_seed(1);
    let step = i64::MAX / TABLETS * 2;
    let tablets = (1..=TABLETS).map(|tablet| {
        let end = match tablet {
            TABLETS => i64::MAX,
            tablet => i64::MIN + step * tablet,
        };
        let replicas: Vec<IpAddr> = rng
            .choose_multiple(addresses(nodes), 3)
            .into_iter()
            .map(IpAddr::from)
            .collect();
        (Token::new(end), replicas)
    });
    Arc::new(TokenMap::of_tablets(tablets).expect("fewer tablets than a map can have"))
}

fn first_attempt(router: &Router<()>) -> Plan<()> {
    let mut plan = Plan::default();
    plan.set_operation(Some(OperationKind::GetItem));
    // Healthy nodes never reject; a rejection would leave nothing to drop, and the figure would be far off.
    let _ = router.advance(&mut plan, true, black_box(NOW), &mut Rng::new());
    plan
}

/// Keeps the compiler from removing an unused value. By reference, since moving a plan costs a tenth of the choice.
fn keep<T>(what: &T) {
    black_box(what);
}

fn one_request_per_node(router: &Router<()>) -> Vec<Plan<()>> {
    let nodes = router.snapshot().topology().nodes().len();
    let plans: Vec<_> = (0..nodes).map(|_| first_attempt(router)).collect();
    assert!(plans.iter().all(|plan| plan.current().is_some()));
    plans
}

fn router(nodes: u32, policy: Policy) -> Router<()> {
    let urls = addresses(nodes).map(|ip| NodeUrl::new(Scheme::Http, Host::Ip(ip.into()), 8000));
    let topology = Topology::new(&[urls.collect()], |_| EndpointState::new(()));
    Router::new(RoutingSnapshot::new(Arc::new(topology)), policy, 0)
}

fn addresses(nodes: u32) -> impl Iterator<Item = Ipv4Addr> {
    let first = u32::from(Ipv4Addr::new(10, 0, 0, 1));
    (first..first + nodes).map(Ipv4Addr::from)
}

const NODES: [u32; 4] = [3, 12, 100, 1_000];
const THREADS: [usize; 2] = [1, 2];
/// A sample takes a millisecond, so that the thread that wakes second overlaps with most of the sample of the other.
const CHOICES: u32 = 20_000;
const NOW: Duration = Duration::from_secs(10);
const LATENCY: Duration = Duration::from_millis(1);
