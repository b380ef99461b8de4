//! The cost of resolving an endpoint: `cargo bench -p benchmarks --bench resolver`.
//!
//! The bench covers the work of the plugin between the beginning of an attempt and its signature, through the public
//! API: reading the time, checking the background task, choosing a node, storing the plan in the SDK's parameters, and
//! returning the endpoint of the node. It runs outside of a runtime and makes no requests, so nothing else is timed.
//!
//! The allocations are the box of the plan, the SDK's map that holds it, and the endpoint itself.

use std::net::Ipv4Addr;

use alternator_lb_sdk::{Alternator, Policy};
use aws_sdk_dynamodb::config::endpoint::ResolveEndpoint as _;
use aws_smithy_runtime_api::client::endpoint::{
    EndpointResolverParams, ResolveEndpoint as _, SharedEndpointResolver,
};
use divan::{AllocProfiler, Bencher, black_box};

#[global_allocator]
static ALLOCATIONS: AllocProfiler = AllocProfiler::system();

fn main() {
    divan::main();
}

/// The first attempt of an operation. Samples are small: all plans of a sample live to its end, and the
/// memory for many would dominate the time.
#[divan::bench(args = NODES, sample_size = 100, sample_count = 1_000)]
fn first_attempt(bencher: Bencher<'_, '_>, nodes: u32) {
    let resolver = resolver(nodes);
    bencher
        .with_inputs(|| EndpointResolverParams::new(()))
        .bench_values(|mut params| {
            let planned = resolver.finalize_params(&mut params);
            drop(black_box(resolver.resolve_endpoint(&params)));
            (planned, params)
        });
}

/// A request without a plan, as from older SDK crates.
#[divan::bench(args = NODES, threads = THREADS, sample_size = CHOICES)]
fn without_a_plan(bencher: Bencher<'_, '_>, nodes: u32) {
    let resolver = resolver(nodes);
    let params = EndpointResolverParams::new(());
    bencher.bench(|| drop(black_box(resolver.resolve_endpoint(black_box(&params)))));
}

#[expect(
    clippy::expect_used,
    reason = "the addresses are made two lines above: a failure is a defect of the bench"
)]
fn resolver(nodes: u32) -> SharedEndpointResolver {
    let first = u32::from(Ipv4Addr::new(10, 0, 0, 1));
    let addresses = (first..first + nodes).map(Ipv4Addr::from);
    let alternator = Alternator::builder()
        .seeds(addresses.map(|ip| format!("http://{ip}:8000")))
        .policy(Policy::default())
        .build()
        .expect("addresses are seeds");
    alternator.endpoint_resolver().into_shared_resolver()
}

const NODES: [u32; 4] = [3, 12, 100, 1_000];
const THREADS: [usize; 2] = [1, 2];
/// As in the bench `choice`: two threads overlap only in samples of a millisecond.
const CHOICES: u32 = 20_000;
