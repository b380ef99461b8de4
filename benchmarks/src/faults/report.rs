//! The tables, in Markdown.

use std::fmt::Write as _;
use std::time::Duration;

use super::case::{FaultCase, Kind};
use super::contender::Contender;
use super::figures::{Figures, SLOW};
use super::results::{FaultRun, Results};
use super::script::FAULT;
use super::{crash, run};
use crate::machine;
use crate::text::{count, percent, table_row, time, whole_percent};

/// Writes one row for each fault and one column for each contender.
pub(super) fn table(results: &Results) -> String {
    let mut head = vec!["what happens".to_owned()];
    head.extend(results.contenders.iter().map(|it| it.title().to_owned()));
    let mut table = table_row(&head);
    table.push_str(&table_row(&vec!["---".to_owned(); head.len()]));
    let services = results.baselines.iter().map(|baseline| baseline.service);
    let largest = services.max_by_key(|it| (it.nodes, !it.enforces_authorization));
    if let Some(service) = largest {
        let healthy = |contender: &Contender| {
            let throughput = results.baseline(service, *contender);
            format!("{} per second", count(throughput.round() as usize))
        };
        let cells = results.contenders.iter().map(healthy);
        let title = FaultCase::healthy(service).title.to_owned();
        table.push_str(&table_row(
            &std::iter::once(title).chain(cells).collect::<Vec<_>>(),
        ));
    }
    for case in &results.cases {
        let measured = |contender: &Contender| match results.of(case, *contender) {
            Some(measured) => cell(results, measured),
            None => String::new(),
        };
        let cells = results.contenders.iter().map(measured);
        let title = case.title.to_owned();
        table.push_str(&table_row(
            &std::iter::once(title).chain(cells).collect::<Vec<_>>(),
        ));
    }
    table
}

/// Explains the table and the conditions of the measurement.
pub(super) fn note(results: &Results) -> String {
    let callers = results.setting.callers;
    let length = results.setting.length.as_secs();
    let fault = FAULT.as_secs();
    let window = (FAULT + run::SETTLING).as_secs();
    let other_programs = match results.other_programs() {
        Some(share) => format!(
            "; other programs took at most {} of them",
            whole_percent(share)
        ),
        None => String::new(),
    };
    let transport = match results.setting.tls {
        true => {
            " All nodes serve HTTPS, with certificates of one CA of their own, which each client is told to trust."
        }
        false => "",
    };
    format!(
        "{callers} callers read as fast as responses arrive for {length} s; the fault begins after {fault} s. In a cell: \
         successes per second from {window} s on, as a share of those of the same client without a fault (two dead: on a \
         cluster of one node); operations that failed or never ended; the slowest. The SDK alone uses node 1; the \
         others know all three. Retries and timeouts are the defaults of each.{transport}\n\n\
         Measured on {} on {}, which callers and nodes share{other_programs}. alternator-lb-sdk {}, {}, aws-sdk-dynamodb {}.\n",
        machine::today(),
        machine::describe(),
        env!("CARGO_PKG_VERSION"),
        Contender::Official.title(),
        aws_sdk_dynamodb::meta::PKG_VERSION,
    )
}

/// Writes all figures of all runs.
pub(super) fn details(results: &Results) -> String {
    let head = [
        "run",
        "contender",
        "per second",
        "share",
        "operations",
        "failed",
        "stuck",
        "slowest",
        "p50",
        "p99",
        "p99.9",
        "requests for each",
        &format!("> {}", time(SLOW)),
        "node 1 got",
        "state in the plugin",
        "other programs took",
    ];
    let mut table = table_row(&head);
    table.push_str(&table_row(&["---"; 16]));
    for baseline in &results.baselines {
        let name = match baseline.service.enforces_authorization {
            true => format!("healthy, of {}, signed", baseline.service.nodes),
            false => format!("healthy, of {}", baseline.service.nodes),
        };
        table.push_str(&table_row(&detail(
            &name,
            baseline.contender,
            &baseline.figures,
            None,
            None,
        )));
    }
    for measured in &results.measured {
        let state = measured
            .reported_state
            .as_ref()
            .map(|reported_state| reported_state.state.as_str());
        table.push_str(&table_row(&detail(
            measured.case.name,
            measured.contender,
            &measured.figures,
            results.ratio(measured),
            state,
        )));
    }
    table
}

fn cell(results: &Results, measured: &FaultRun) -> String {
    let figures = &measured.figures;
    let mut cell = match measured.case.kind {
        Kind::Steady(_) => {
            let ratio = results.ratio(measured).map(whole_percent);
            let ratio = ratio.unwrap_or_else(|| "no baseline".to_owned());
            format!("{ratio} · {} · {}", failures(figures), slowest(figures))
        }
        Kind::Return(_) => {
            let back = match figures.recovery_time {
                Some(after) => format!("back after {}", time(after)),
                None => "never back".to_owned(),
            };
            let failures = failures(figures);
            let longest = time(figures.longest_failure);
            format!("{back} · {failures}, at most {longest} each")
        }
        Kind::Crash | Kind::Burst => {
            let all = count(figures.operations);
            format!("{} of {all} · {}", failures(figures), slowest(figures))
        }
    };
    if measured
        .case
        .thresholds
        .iter()
        .any(|threshold| threshold.concerns_share())
    {
        let share = figures.share.unwrap_or_default();
        let _ = write!(cell, " · node 1 got {}", whole_percent(share));
    }
    if let Some(waiting) = measured
        .waiting
        .filter(|it| *it < crash::IN_FLIGHT_WANTED as u64)
    {
        let _ = write!(cell, " · only {waiting} in flight");
    }
    cell
}

fn failures(figures: &Figures) -> String {
    let failed = format!("{} failed", count(figures.failed));
    match figures.stuck {
        0 => failed,
        stuck => format!("{failed}, {} stuck", count(stuck)),
    }
}

fn slowest(figures: &Figures) -> String {
    let slowest = time(figures.slowest);
    if figures.slowest_ended {
        slowest
    } else {
        format!("over {slowest}")
    }
}

fn detail(
    name: &str,
    contender: Contender,
    figures: &Figures,
    ratio: Option<f64>,
    state: Option<&str>,
) -> Vec<String> {
    vec![
        name.to_owned(),
        contender.name().to_owned(),
        count(figures.throughput.round() as usize),
        ratio.map(percent).unwrap_or_default(),
        count(figures.operations),
        count(figures.failed),
        count(figures.stuck),
        slowest(figures),
        quantile(figures.p50),
        quantile(figures.p99),
        quantile(figures.p999),
        figures
            .requests_per_operation
            .map_or_else(String::new, |requests| format!("{requests:.3}")),
        count(figures.slow),
        figures.share.map(percent).unwrap_or_default(),
        state.unwrap_or_default().to_owned(),
        figures.other_programs.map(percent).unwrap_or_default(),
    ]
}

/// Writes nothing where nothing succeeded.
fn quantile(latency: Duration) -> String {
    if latency.is_zero() {
        String::new()
    } else {
        time(latency)
    }
}

#[cfg(test)]
mod tests;
