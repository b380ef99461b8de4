//! Loads a cluster while faults come and go, and checks that nothing is lost and nothing leaks:
//! `cargo run --release -p benchmarks --bin soak -- --help`.

use std::alloc::System;
use std::process::ExitCode;

use stats_alloc::{INSTRUMENTED_SYSTEM, StatsAlloc};

#[global_allocator]
static ALLOCATOR: &StatsAlloc<System> = &INSTRUMENTED_SYSTEM;

fn main() -> ExitCode {
    benchmarks::soak::main(|| {
        let made = ALLOCATOR.stats();
        made.bytes_allocated.saturating_sub(made.bytes_deallocated)
    })
}
