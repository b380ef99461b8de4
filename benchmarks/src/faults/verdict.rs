//! Whether the plugin reaches its bars.

use super::bar;
use super::contender::Contender;
use super::results::Results;
use super::row::Row;
use super::script::FAULT;
use crate::text::whole_percent;

/// What a row has shown of the plugin.
#[derive(Debug)]
pub(super) struct Verdict {
    pub(super) row: &'static Row,
    /// One text for each bar that was missed.
    pub(super) misses: Vec<String>,
    /// What other programs took of the processors, in this run or in those that it is compared with.
    pub(super) others: f64,
}

/// Judges each row in which the plugin took part.
pub(super) fn judge(results: &Results) -> Vec<Verdict> {
    let of_plugin = results.measured.iter();
    of_plugin
        .filter(|it| it.contender == Contender::Plugin)
        .map(|measured| {
            let row = measured.row;
            let result = bar::Result {
                figures: &measured.figures,
                base: results.base(row.base, Contender::Plugin),
                base_slowest: results.slowest_without_fault(row.base, Contender::Plugin),
                opinion: measured.opinion.as_ref(),
                callers: results.setting.callers,
                faulty: results.setting.length.saturating_sub(FAULT),
            };
            let misses = row.bars.iter().filter_map(|bar| bar.miss(result));
            Verdict {
                row,
                misses: misses.collect(),
                others: results.others_around(measured),
            }
        })
        .collect()
}

/// Writes one line for each row.
pub(super) fn text(verdicts: &[Verdict]) -> String {
    let mut text = String::new();
    for verdict in verdicts {
        let name = verdict.row.name;
        if verdict.misses.is_empty() {
            text.push_str(&format!("PASS {name}"));
        } else {
            text.push_str(&format!("MISS {name}: {}", verdict.misses.join("; ")));
        }
        if verdict.others > DOUBTFUL {
            let others = whole_percent(verdict.others);
            text.push_str(&format!(
                " [doubtful: others took {others} of the processors]"
            ));
        }
        text.push('\n');
    }
    text
}

/// As much as the bars leave to a fault.
const DOUBTFUL: f64 = 0.05;

#[cfg(test)]
mod tests {
    use super::*;
    use crate::faults::arguments::Arguments;
    use crate::faults::figures::Figures;
    use crate::faults::results::{Base, Measured};

    fn results(contender: Contender, throughput: f64) -> Results {
        let figures = |throughput| Figures {
            throughput,
            ..Figures::default()
        };
        let mut results = Results::new(&Arguments::default());
        results.bases.push(Base {
            nodes: 3,
            contender,
            figures: figures(100.0),
        });
        results.measured.push(Measured {
            row: Row::named("refuses").unwrap(),
            contender,
            figures: figures(throughput),
            course: Vec::new(),
            waiting: None,
            opinion: None,
        });
        results
    }

    #[test]
    fn each_missed_bar_is_named() {
        let verdicts = judge(&results(Contender::Plugin, 99.0));
        assert_eq!(text(&verdicts), "PASS refuses\n");
        let verdicts = judge(&results(Contender::Plugin, 50.0));
        assert_eq!(
            text(&verdicts),
            "MISS refuses: throughput 50 % (at least 98 %)\n"
        );
    }

    #[test]
    fn figures_of_a_busy_machine_are_doubted() {
        let mut results = results(Contender::Plugin, 99.0);
        results.bases[0].figures.others = Some(0.3);
        let expected = "PASS refuses [doubtful: others took 30 % of the processors]\n";
        assert_eq!(text(&judge(&results)), expected);
    }

    #[test]
    fn the_others_are_not_judged() {
        assert!(judge(&results(Contender::Official, 0.0)).is_empty());
    }
}
