//! Judges the plugin by its thresholds.

use super::case::FaultCase;
use super::contender::Contender;
use super::results::Results;
use super::script::FAULT;
use super::threshold;
use crate::text::whole_percent;

/// The result of a case for the plugin.
#[derive(Debug)]
pub(super) struct Verdict {
    pub(super) case: &'static FaultCase,
    /// One text for each threshold that was missed.
    pub(super) misses: Vec<String>,
    /// The share of the processors that other programs used, in this run or in its baselines.
    pub(super) other_programs: f64,
}

/// Judges each case in which the plugin took part.
pub(super) fn judge(results: &Results) -> Vec<Verdict> {
    let of_plugin = results.measured.iter();
    of_plugin
        .filter(|it| it.contender == Contender::Plugin)
        .map(|measured| {
            let case = measured.case;
            let result = threshold::Measurement {
                figures: &measured.figures,
                baseline: results.baseline(case.baseline, Contender::Plugin),
                baseline_slowest: results.baseline_slowest(case.baseline, Contender::Plugin),
                reported_state: measured.reported_state.as_ref(),
                callers: results.setting.callers,
                fault_length: results.setting.length.saturating_sub(FAULT),
            };
            let misses = case
                .thresholds
                .iter()
                .filter_map(|threshold| threshold.miss(result));
            Verdict {
                case,
                misses: misses.collect(),
                other_programs: results.other_programs_around(measured),
            }
        })
        .collect()
}

/// Writes one line for each case.
pub(super) fn text(verdicts: &[Verdict]) -> String {
    let mut text = String::new();
    for verdict in verdicts {
        let name = verdict.case.name;
        if verdict.misses.is_empty() {
            text.push_str(&format!("PASS {name}"));
        } else {
            text.push_str(&format!("MISS {name}: {}", verdict.misses.join("; ")));
        }
        if verdict.other_programs > MAX_OTHER_PROGRAMS {
            let others = whole_percent(verdict.other_programs);
            text.push_str(&format!(
                " [doubtful: others took {others} of the processors]"
            ));
        }
        text.push('\n');
    }
    text
}

/// The share above which a result is doubtful: as much as the thresholds leave to a fault.
const MAX_OTHER_PROGRAMS: f64 = 0.05;

#[cfg(test)]
mod tests {
    use super::*;
    use crate::faults::arguments::Arguments;
    use crate::faults::figures::Figures;
    use crate::faults::results::{BaselineRun, FaultRun};
    use crate::nodes::Service;

    fn results(contender: Contender, throughput: f64) -> Results {
        let figures = |throughput| Figures {
            throughput,
            ..Figures::default()
        };
        let mut results = Results::new(&Arguments::default());
        results.baselines.push(BaselineRun {
            service: Service::open(3),
            contender,
            figures: figures(100.0),
        });
        results.measured.push(FaultRun {
            case: FaultCase::named("refuses").unwrap(),
            contender,
            figures: figures(throughput),
            throughput_series: Vec::new(),
            waiting: None,
            reported_state: None,
        });
        results
    }

    #[test]
    fn every_missed_threshold_is_reported() {
        let verdicts = judge(&results(Contender::Plugin, 99.0));
        assert_eq!(text(&verdicts), "PASS refuses\n");
        let verdicts = judge(&results(Contender::Plugin, 50.0));
        assert_eq!(
            text(&verdicts),
            "MISS refuses: throughput 50 % (at least 98 %)\n"
        );
    }

    #[test]
    fn figures_of_a_busy_machine_are_marked_doubtful() {
        let mut results = results(Contender::Plugin, 99.0);
        results.baselines[0].figures.other_programs = Some(0.3);
        let expected = "PASS refuses [doubtful: others took 30 % of the processors]\n";
        assert_eq!(text(&judge(&results)), expected);
    }

    #[test]
    fn only_the_plugin_is_judged() {
        assert!(judge(&results(Contender::Official, 0.0)).is_empty());
    }
}
