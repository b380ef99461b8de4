//! Judges the plugin by its thresholds.

use super::case::Case;
use super::contender::Contender;
use super::results::Results;
use super::threshold::{Figure, Threshold};
use crate::text::whole_percent;

/// The result of a case for the contender that its threshold applies to.
#[derive(Debug)]
pub(super) struct Verdict {
    case: Case,
    contender: &'static Contender,
    threshold: Threshold,
    ratio: f64,
    calculated: Option<CalculatedThroughput>,
    /// The median share of the processors that other programs used.
    other_programs: f64,
}

/// Throughput calculated from processor time, as ratios: the throughput where processor time is the only limit. Other
/// programs hardly change these two, but they do reduce the measured throughput.
#[derive(Clone, Copy, Debug)]
struct CalculatedThroughput {
    /// With the nodes on the same processors, as here.
    shared: f64,
    /// With the nodes on other machines.
    separate: f64,
}

impl Verdict {
    pub(super) fn is_reached(&self) -> bool {
        self.threshold.is_reached_by(self.ratio)
    }

    fn report_line(&self) -> String {
        let word = if self.is_reached() { "PASS" } else { "MISS" };
        let (case, figure) = (self.case.title(), self.threshold.figure.title());
        let (ratio, bound) = (self.ratio, self.threshold.text());
        let name = self.contender.title;
        let mut line = format!("{word} {case}, {figure}, {name}: {ratio:.2} × ({bound})");
        if let Some(CalculatedThroughput { shared, separate }) = self.calculated {
            line.push_str(&format!(
                " [by processor time {shared:.2} ×, with the nodes elsewhere {separate:.2} ×]"
            ));
        }
        if self.other_programs > MAX_OTHER_PROGRAMS {
            let others = whole_percent(self.other_programs);
            line.push_str(&format!(
                " [doubtful: others took {others} of the processors]"
            ));
        }
        line
    }
}

/// Judges each case in which the contender of its threshold took part.
pub(super) fn judge(results: &Results) -> Vec<Verdict> {
    let judge = |case: Case| {
        let mut contenders = results.contenders.iter().copied();
        let contender = contenders.find(|it| it.thresholds_apply_to.contains(&case.signing))?;
        let threshold = Threshold::of(case);
        let sample_value = threshold.figure.sample_value();
        Some(Verdict {
            case,
            contender,
            threshold,
            ratio: results.ratios(case, contender, sample_value)?.median,
            calculated: calculated(results, case, contender),
            other_programs: results
                .other_programs(case)
                .map(|it| it.median)
                .unwrap_or_default(),
        })
    };
    results.cases().filter_map(judge).collect()
}

fn calculated(
    results: &Results,
    case: Case,
    contender: &Contender,
) -> Option<CalculatedThroughput> {
    match Figure::of(case) {
        Figure::ProcessorTime => None,
        Figure::Throughput => {
            let ratios = |figure| results.ratios(case, contender, figure);
            Some(CalculatedThroughput {
                shared: ratios(|it| 1.0 / (it.client_micros + it.node_micros))?.median,
                separate: ratios(|it| 1.0 / it.client_micros)?.median,
            })
        }
    }
}

/// Writes one line for each case.
pub(super) fn text(verdicts: &[Verdict]) -> String {
    if verdicts.is_empty() {
        return "Nothing was judged: the thresholds compare the plugin with the SDK alone.\n"
            .to_owned();
    }
    verdicts.iter().map(|it| it.report_line() + "\n").collect()
}

/// The share above which a result is doubtful. Rounds tolerate some foreign load, since it affects all contenders.
const MAX_OTHER_PROGRAMS: f64 = 0.05;

#[cfg(test)]
mod tests {
    use super::*;
    use crate::load::case::Workers;
    use crate::load::results::tests::{CASE, results};

    fn judged(case: Case, plugin: f64) -> String {
        let turns = [("sdk", 100.0), ("official", 130.0), ("plugin", plugin)];
        text(&judge(&results(case, &[&turns])))
    }

    #[test]
    fn processor_time_is_judged_on_one_thread() {
        assert_eq!(
            judged(CASE, 64.0),
            "PASS GetItem, unsigned, one thread, processor time per operation, this plugin: 0.64 × (at most 0.65)\n"
        );
        assert!(judged(CASE, 70.0).starts_with("MISS "));
    }

    #[test]
    fn throughput_is_judged_on_two() {
        let case = Case {
            workers: Workers::Two,
            ..CASE
        };
        assert_eq!(
            judged(case, 80.0),
            "PASS GetItem, unsigned, two threads, operations per second, this plugin: 1.25 × (at least 1.15) \
             [by processor time 1.22 ×, with the nodes elsewhere 1.25 ×]\n"
        );
    }

    #[test]
    fn figures_of_a_busy_machine_are_marked_doubtful() {
        let turns: [(&str, f64); 2] = [("sdk", 100.0), ("plugin", 60.0)];
        let mut results = results(CASE, &[&turns]);
        results.turns[0].sample.other_programs = Some(0.3);
        let text = text(&judge(&results));
        assert!(text.ends_with(" [doubtful: others took 30 % of the processors]\n"));
    }

    #[test]
    fn nothing_is_judged_without_a_baseline() {
        assert!(judge(&results(CASE, &[&[("plugin", 60.0)]])).is_empty());
        assert!(judge(&results(CASE, &[&[("sdk", 60.0)]])).is_empty());
    }
}
