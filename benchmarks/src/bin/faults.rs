//! Compares clients while nodes of their cluster fail: `cargo run --release -p benchmarks --bin faults -- --help`.

use std::process::ExitCode;

fn main() -> ExitCode {
    benchmarks::faults::main()
}
