//! The tables, in Markdown.

use super::case::Case;
use super::contender::Contender;
use super::results::Results;
use super::run::{NODES, WARM_UP};
use super::spread::Spread;
use super::threshold::Figure;
use crate::machine;
use crate::text::{count, percent, table_row, time, whole_percent};

/// Writes one row for each case, and one column for each contender.
pub(super) fn table(results: &Results) -> String {
    let mut head = vec![String::new()];
    head.extend(results.contenders.iter().map(|it| it.title.to_owned()));
    let mut table = table_row(&head);
    table.push_str(&table_row(&vec!["---"; head.len()]));
    for case in results.cases() {
        let figure = Figure::of(case);
        let mut cells = vec![format!("{}: {}", case.title(), figure.title())];
        let contenders = results.contenders.iter();
        cells.extend(contenders.map(|contender| cell(results, case, figure, contender)));
        table.push_str(&table_row(&cells));
    }
    table
}

/// Explains the table and the conditions of the measurement.
pub(super) fn note(results: &Results) -> String {
    let (callers, rounds) = (results.callers, results.rounds);
    let (length, warm_up) = (results.length.as_secs(), time(WARM_UP));
    let most = results
        .cases()
        .filter_map(|case| results.other_programs(case));
    let other_programs = match most.map(|it| it.most).max_by(f64::total_cmp) {
        Some(most) => {
            let most = whole_percent(most);
            format!("; other programs took at most {most} of them during a turn")
        }
        None => String::new(),
    };
    let transport = match results.tls {
        true => "by HTTPS over loopback",
        false => "over loopback",
    };
    format!(
        "{callers} callers, {NODES} nodes in a process of their own, {transport}. The contenders took turns of {length} s \
         (after {warm_up} to warm up) in {rounds} rounds; in a cell the median, and the ratio to the SDK alone in the same \
         round: median, least to most.\n\n\
         Processor time is that of the client's process, with the kernel's work for it, and without the nodes. With two \
         threads, callers and nodes may have to share the processors: the nodes' time per operation (below) is the \
         same for every client and draws the ratios of throughput towards 1. The nodes verify signatures where requests are \
         signed. The SDK alone speaks to one node. Nothing is tuned.\n\n\
         Measured on {} on {}, which callers and nodes share{other_programs}. alternator-lb-sdk {}, aws-sdk-dynamodb {}.\n",
        machine::today(),
        machine::describe(),
        env!("CARGO_PKG_VERSION"),
        aws_sdk_dynamodb::meta::PKG_VERSION,
    )
}

/// Writes all figures of all cases.
pub(super) fn details(results: &Results) -> String {
    let head = [
        "case",
        "contender",
        "client's µs per operation",
        "ratio",
        "per second",
        "ratio",
        "nodes' µs per operation",
        "other programs took",
    ];
    let mut table = table_row(&head);
    table.push_str(&table_row(&["---"; 8]));
    for case in results.cases() {
        for contender in &results.contenders {
            if let Some(cells) = detail(results, case, contender) {
                table.push_str(&table_row(&cells));
            }
        }
    }
    table
}

/// Returns an empty cell where a contender did not take part.
fn cell(results: &Results, case: Case, figure: Figure, contender: &Contender) -> String {
    let Some(figures) = results.figures(case, contender, figure.sample_value()) else {
        return String::new();
    };
    let median = match figure {
        Figure::ProcessorTime => format!("{:.1} µs", figures.median),
        Figure::Throughput => count(figures.median.round() as usize),
    };
    let ratios = match contender.is_baseline() {
        true => None,
        false => results.ratios(case, contender, figure.sample_value()),
    };
    match ratios {
        Some(ratios) => format!("{median} · {}", ratio(ratios)),
        None => median,
    }
}

fn ratio(ratios: Spread) -> String {
    let Spread {
        least,
        median,
        most,
    } = ratios;
    format!("{median:.2} × ({least:.2}–{most:.2})")
}

fn detail(results: &Results, case: Case, contender: &Contender) -> Option<Vec<String>> {
    let client = results.figures(case, contender, |it| it.client_micros)?;
    let throughput = results.figures(case, contender, |it| it.throughput)?;
    let nodes = results.figures(case, contender, |it| it.node_micros)?;
    let client_ratios = results.ratios(case, contender, |it| it.client_micros);
    let throughput_ratios = results.ratios(case, contender, |it| it.throughput);
    let other_programs = results.other_programs(case);
    let micros = |spread: Spread| {
        let Spread {
            least,
            median,
            most,
        } = spread;
        format!("{median:.1} ({least:.1}–{most:.1})")
    };
    let per_second = |figure: f64| count(figure.round() as usize);
    Some(vec![
        case.title(),
        contender.name.to_owned(),
        micros(client),
        client_ratios.map(ratio).unwrap_or_default(),
        format!(
            "{} ({}–{})",
            per_second(throughput.median),
            per_second(throughput.least),
            per_second(throughput.most)
        ),
        throughput_ratios.map(ratio).unwrap_or_default(),
        micros(nodes),
        other_programs
            .map(|it| percent(it.median))
            .unwrap_or_default(),
    ])
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::load::results::tests::{CASE, results};

    #[test]
    fn a_cell_has_the_median_and_the_ratio_to_the_sdk_alone() {
        let rounds: [&[(&str, f64)]; 2] = [
            &[("sdk", 50.0), ("plugin", 30.0)],
            &[("sdk", 50.0), ("plugin", 40.0)],
        ];
        let results = results(CASE, &rounds);
        let cell = |name| {
            let contender = Contender::named(name).unwrap();
            cell(&results, CASE, Figure::ProcessorTime, contender)
        };
        assert_eq!(cell("plugin"), "35.0 µs · 0.70 × (0.60–0.80)");
        assert_eq!(cell("sdk"), "50.0 µs");
        assert_eq!(cell("official"), "");
    }

    #[test]
    fn absent_contender_has_no_row() {
        let results = results(CASE, &[&[("sdk", 50.0), ("plugin", 30.0)]]);
        let details = details(&results);
        assert_eq!(details.lines().count(), 4);
        assert!(details.contains("| plugin | 30.0 (30.0–30.0) | 0.60 × (0.60–0.60) |"));
    }

    #[test]
    fn the_table_has_a_row_for_each_case() {
        let results = results(CASE, &[&[("sdk", 50.0)]]);
        assert_eq!(table(&results).lines().count(), 2 + 4);
        assert!(note(&results).contains("16 callers, 3 nodes"));
    }
}
