//! Simulates a fleet that no single machine holds: thousands of clients and a hundred nodes, while nodes restart, fail,
//! slow down and become unreachable. `cargo run --release -p benchmarks --bin fleet -- --help`.
//!
//! Routing, health, the decisions on retries and the detection of stalled nodes are the library's own code. The
//! simulation reimplements the asynchronous parts by the same rules and the same numbers: the health checker with its
//! probes, and refreshes. See [`HEADER`] for the limits of the model. The requests for metadata of tables are simulated in
//! a [world of their own](metadata).
//!
//! Each scenario runs in one thread, in the order of simulated time, with all random numbers from one seed: the same
//! arguments print the same tables.

mod arena;
mod client;
mod fault_steps;
mod health_checker;
mod health_checks;
mod metadata;
mod node;
mod node_list;
mod operations;
mod probes;
mod probing;
mod refresh;
mod replay;
mod reply;
mod requests;
mod retries;
mod runs;
mod scenarios;
mod step;
mod world;

use benchmarks::fleet::{Arguments, MetadataRecord, are_met, bars, rows, table};
use metadata::{METADATA_HEADER, METADATA_SCENARIOS, MetadataScenario};
use runs::Runs;
use scenarios::SCENARIOS;
use std::process::ExitCode;
use tokio::time::Instant;

fn main() -> ExitCode {
    let titles = SCENARIOS.iter().map(|it| (it.name, it.title));
    let metadata = METADATA_SCENARIOS.iter().map(|it| (it.name, it.title));
    let titles: Vec<_> = titles.chain(metadata).collect();
    benchmarks::fleet::main(&titles, run_scenarios)
}

/// Runs the scenarios, and prints a table for each, and one for all of metadata. Returns whether all bars are met.
fn run_scenarios(arguments: &Arguments) -> bool {
    if let Some(dump) = &arguments.replay {
        return replay::run(dump);
    }
    let begin = Instant::now();
    let Runs {
        operations,
        metadata,
    } = runs::run_all(arguments);
    let mut requests = 0;
    if !operations.is_empty() {
        println!("{}", header(&arguments.of_outages()));
    }
    for (scenario, record) in &operations {
        println!("## {}\n\n{}\n", scenario.title, scenario.description);
        println!("{}", table(record));
        requests += record.requests();
    }
    let took = begin.elapsed().as_secs_f64();
    eprintln!(
        "{requests} requests in {took:.1} s, {:.0} thousand a second",
        requests as f64 / took / 1_000.0
    );
    report_metadata(&metadata)
}

/// Prints one table for all scenarios of metadata, and the verdicts. Returns whether all bars are met.
fn report_metadata(runs: &[(&MetadataScenario, MetadataRecord)]) -> bool {
    if runs.is_empty() {
        return true;
    }
    println!("# The metadata requests of the fleet\n\n{METADATA_HEADER}\n");
    for (number, (scenario, record)) in runs.iter().enumerate() {
        print!("{}", rows(record, scenario.periods, number == 0));
    }
    println!();
    for (scenario, record) in runs {
        print!("{}", bars(record, scenario.periods));
    }
    runs.iter()
        .all(|(scenario, record)| are_met(record, scenario.periods))
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
with their jitter, their queries and the lists of nodes at each time. A node serves one request after the other, 8 ms each \
on average (exponential), with an unlimited queue: overload shows as latency.

Not simulated: the network (responses take no time on it, a refused connection 0.5 ms), connections and their opening, \
the SDK, the processors of the clients, parsing of lists, nodes that depend on each other for data, the cost of probes and \
discovery for a node, differences between the lists of nodes. All clients are alike, and hold their nodes in the same order.";
