//! Compares what requests cost without a network: `cargo run --release -p benchmarks --bin cost -- --help`.

use std::process::ExitCode;

fn main() -> ExitCode {
    benchmarks::cost::main()
}
