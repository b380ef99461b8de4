//! Counts which requests land on a node that holds their partition: `cargo run --release -p benchmarks --bin replicas`.

use std::process::ExitCode;

fn main() -> ExitCode {
    benchmarks::replicas::main()
}
