//! Counts allocations.

use std::process::Command;

use super::contender::Contender;
use super::costs::Costs;
use super::measure::Harness;
use crate::Outcome;

/// Fills in the allocations, which the program `cost-allocations` counts.
pub(super) fn count(costs: &mut [Costs]) -> Outcome<()> {
    let program = std::env::current_exe()?.with_file_name(PROGRAM);
    for costs in costs {
        let output = Command::new(&program).arg(costs.contender.name()).output();
        let output = output.map_err(|error| format!("{error}; {HINT}"))?;
        let text = String::from_utf8_lossy(&output.stdout);
        let (allocations, bytes) = text.trim().split_once(' ').ok_or(HINT)?;
        costs.allocations = allocations.parse()?;
        costs.bytes = bytes.parse()?;
    }
    Ok(())
}

/// Returns the allocations of an operation, and their bytes. A reallocation does not count.
pub(super) fn per_operation(
    contender: Contender,
    totals: fn() -> (usize, usize),
) -> Outcome<(f64, f64)> {
    let harness = Harness::new(contender)?;
    harness.run(COUNTED)?;
    let (allocations, bytes) = totals();
    harness.run(COUNTED)?;
    let (allocations_in_the_end, bytes_in_the_end) = totals();
    let of_one = |all: usize| all as f64 / COUNTED as f64;
    Ok((
        of_one(allocations_in_the_end - allocations),
        of_one(bytes_in_the_end - bytes),
    ))
}

/// Enough operations to make occasional allocations negligible.
const COUNTED: usize = 1000;

const PROGRAM: &str = "cost-allocations";

const HINT: &str = "build all programs first: cargo build --release -p benchmarks --bins";
