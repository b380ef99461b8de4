//! Simulates a fleet that no single machine holds: thousands of clients and a hundred nodes, while nodes restart, fail,
//! slow down and become unreachable. `cargo run --release -p benchmarks --bin fleet -- --help`.
//!
//! Routing, health, the decisions on retries and the detection of stalled nodes are the library's own code. The
//! simulation reimplements the asynchronous parts by the same rules and the same numbers: the health checker with its
//! probes, and refreshes. See [`HEADER`] for the limits of the model.
//!
//! Each scenario runs in one thread, in the order of simulated time, with all random numbers from one seed: the same
//! arguments print the same tables.

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

/// Runs the scenarios, and prints a table for each.
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

/// Runs one scenario per core at a time. Each has a world of its own, so the order does not matter.
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
         Each client makes {rate:.0} operations per second at random times; together they use half of the capacity of the nodes.\n\n{HEADER}\n"
    )
}

/// Explains the model and its limits.
const HEADER: &str = "\
Simulated with the code of the library: routing, health, the decisions on retries and the detection of stalled nodes. \
Simulated by the rules of the library: the SDK's retries, the health checker with its tick of 25 ms, probes, and refreshes \
with their jitter, their queries and the lists of nodes at each time. A node serves one request after the other, 1 ms each \
on average (exponential), with an unlimited queue: overload shows as latency.

Not simulated: the network (responses take no time on it, a refused connection 0.5 ms), connections and their opening, \
the SDK, the processors of the clients, parsing of lists, nodes that depend on each other for data, the cost of probes and \
discovery for a node, differences between the lists of nodes. All clients are alike, and hold their nodes in the same order.";
