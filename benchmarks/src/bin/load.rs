//! Compares what clients cost under load: `cargo run --release -p benchmarks --bin load -- --help`.

use std::process::ExitCode;

fn main() -> ExitCode {
    benchmarks::load::main()
}
