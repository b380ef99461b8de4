//! What it costs to choose a node, and to learn what became of it: `cargo bench -p benchmarks --bench choice`.
//!
//! The bars: less than 150 ns, no allocation, and the same for 3 nodes as for 1,000. A choice is timed as a request makes
//! it: a fresh plan, a generator of random numbers of its own, the pick, and in the end the plan's drop, which takes the
//! request in flight back. Reading the clock is not part of it; the bench `resolver` has it all.
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

use std::net::Ipv4Addr;
use std::sync::Arc;
use std::time::Duration;

use divan::{AllocProfiler, Bencher, black_box};
use fastrand::Rng;
use health::Outcome;
use routing::{Peer, Plan, Policy, Router, Table};
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
    let first = u32::from(Ipv4Addr::new(10, 0, 0, 1));
    let addresses = (first..first + nodes).map(Ipv4Addr::from);
    let urls = addresses.map(|ip| NodeUrl::new(Scheme::Http, Host::Ip(ip.into()), 8000));
    let topology = Topology::new(&[urls.collect()], |_| Peer::new(()));
    Router::new(Table::new(Arc::new(topology)), policy, 0)
}

const NODES: [u32; 4] = [3, 12, 100, 1_000];
const THREADS: [usize; 2] = [1, 2];
/// A sample takes a millisecond: of two threads the one that is woken second has most of its sample beside the other.
const CHOICES: u32 = 20_000;
const NOW: Duration = Duration::from_secs(10);
const LATENCY: Duration = Duration::from_millis(1);
