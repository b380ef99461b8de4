//! Compares what requests cost without a network: `cargo build --release -p benchmarks --bins`, then
//! `target/release/cost --help`.

use std::process::ExitCode;

fn main() -> ExitCode {
    benchmarks::cost::main()
}
