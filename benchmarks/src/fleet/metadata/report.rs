//! The table of all scenarios, in Markdown, and the verdicts on their bars.

use super::bar::{Bar, MINUTE};
use super::record::{MetadataRecord, RequestKind};
use crate::text::{rate, table_row, times};
use std::ops::Range;

/// A period of a scenario that is reported, with the bars that hold in it.
#[derive(Clone, Debug)]
#[expect(clippy::exhaustive_structs, reason = "scenarios are literals of it")]
pub struct MetadataPeriod {
    /// The title of its row.
    pub title: &'static str,
    /// Its seconds.
    pub seconds: Range<usize>,
    /// Its bars.
    pub bars: &'static [Bar],
}

/// Writes a row for each period of a scenario; before those of the first scenario the header.
pub fn rows(record: &MetadataRecord, periods: &[MetadataPeriod], is_first: bool) -> String {
    let mut text = String::new();
    if is_first {
        text.push_str(&table_row(&HEADINGS));
        text.push_str(&table_row(&["---"; HEADINGS.len()]));
    }
    for period in periods {
        text.push_str(&table_row(&cells(record, period)));
    }
    text
}

/// Writes a verdict for each bar.
pub fn bars(record: &MetadataRecord, periods: &[MetadataPeriod]) -> String {
    let mut text = String::new();
    for (title, (is_met, figures)) in verdicts(record, periods) {
        let word = if is_met { "PASS" } else { "MISS" };
        text.push_str(&format!("{word} {title}: {figures}\n"));
    }
    text
}

/// Returns whether all bars are met.
pub fn are_met(record: &MetadataRecord, periods: &[MetadataPeriod]) -> bool {
    verdicts(record, periods).all(|(_, (is_met, _))| is_met)
}

fn verdicts(
    record: &MetadataRecord,
    periods: &[MetadataPeriod],
) -> impl Iterator<Item = (&'static str, (bool, String))> {
    periods.iter().flat_map(|period| {
        let check = |bar: &Bar| (period.title, bar.check(record, period.seconds.clone()));
        period.bars.iter().map(check)
    })
}

const HEADINGS: [&str; 9] = [
    "",
    "requests per second and node: schemas / `system.tablets` / shared",
    "together",
    "busiest node: whole period / any minute / any second",
    "any second over the mean",
    "MB/s of the fleet: mean / any second",
    "reads by a map that go to a replica: mean / worst second",
    "`/localnodes`: mean / any second",
    "probes: mean / any second",
];

fn cells(record: &MetadataRecord, period: &MetadataPeriod) -> [String; HEADINGS.len()] {
    let MetadataPeriod { title, seconds, .. } = period;
    let length = seconds.len() as f64;
    let mean = |kinds: &[RequestKind]| {
        let nodes = record.per_node(kinds, seconds.clone());
        let sum: u32 = nodes.iter().sum();
        f64::from(sum) / length / nodes.len().max(1) as f64
    };
    let peak = |kinds: &[RequestKind], window| record.peak(kinds, seconds.clone(), window);
    let all = &RequestKind::METADATA;
    let busiest = record.per_node(all, seconds.clone()).into_iter().max();
    let busiest = f64::from(busiest.unwrap_or_default()) / length;
    let minute = f64::from(peak(all, MINUTE)) / MINUTE.min(seconds.len()) as f64;
    let second = peak(all, 1);
    let (bytes, most_bytes) = record.bytes(seconds.clone());
    let (reads, fewest_reads) = record.shares(seconds.clone());
    let beside = |kind| format!("{} / {}", rate(mean(&[kind])), peak(&[kind], 1));
    let [schema, tablets, shared] = all.map(|kind| format!("{:.2}", mean(&[kind])));
    [
        (*title).to_owned(),
        format!("{schema} / {tablets} / {shared}"),
        format!("{:.1}", mean(all)),
        format!("{busiest:.1} / {minute:.1} / {second}"),
        times(f64::from(second) / mean(all).max(f64::MIN_POSITIVE)),
        format!(
            "{} / {}",
            rate(bytes / MEGA),
            rate(most_bytes as f64 / MEGA)
        ),
        format!("{:.2} % / {:.2} %", reads * 100.0, fewest_reads * 100.0),
        beside(RequestKind::Membership),
        beside(RequestKind::Probe),
    ]
}

const MEGA: f64 = 1e6;

#[cfg(test)]
mod tests {
    use super::*;
    use std::time::Duration;

    #[test]
    fn report_has_a_row_for_each_period_and_a_line_for_each_bar() {
        let mut record = MetadataRecord::new(2, Duration::from_secs(4));
        record.request(RequestKind::Schema, 0, 500_000, Duration::from_secs(1));
        let period = |title, seconds, bars| MetadataPeriod {
            title,
            seconds,
            bars,
        };
        let periods = [
            period("quiet", 2..4, [Bar::Second(0)].as_slice()),
            period("busy", 0..2, &[Bar::Second(0), Bar::Second(1)]),
        ];
        let table = rows(&record, &periods, true);
        assert_eq!(table.lines().count(), 4, "{table}");
        let columns = table.lines().map(|line| line.matches('|').count());
        assert!(columns.eq([HEADINGS.len() + 1; 4]), "{table}");
        assert!(
            table
                .contains("| busy | 0.25 / 0.00 / 0.00 | 0.2 | 0.5 / 0.5 / 1 | 4.00 | 0.2 / 0.5 |"),
            "{table}"
        );
        let verdicts: Vec<String> = bars(&record, &periods)
            .lines()
            .map(|line| line[..10].to_owned())
            .collect();
        assert_eq!(verdicts, ["PASS quiet", "MISS busy:", "PASS busy:"]);
        assert!(!are_met(&record, &periods));
    }
}
