//! Prints the results.

use super::contender::Contender;
use super::costs::{Costs, KEY_ROUTED, MAX_ROUTING_COST, THRESHOLDS, Thresholds, find};
use crate::machine;

/// Writes the figures, each with its ratio to the SDK.
pub(super) fn table(costs: &[Costs]) -> String {
    let mut table = HEAD.to_owned();
    for it in costs {
        let baseline = find(costs, it.contender.baseline()).unwrap_or(it);
        let instructions = match it.instructions.zip(baseline.instructions) {
            Some((its, the_sdks)) => with_ratio(its / 1000.0, the_sdks / 1000.0, 0),
            None => "-".to_owned(),
        };
        table.push_str(&format!(
            "\n| {} | {} | {} | {:.1} | {} | {} |",
            it.contender.title(),
            with_ratio(it.microseconds, baseline.microseconds, 1),
            with_ratio(it.allocations, baseline.allocations, 0),
            it.bytes / 1024.0,
            instructions,
            with_ratio(it.head as f64, baseline.head as f64, 0),
        ));
    }
    table
}

const HEAD: &str = "\
| one `GetItem`, without the network | µs of processor time | allocations | KiB allocated | thousand instructions | bytes of \
 request head |
|---|---|---|---|---|---|";

/// Writes a figure, and its ratio to the SDK.
fn with_ratio(its: f64, the_sdks: f64, digits: usize) -> String {
    format!("{its:.digits$} ({:.2})", its / the_sdks)
}

/// Explains the table, and names the machine and the date.
pub(super) fn note() -> String {
    format!(
        "\nIn parentheses: the share of what the SDK alone needs. Measured {} on {}.",
        machine::today(),
        machine::describe()
    )
}

/// Returns the missed thresholds.
pub(super) fn misses(costs: &[Costs]) -> Vec<String> {
    let judged = THRESHOLDS.iter().filter_map(|thresholds| {
        let its = find(costs, thresholds.contender)?;
        Some((
            thresholds,
            its,
            find(costs, thresholds.contender.baseline())?,
        ))
    });
    let by_shares =
        judged.flat_map(|(thresholds, its, the_sdks)| missed(thresholds, its, the_sdks));
    let plain = find(costs, Contender::Plugin);
    let key_routed = KEY_ROUTED
        .iter()
        .filter_map(|it| find(costs, *it).zip(plain));
    by_shares
        .chain(key_routed.filter_map(|(its, plain)| routing_cost_miss(its, plain)))
        .collect()
}

/// Returns the miss of the threshold of key routing, if any.
fn routing_cost_miss(its: &Costs, plain: &Costs) -> Option<String> {
    let (time, allocations) = (
        its.microseconds - plain.microseconds,
        its.allocations - plain.allocations,
    );
    let (most_time, most_allocations) = MAX_ROUTING_COST;
    // Rounded, since one of a thousand operations may include unrelated work.
    let is_missed = time > most_time || allocations.round() > most_allocations;
    is_missed.then(|| {
        format!(
            "{}: {time:.1} µs and {allocations:.1} allocations over plain (at most {most_time:.1} and {most_allocations:.0})",
            title(its.contender)
        )
    })
}

fn missed(thresholds: &Thresholds, its: &Costs, the_sdks: &Costs) -> Vec<String> {
    let instructions = its.instructions.zip(the_sdks.instructions);
    let shares = [
        (
            "processor time",
            Some(its.microseconds / the_sdks.microseconds),
            thresholds.time,
        ),
        (
            "instructions",
            instructions.map(|(its, the_sdks)| its / the_sdks),
            thresholds.instructions,
        ),
        (
            "request head",
            Some(its.head as f64 / the_sdks.head as f64),
            thresholds.head,
        ),
    ];
    let mut missed: Vec<String> = shares
        .into_iter()
        .filter_map(|(what, share, threshold)| {
            let share = share.filter(|share| *share > threshold)?;
            Some(format!(
                "{}: {what} {share:.2} (at most {threshold:.2})",
                title(thresholds.contender)
            ))
        })
        .collect();
    if its.allocations > thresholds.allocations {
        let (made, threshold) = (its.allocations, thresholds.allocations);
        missed.push(format!(
            "{}: {made:.0} allocations (at most {threshold:.0})",
            title(thresholds.contender)
        ));
    }
    missed
}

fn title(contender: Contender) -> &'static str {
    contender.title()
}

pub(super) fn verdict(misses: &[String]) -> String {
    match misses {
        [] => "\nThe plugin reaches every threshold.".to_owned(),
        misses => format!("\nThe plugin misses:\n- {}", misses.join("\n- ")),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn costs(contender: Contender, microseconds: f64, allocations: f64) -> Costs {
        Costs {
            contender,
            microseconds,
            allocations,
            bytes: 2048.0,
            head: 100,
            instructions: None,
        }
    }

    #[test]
    fn figures_are_shown_beside_those_of_the_sdk() {
        let costs = [
            costs(Contender::Sdk, 30.0, 200.0),
            costs(Contender::Plugin, 15.0, 100.0),
        ];
        let table = table(&costs);
        assert!(
            table.ends_with(
                "| this plugin, unsigned | 15.0 (0.50) | 100 (0.50) | 2.0 | - | 100 (1.00) |"
            ),
            "{table}"
        );
    }

    #[test]
    fn excessive_cost_of_key_routing_is_reported() {
        let costs = |time, allocations| {
            [
                costs(Contender::Plugin, 15.0, 100.0),
                costs(Contender::PluginTokenAware, time, allocations),
            ]
        };
        assert_eq!(misses(&costs(15.9, 102.0)), Vec::<String>::new());
        assert_eq!(
            misses(&costs(16.2, 101.0)),
            ["… token-aware: 1.2 µs and 1.0 allocations over plain (at most 1.0 and 2)"]
        );
        assert_eq!(misses(&costs(15.0, 103.0)).len(), 1);
    }

    #[test]
    fn missed_thresholds_are_reported() {
        let mut costs = [
            costs(Contender::Sdk, 30.0, 300.0),
            costs(Contender::Plugin, 24.0, 206.0),
        ];
        let text = verdict(&misses(&costs));
        for miss in [
            "processor time 0.80 (at most 0.75)",
            "206 allocations (at most 205)",
            "request head 1.00",
        ] {
            assert!(text.contains(miss), "{text}");
        }
        for costs in &mut costs {
            costs.instructions = Some(1000.0);
        }
        assert!(verdict(&misses(&costs)).contains("instructions 1.00 (at most 0.80)"));
        costs[1] = Costs {
            head: 55,
            instructions: Some(800.0),
            ..self::costs(Contender::Plugin, 22.5, 205.0)
        };
        assert_eq!(
            verdict(&misses(&costs)),
            "\nThe plugin reaches every threshold."
        );
    }
}
