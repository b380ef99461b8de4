//! Counts the allocations of one contender for `cost`, which is not slowed down by counting so.

use std::alloc::System;
use std::process::ExitCode;

use stats_alloc::{INSTRUMENTED_SYSTEM, StatsAlloc};

#[global_allocator]
static ALLOCATOR: &StatsAlloc<System> = &INSTRUMENTED_SYSTEM;

fn main() -> ExitCode {
    benchmarks::cost::count_allocations(|| {
        let made = ALLOCATOR.stats();
        (made.allocations, made.bytes_allocated)
    })
}
