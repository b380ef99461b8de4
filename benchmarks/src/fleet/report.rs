//! The table of a scenario, in Markdown.

use super::figures::{Figures, Rates};
use super::rejoin::Rejoin;
use super::{Phase, Record};
use crate::text::{count, rate, time, times};
use std::time::Duration;

/// Writes the figures of a scenario: one column for each phase.
pub fn table(record: &Record) -> String {
    let phases: &[Phase] = match record.timeline.has_fault() {
        true => &Phase::ALL,
        false => &[Phase::Before],
    };
    let figures: Vec<Figures> = phases
        .iter()
        .map(|phase| Figures::of(record, *phase))
        .collect();
    let titles = match figures.len() {
        1 => vec!["all the time"],
        _ => vec!["before", "during", "after"],
    };
    let titles: Vec<String> = titles.into_iter().map(str::to_owned).collect();
    let mut table = line("", &titles);
    table.push_str(&line("---", &vec!["---:".to_owned(); titles.len()]));
    for (title, write) in ROWS {
        let cells: Vec<String> = figures.iter().map(write).collect();
        table.push_str(&line(title, &cells));
    }
    if record.timeline.has_fault() {
        table.push_str(&ends(record, &figures));
    }
    table
}

type Write = fn(&Figures) -> String;

const ROWS: [(&str, Write); 11] = [
    ("operations", |it| count(it.operations)),
    ("failed", failed),
    ("latency p50 / p99 / longest", |it| {
        format!(
            "{} / {} / {}",
            latency(it.p50),
            latency(it.p99),
            latency(it.longest)
        )
    }),
    ("busiest node over the mean, in 100 ms", |it| {
        factor(it.busiest_tenth)
    }),
    ("busiest node over the mean, in 1 s", |it| {
        factor(it.busiest_second)
    }),
    ("discovery requests/s at a node: mean / most", |it| {
        mean_and_most(it.discovery_requests)
    }),
    ("the same in any one second", |it| {
        count(u64::from(it.discovery_requests.peak))
    }),
    (
        "probes/s at a faulty node: mean / in any one second",
        |it| it.probes.map_or_else(nothing, mean_and_peak),
    ),
    ("probes/s at another node: mean / in any one second", |it| {
        mean_and_peak(it.other_probes)
    }),
    ("ejections: faulty nodes / others", |it| {
        format!(
            "{} / {}",
            count(it.rightly_ejected),
            count(it.wrongly_ejected)
        )
    }),
    ("panic mode entries", |it| count(it.panic_mode_entries)),
];

/// Writes the time until operations are normal after the beginning and the end of the fault.
fn ends(record: &Record, figures: &[Figures]) -> String {
    let settled = figures.iter().skip(1).map(|figures| {
        let after = figures.recovery_time;
        after.map_or_else(|| "not".to_owned(), time)
    });
    let settled: Vec<String> = std::iter::once(nothing()).chain(settled).collect();
    let mut lines = line("normal again after", &settled);
    let Some(returns) = Rejoin::of(record) else {
        return lines;
    };
    let returned = |title: &str, cell: String| line(title, &[nothing(), nothing(), cell]);
    let herd = format!(
        "{} / {}",
        times(returns.first_second),
        times(returns.while_detected)
    );
    lines.push_str(&returned(
        "recovered node over the mean, in any 100 ms of the first second / first 30 s",
        herd,
    ));
    let share = returns.share_after.map_or_else(
        || "not".to_owned(),
        |(mean, longest)| format!("{} / {}", time(mean), time(longest)),
    );
    lines.push_str(&returned(
        "recovered node has 90 % of its share after: mean / longest",
        share,
    ));
    lines
}

fn line(title: &str, cells: &[String]) -> String {
    format!("| {title} | {} |\n", cells.join(" | "))
}

fn failed(figures: &Figures) -> String {
    match figures.stuck {
        0 => count(figures.failed),
        stuck => format!("{}, and {} stuck", count(figures.failed), count(stuck)),
    }
}

fn latency(latency: Option<Duration>) -> String {
    latency.map_or_else(nothing, time)
}

fn factor(factor: Option<f64>) -> String {
    factor.map_or_else(nothing, times)
}

fn mean_and_most(rates: Rates) -> String {
    format!("{} / {}", rate(rates.mean), rate(rates.most))
}

fn mean_and_peak(rates: Rates) -> String {
    format!("{} / {}", rate(rates.mean), count(u64::from(rates.peak)))
}

fn nothing() -> String {
    "–".to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::fleet::Timeline;

    const fn seconds(n: u64) -> Duration {
        Duration::from_secs(n)
    }

    #[test]
    fn table_with_a_fault_has_three_columns_in_every_row() {
        let mut record = Record::new(2, Timeline::new(seconds(10)..seconds(20), seconds(30)));
        record.operation_ended(seconds(15), seconds(16), true);
        record.node_down(1, seconds(10));
        record.node_recovered(1, seconds(20));
        let table = table(&record);
        assert!(
            table.starts_with("|  | before | during | after |\n| --- | ---: | ---: | ---: |\n")
        );
        assert!(
            table.lines().all(|line| line.matches('|').count() == 5),
            "{table}"
        );
        assert!(table.contains("| operations | 0 | 1 | 0 |"), "{table}");
        assert!(table.contains("| normal again after | – |"), "{table}");
    }

    #[test]
    fn table_without_a_fault_has_one_column() {
        let table = table(&Record::new(2, Timeline::without_fault(seconds(30))));
        assert!(
            table.lines().all(|line| line.matches('|').count() == 3),
            "{table}"
        );
        assert!(!table.contains("again"));
    }
}
