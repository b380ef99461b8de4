//! A fleet in simulated time: thousands of clients and a hundred nodes, which no single machine holds, while nodes restart,
//! fail, slow down and cannot be reached. `cargo run --release -p benchmarks --bin fleet -- --help`.
//!
//! Choosing nodes and judging them is the library's own code, included here: `topology`, `health`, `routing`, and of
//! `discovery` what finds stalled nodes. What is asynchronous in the library is played here by the same rules: retries, the
//! watch with its probes, refreshes. See [`HEADER`] for what that leaves out.
//!
//! Everything happens in one thread for each scenario, in the order of simulated time, and all chance comes from one seed:
//! the same arguments print the same tables.

#![allow(
    dead_code,
    unreachable_pub,
    unused_imports,
    reason = "the included sources serve the library first"
)]

#[path = "../../../../alternator-lb-sdk/src/clock.rs"]
mod clock;
#[path = "../../../../alternator-lb-sdk/src/health/mod.rs"]
mod health;
#[path = "../../../../alternator-lb-sdk/src/routing/mod.rs"]
mod routing;
#[path = "../../../../alternator-lb-sdk/src/discovery/schedule.rs"]
mod schedule;
#[path = "../../../../alternator-lb-sdk/src/discovery/stalls.rs"]
mod stalls;
#[path = "../../../../alternator-lb-sdk/src/sync.rs"]
mod sync;
#[path = "../../../../alternator-lb-sdk/src/topology/mod.rs"]
mod topology;
#[path = "../../../../alternator-lb-sdk/src/discovery/unwatched.rs"]
mod unwatched;

mod arena;
mod client;
mod fault_steps;
mod health_checker;
mod health_checks;
mod node;
mod node_list;
mod operations;
mod probes;
mod probing;
mod refresh;
mod reply;
mod requests;
mod retries;
mod scenarios;
mod step;
mod world;

use benchmarks::fleet::{Arguments, Progress, Record, table};
use scenarios::{SCENARIOS, Scenario};
use std::num::NonZero;
use std::process::ExitCode;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Mutex, PoisonError};
use tokio::time::Instant;
use world::World;

fn main() -> ExitCode {
    let titles: Vec<_> = SCENARIOS.iter().map(|it| (it.name, it.title)).collect();
    benchmarks::fleet::main(&titles, run_scenarios)
}

/// Plays the scenarios, and prints a table for each.
fn run_scenarios(arguments: &Arguments) {
    let is_wanted = |it: &&Scenario| {
        arguments.only.is_empty() || arguments.only.iter().any(|name| name == it.name)
    };
    let scenarios: Vec<&Scenario> = SCENARIOS.iter().filter(is_wanted).collect();
    let begin = Instant::now();
    let records = run_all(&scenarios, arguments);
    println!("{}", header(arguments));
    let mut requests = 0;
    for (scenario, record) in scenarios.iter().zip(&records) {
        println!("## {}\n\n{}\n", scenario.title, scenario.description);
        if let Some(record) = record {
            println!("{}", table(record));
            requests += record.requests();
        }
    }
    let took = begin.elapsed().as_secs_f64();
    eprintln!(
        "{requests} requests in {took:.1} s, {:.0} thousand a second",
        requests as f64 / took / 1_000.0
    );
}

/// Plays as many at a time as there are cores: each has a world of its own, so the order does not matter.
fn run_all(scenarios: &[&Scenario], arguments: &Arguments) -> Vec<Option<Record>> {
    let seconds = scenarios.iter().map(|it| it.timeline().end().as_secs());
    let seconds = usize::try_from(seconds.sum::<u64>()).unwrap_or(usize::MAX);
    let progress = Progress::new(seconds, "simulated seconds");
    let next = AtomicUsize::new(0);
    let records: Mutex<Vec<Option<Record>>> = Mutex::new(vec![None; scenarios.len()]);
    let work = || {
        loop {
            let slot = next.fetch_add(1, Ordering::Relaxed);
            let Some(scenario) = scenarios.get(slot) else {
                return;
            };
            let record = World::new(scenario, arguments).run(&progress);
            let mut records = records.lock().unwrap_or_else(PoisonError::into_inner);
            if let Some(slot) = records.get_mut(slot) {
                *slot = Some(record);
            }
        }
    };
    let cores = std::thread::available_parallelism().map_or(1, NonZero::get);
    std::thread::scope(|scope| {
        for _ in 0..cores.min(scenarios.len()) {
            scope.spawn(work);
        }
    });
    records.into_inner().unwrap_or_else(PoisonError::into_inner)
}

fn header(arguments: &Arguments) -> String {
    let Arguments {
        clients,
        nodes,
        seed,
        ..
    } = arguments;
    let rate = world::operations_per_second(arguments);
    format!(
        "# A fleet: {clients} clients, {nodes} nodes in three racks, seed {seed}\n\n\
         Each client does {rate:.0} operations a second, at random moments; together they keep the nodes half busy.\n\n{HEADER}\n"
    )
}

/// What the figures are attempts of, and what not.
const HEADER: &str = "\
Simulated: the library's own choice of nodes, its judgement of them and its search for stalled ones (the very sources); by \
its rules, played here: failovers and retries with their budgets, the watch that looks every 25 ms, probes, refreshes with \
their jitter and whom they ask, what a node names at which moment. A node serves one request after the other, 1 ms each on \
the average (exponential), and has no limit to its queue: overload shows as latency.

Not simulated: the network (answers take no time on it, a refused connection 0.5 ms), connections and their opening, \
the SDK, processors of the clients, parsing of lists, nodes that depend on each other for data, what probes and discovery \
cost a node, differences between the lists of nodes. All clients are alike, and hold their nodes in the same order.";
