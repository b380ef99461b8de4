//! What it costs to choose a node, and to learn what became of it: `cargo bench -p benchmarks --bench choice`.
//!
//! The bars: less than 150 ns, no allocation, and the same for 3 nodes as for 1,000. A choice is timed as a request makes
//! it: a fresh plan, a generator of random numbers of its own, the pick, and in the end the plan's drop, which takes the
//! request in flight back. Reading the clock is not part of it; the bench `resolver` has it all.
//!
//! A choice with a wish takes a map of 100,000 tablets with it where it says so, and a key of its own each time. The bar is
//! less than 1 µs more than without.
//!
//! With two threads both work on the same nodes at the same time, without anything else to do: no application contends
//! for them as much. On a machine that others use, the threads seldom run at the same time, and that tells little.
//!
//! Routing is private to the library, so its sources are included here.

#![allow(
    dead_code,
    missing_docs,
    unnameable_types,
    unreachable_pub,
    unused_imports,
    reason = "the included sources serve the library first"
)]

mod sync {
    pub(crate) use std::sync::atomic;
}

#[path = "../../alternator-lb-sdk/src/health/mod.rs"]
mod health;
#[path = "../../alternator-lb-sdk/src/routing/mod.rs"]
mod routing;
#[path = "../../alternator-lb-sdk/src/topology/mod.rs"]
mod topology;

use std::net::{IpAddr, Ipv4Addr};
use std::sync::Arc;
use std::time::Duration;

use divan::{AllocProfiler, Bencher, black_box};
use fastrand::Rng;
use health::Outcome;
use routing::{Key, KeyValue, Order, Peer, Plan, Policy, Router, Table, Token, TokenMap, Wish};
use topology::{Host, NodeUrl, Scheme, Topology};

#[global_allocator]
static ALLOCATIONS: AllocProfiler = AllocProfiler::system();

fn main() {
    divan::main();
}

/// The node of a first attempt, when the nodes have nothing else to do: one look at the next in turn.
#[divan::bench(types = [TwoChoices, RoundRobin, Random], args = NODES, threads = THREADS, sample_size = CHOICES)]
fn idle<P: Kind>(bencher: Bencher<'_, '_>, nodes: u32) {
    let router = router(nodes, P::policy());
    bencher.bench(|| seen(&first(&router)));
}

/// The same while each node has requests in flight: then two of them are compared.
#[divan::bench(types = [TwoChoices, RoundRobin, Random], args = NODES, threads = THREADS, sample_size = CHOICES)]
fn busy<P: Kind>(bencher: Bencher<'_, '_>, nodes: u32) {
    let router = router(nodes, P::policy());
    let _in_flight = one_on_each(&router);
    bencher.bench(|| seen(&first(&router)));
}

/// The whole of an attempt that is answered, on nodes that have requests in flight.
#[divan::bench(types = [TwoChoices, RoundRobin, Random], args = NODES, threads = THREADS, sample_size = CHOICES)]
fn answered<P: Kind>(bencher: Bencher<'_, '_>, nodes: u32) {
    let router = router(nodes, P::policy());
    let _in_flight = one_on_each(&router);
    bencher.bench(|| {
        let mut plan = first(&router);
        let change = router.settle(&mut plan, Outcome::Answered, black_box(NOW + LATENCY));
        seen(&(plan, change));
    });
}

/// The node of a second attempt: the list of nodes tried before is the one allocation.
#[divan::bench(types = [TwoChoices, RoundRobin, Random], args = NODES)]
fn retry<P: Kind>(bencher: Bencher<'_, '_>, nodes: u32) {
    let router = router(nodes, P::policy());
    bencher.bench(|| {
        let mut plan = first(&router);
        let chosen = router.advance(&mut plan, true, black_box(NOW), &mut Rng::new());
        seen(&(plan, chosen));
    });
}

/// The one coordinator of a key, of which nothing more is known: each node is looked at, so this grows with their number.
#[divan::bench(args = NODES, threads = THREADS, sample_size = CHOICES)]
fn fixed(bencher: Bencher<'_, '_>, nodes: u32) {
    let router = router(nodes, Policy::default());
    bencher.bench(|| seen(&wishing(&router, Order::Fixed, None)));
}

/// The same where the key's replicas are known.
#[divan::bench(args = NODES, threads = THREADS, sample_size = CHOICES)]
fn fixed_replica(bencher: Bencher<'_, '_>, nodes: u32) {
    let router = router(nodes, Policy::default());
    let map = tablets(nodes);
    bencher.bench(|| seen(&wishing(&router, Order::Fixed, Some(&map))));
}

/// One of a key's replicas, of which the less busy one is taken.
#[divan::bench(args = NODES, threads = THREADS, sample_size = CHOICES)]
fn by_load(bencher: Bencher<'_, '_>, nodes: u32) {
    let router = router(nodes, Policy::default());
    let _in_flight = one_on_each(&router);
    let map = tablets(nodes);
    bencher.bench(|| seen(&wishing(&router, Order::ByLoad, Some(&map))));
}

/// The nodes of a batch of 25 keys, without making the list of the keys. The counts are an allocation.
#[divan::bench(args = NODES, types = [Fixed, ByLoad])]
fn batch<O: Wanted>(bencher: Bencher<'_, '_>, nodes: u32) {
    let router = router(nodes, Policy::default());
    let map = tablets(nodes);
    let keys = || {
        tokens()
            .take(25)
            .map(|token| key(token, Some(&map)))
            .collect()
    };
    bencher
        .with_inputs(|| Wish::many(keys(), O::order()).map(Plan::wishing))
        .bench_local_values(|plan| {
            let mut plan = plan.unwrap_or_default();
            let _ = router.advance(&mut plan, true, black_box(NOW), &mut Rng::new());
            plan
        });
}

/// The replicas of a key among 100,000 tablets. The bars: less than 200 ns, no allocation.
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

/// A policy, as a type that Divan can write the name of.
trait Kind {
    fn policy() -> Policy;
}

struct TwoChoices;
struct RoundRobin;
struct Random;

impl Kind for TwoChoices {
    fn policy() -> Policy {
        Policy::default()
    }
}

impl Kind for RoundRobin {
    fn policy() -> Policy {
        Policy::round_robin()
    }
}

impl Kind for Random {
    fn policy() -> Policy {
        Policy::random()
    }
}

/// An order, as such a type.
trait Wanted {
    fn order() -> Order;
}

struct Fixed;
struct ByLoad;

impl Wanted for Fixed {
    fn order() -> Order {
        Order::Fixed
    }
}

impl Wanted for ByLoad {
    fn order() -> Order {
        Order::ByLoad
    }
}

/// The node of a first attempt with a wish for one key of many.
fn wishing(router: &Router<()>, order: Order, map: Option<&Arc<TokenMap>>) -> Plan<()> {
    let mut rng = Rng::new();
    // Keys come in no order, so that what is near in memory helps no more than it does an application.
    let token = Token::new(rng.i64(..));
    let mut plan = Plan::wishing(Wish::one(key(token, map), order));
    let _ = router.advance(&mut plan, true, black_box(NOW), &mut rng);
    plan
}

fn key(token: Token, map: Option<&Arc<TokenMap>>) -> Key {
    Key {
        token,
        map: map.map(Arc::clone),
    }
}

fn tokens() -> impl Iterator<Item = Token> + Clone {
    (0..10_000_u32).map(|key| Token::of_bytes(&key.to_be_bytes()))
}

/// A table with as many tablets as one is said to have at most, each on three nodes.
#[expect(
    clippy::expect_used,
    reason = "a map of fewer ranges than it can have: a bench of anything else would be a bench of nothing"
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

fn first(router: &Router<()>) -> Plan<()> {
    let mut plan = Plan::default();
    // Nodes that are all well refuse nothing; were it otherwise, there would be nothing to drop, and the figure far off.
    let _ = router.advance(&mut plan, true, black_box(NOW), &mut Rng::new());
    plan
}

/// Keeps the compiler from leaving out what nobody looks at. By reference: moving a plan costs as much as a tenth of the
/// choice.
fn seen<T>(what: &T) {
    black_box(what);
}

fn one_on_each(router: &Router<()>) -> Vec<Plan<()>> {
    let nodes = router.table().topology().nodes().len();
    let plans: Vec<_> = (0..nodes).map(|_| first(router)).collect();
    assert!(plans.iter().all(|plan| plan.current().is_some()));
    plans
}

fn router(nodes: u32, policy: Policy) -> Router<()> {
    let urls = addresses(nodes).map(|ip| NodeUrl::new(Scheme::Http, Host::Ip(ip.into()), 8000));
    let topology = Topology::new(&[urls.collect()], |_| Peer::new(()));
    Router::new(Table::new(Arc::new(topology)), policy, 0)
}

fn addresses(nodes: u32) -> impl Iterator<Item = Ipv4Addr> {
    let first = u32::from(Ipv4Addr::new(10, 0, 0, 1));
    (first..first + nodes).map(Ipv4Addr::from)
}

const NODES: [u32; 4] = [3, 12, 100, 1_000];
const THREADS: [usize; 2] = [1, 2];
/// A sample takes a millisecond: of two threads the one that is woken second has most of its sample beside the other.
const CHOICES: u32 = 20_000;
const NOW: Duration = Duration::from_secs(10);
const LATENCY: Duration = Duration::from_millis(1);
