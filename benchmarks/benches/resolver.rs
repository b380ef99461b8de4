//! What the SDK's question for an endpoint costs: `cargo bench -p benchmarks --bench resolver`.
//!
//! All that the plugin does between an attempt's beginning and its signature, by its public interface: the time is read,
//! the background task looked after, a node chosen, the plan kept in the SDK's parameters, and the node's endpoint handed
//! over. It is asked outside of any runtime and makes no requests, so nothing is timed beside that.
//!
//! Allocated is the plan's box, the map that the SDK keeps it in, and what the endpoint itself takes.

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

/// The first attempt of an operation. In small samples: all plans of a sample are kept to its end, and the memory for many
/// would be what is timed.
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

/// A request without a plan, as those of older SDK crates are.
#[divan::bench(args = NODES, threads = THREADS, sample_size = CHOICES)]
fn without_a_plan(bencher: Bencher<'_, '_>, nodes: u32) {
    let resolver = resolver(nodes);
    let params = EndpointResolverParams::new(());
    bencher.bench(|| drop(black_box(resolver.resolve_endpoint(black_box(&params)))));
}

#[expect(
    clippy::expect_used,
    reason = "the addresses are made two lines above: a bench of anything else would be a bench of nothing"
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
/// As in the bench `choice`: two threads overlap only in samples that take a millisecond.
const CHOICES: u32 = 20_000;
