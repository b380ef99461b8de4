//! Which requests land on a node that holds their partition, and over how many nodes the transactions of one partition come.
//!
//! Counted, not timed, by the nodes themselves: twelve of them in three racks, with three replicas of everything, once
//! spread by vnodes and once by tablets. Every contender reads each of many partitions once. Then eight clients of it
//! change each of a few partitions under a condition, one after the other: each node that such a change came over is a
//! coordinator that the others may get in the way of.

mod contender;
mod count;

use std::process::ExitCode;

use contender::Contender;
use count::Counts;

use crate::text::{percent, table_row};
use crate::{Outcome, machine};

/// Counts, and prints a table. Ends with 1 if something goes wrong, or the plugin misses what it meets_expectations.
pub fn main() -> ExitCode {
    match print() {
        Ok(true) => ExitCode::SUCCESS,
        Ok(false) => ExitCode::FAILURE,
        Err(error) => {
            eprintln!("error: {error}");
            ExitCode::FAILURE
        }
    }
}

/// Returns whether the meets_expectations are kept.
fn print() -> Outcome<bool> {
    let runtime = tokio::runtime::Builder::new_multi_thread()
        .enable_all()
        .build()?;
    print!("{}{}", table_row(&HEAD), table_row(&[":--"; HEAD.len()]));
    let mut all_met = true;
    for contender in Contender::ALL {
        let counts = runtime.block_on(count::count(contender))?;
        all_met &= meets_expectations(contender, &counts);
        let of_layouts = |cell: fn(&Counts) -> String| counts.each_ref().map(cell).join(", ");
        print!(
            "{}",
            table_row(&[
                contender.title().to_owned(),
                of_layouts(|it| percent(it.on_replica)),
                of_layouts(|it| percent(it.busiest)),
                of_layouts(|it| format!("{:.1}", it.coordinators)),
            ])
        );
    }
    println!(
        "\nTwelve nodes, three replicas; in a cell vnodes first, then tablets. Counted {} on {}.",
        machine::today(),
        machine::describe()
    );
    if !all_met {
        println!("\nThe plugin misses what it meets_expectations.");
    }
    Ok(all_met)
}

const HEAD: [&str; 4] = [
    "",
    "reads that land on a replica",
    "reads that land on the busiest node",
    "coordinators of a partition's transactions, of eight clients",
];

/// A token-aware client reaches a replica with 99 requests of 100, and with affinity there is one coordinator.
fn meets_expectations(contender: Contender, counts: &[Counts]) -> bool {
    counts.iter().all(|it| match contender {
        Contender::TokenAware => it.on_replica >= 0.99 && it.coordinators <= 1.0,
        Contender::Affinity => it.coordinators <= 1.0,
        Contender::Sdk | Contender::Official | Contender::OfficialAffinity | Contender::Plugin => {
            true
        }
    })
}
