//! Counts the requests that land on a replica of their partition, and the coordinators of the transactions of a
//! partition.
//!
//! The nodes count; nothing is timed. Twelve nodes in three racks hold three replicas of each partition, first with
//! vnodes and then with tablets. Every contender reads each of many partitions once. Then eight clients of it write
//! conditionally to each of a few partitions, one after the other. Each node that receives such a write is a
//! coordinator that may contend with the others.

mod contender;
mod count;

use std::process::ExitCode;

use contender::Contender;
use count::Counts;

use crate::text::{percent, table_row};
use crate::{Outcome, machine};

/// Counts, and prints a table. Exits with 1 on an error, or if the plugin misses an expectation.
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

/// Returns whether the plugin meets all expectations.
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
        println!("\nThe plugin misses an expectation.");
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
